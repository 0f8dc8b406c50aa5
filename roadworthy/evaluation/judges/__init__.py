"""Judges: language models that say how good an answer is."""
