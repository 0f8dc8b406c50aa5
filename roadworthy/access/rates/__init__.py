"""How often a key, and each user of a key, may call."""
