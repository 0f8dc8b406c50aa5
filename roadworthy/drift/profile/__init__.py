"""Profiles: a table's columns as small values that merge exactly, whatever the partitioning."""
