"""What Prometheus reads: figures of the requests, and the state of the gateway at the moment of reading."""
