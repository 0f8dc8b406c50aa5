"""How good a model is at night: estimated before labels are there, measured when they come, and when that is harm."""
