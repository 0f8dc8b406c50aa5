"""Drift: has what comes in changed, by how much, how sure are we, and what moved?"""
