"""Follows the ledgers: what they say is served within a second, and what can't be loaded leaves the old one serving."""
