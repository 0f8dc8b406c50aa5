"""Scorers: each looks at one answer to one query and says how good it is in one respect, and why."""
