"""Assistants as files: written together, checked against each other, and opened for the exchange."""
