"""The quality of real exchanges, as far as it can be told without a rubric."""
