"""Retrieval: documents cut into passages, found by words and by meaning, with their provenance."""
