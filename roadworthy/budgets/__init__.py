"""Budgets: money that is reserved before a model is asked, and settled when its cost is known."""
