"""What was made from what: one record around every step, and the graph that they form."""
