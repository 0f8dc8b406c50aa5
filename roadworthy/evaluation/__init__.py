"""How good a model is, how sure we are, and whether that is good enough to move."""
