"""How a tool says no in words that people may read."""

from __future__ import annotations

from roadworthy.errors import RoadworthyError


class ToolFailed(RoadworthyError):
    """A tool can't do what was asked: the problem goes to people and the model, so it holds no customer's data."""


class ToolRefused(ToolFailed):
    """What was asked for is not this customer's, or does not exist: nobody learns which of the two."""
