"""Answers that people have rated, against which a judge is calibrated; one file for each format."""
