"""What people are told: alerts, grouped into few messages, sent until they arrive, and never with content."""
