"""How well each release serves, and how much of what was promised is used up."""
