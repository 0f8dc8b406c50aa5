"""How many requests are at work at once, and who comes next when all places are taken."""
