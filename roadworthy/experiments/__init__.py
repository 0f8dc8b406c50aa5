"""Experiments: two releases compared on people, by a report that is right however often one looks."""
