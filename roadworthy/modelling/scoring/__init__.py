"""Scoring a few checked rows fast: by the model's own pipeline, or along a shorter way that gives the same bits."""
