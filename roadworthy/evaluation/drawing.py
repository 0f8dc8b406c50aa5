"""The reliability diagram, as SVG with the same bytes each time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.axis import Axis
from roadworthy.templates import draw

if TYPE_CHECKING:
    from roadworthy.evaluation.calibration import Bin, Calibration

_LEFT, _BOTTOM, _SIZE = 60.0, 420.0, 360.0
"""Where the axes lie in the template, in its own units."""
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
"""The distances between ticks to choose from."""
_MOST_TICKS = 6


@dataclass(frozen=True)
class _Scale:
    """Turns shares into places in the picture; both axes run from 0 to `limit`."""

    limit: float

    def x(self, share: float) -> str:
        return Axis(_LEFT, _LEFT + _SIZE, 0, self.limit).place(share)

    def y(self, share: float) -> str:
        return Axis(_BOTTOM, _BOTTOM - _SIZE, 0, self.limit).place(share)

    def tick(self, share: float) -> dict[str, str]:
        return {"x": self.x(share), "y": self.y(share), "label": f"{share:.2g}"}

    def point(self, bin_: Bin) -> dict[str, str]:
        return {
            "x": self.x(bin_.predicted),
            "y": self.y(bin_.observed),
            "top": self.y(bin_.high),
            "bottom": self.y(bin_.low),
            "label": f"{bin_.rows:,} rows: predicted {bin_.predicted:.1%}, observed {bin_.observed:.1%}",
        }


def draw_reliability(calibration: Calibration) -> bytes:
    """Return the diagram: predicted against observed shares with 95 % intervals, and the diagonal."""
    scale = _Scale(min(1.0, 1.05 * max(max(bin_.high, bin_.predicted) for bin_ in calibration.bins)))
    content: dict[str, object] = {
        "error": calibration.expected_error,
        "rows": sum(bin_.rows for bin_ in calibration.bins),
        "ticks": [scale.tick(share) for share in _ticks(scale.limit)],
        "points": [scale.point(bin_) for bin_ in calibration.bins],
    }
    return draw("roadworthy.evaluation", "reliability.svg", content)


def _ticks(limit: float) -> list[float]:
    step = next((step for step in _STEPS if limit / step <= _MOST_TICKS), _STEPS[-1])
    return [number * step for number in range(math.floor(limit / step + 1e-9) + 1)]
