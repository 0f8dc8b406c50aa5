"""The panels: one file for each dashboard."""
