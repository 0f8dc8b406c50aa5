"""Canaries and experiments: which release answers whom."""
