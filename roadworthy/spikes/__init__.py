"""Spikes: whether what five minutes showed is beyond what is usual at that hour, at a stated error rate."""
