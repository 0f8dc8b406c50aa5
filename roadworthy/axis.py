"""An axis of a picture: turns values into places in a template's own units."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """Runs evenly from `start`, where `low` lies, to `end`, where `high` lies; an SVG's y runs downwards."""

    start: float
    end: float
    low: float
    high: float

    def place(self, value: float) -> str:
        """Return where a value lies, to two digits; one beyond the ends lies beyond the axis."""
        return f"{self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low):.2f}"
