"""The reliability diagram, as SVG with the same bytes each time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from roadworthy.evaluation.calibration import Calibration

_BLUE, _GREY = "#1f5fa8", "#8a8f98"


def draw_reliability(calibration: Calibration) -> bytes:
    """Return the diagram: predicted against observed shares with 95 % intervals, and the diagonal."""
    # Late: it takes a second. Without pyplot, which keeps a global list of figures.
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.style import context

    # Nobody's own matplotlibrc counts. A fixed salt, because ids are random without; text stays text, to be found.
    with context(["default", {"svg.hashsalt": "roadworthy", "svg.fonttype": "none"}]):
        figure = Figure(figsize=(5, 5), layout="constrained")
        _draw(figure.subplots(), calibration)
        content = io.BytesIO()
        FigureCanvasSVG(figure).print_svg(content, metadata={"Date": None, "Creator": None})
    return content.getvalue()


def _draw(axes: Any, calibration: Calibration) -> None:
    bins = calibration.bins
    limit = min(1.0, 1.08 * max(max(bin_.high, bin_.predicted) for bin_ in bins))
    axes.plot([0, limit], [0, limit], color=_GREY, linestyle="--", linewidth=1, label="perfect")
    axes.errorbar(
        [bin_.predicted for bin_ in bins],
        [bin_.observed for bin_ in bins],
        yerr=[[bin_.observed - bin_.low for bin_ in bins], [bin_.high - bin_.observed for bin_ in bins]],
        color=_BLUE,
        marker="o",
        capsize=3,
        label=f"{sum(bin_.rows for bin_ in bins):,} rows in {len(bins)} bins",
    )
    axes.set(xlim=(0, limit), ylim=(0, limit), xlabel="predicted share", ylabel="observed share")
    axes.set_title(f"Reliability: off by {calibration.expected_error:.1%} on average")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
