"""The picture of an experiment, as SVG with the same bytes each time: how the interval narrowed as people came."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.axis import Axis
from roadworthy.experiments.report import ExperimentReport, ExperimentVerdict, MetricReport, PathPoint
from roadworthy.templates import draw

_LEFT, _RIGHT, _TOP, _BOTTOM = 80.0, 740.0, 84.0, 344.0
"""Where the plot lies in the template, in its own units."""
_COLOURS = {
    ExperimentVerdict.BETTER: "#2e7d32",
    ExperimentVerdict.WORSE: "#b3261e",
    ExperimentVerdict.NO_RELEVANT_DIFFERENCE: "#1f5fa8",
    ExperimentVerdict.NOT_YET: "#8a8f98",
}


@dataclass(frozen=True)
class _Scales:
    """Turns people and differences into places in the picture."""

    people: int
    reach: float
    """Differences from −reach to reach are shown."""

    def x(self, people: int) -> str:
        return Axis(_LEFT, _RIGHT, 0, max(self.people, 1)).place(people)

    def y(self, difference: float) -> str:
        shown = min(max(difference, -self.reach), self.reach)
        return Axis(_BOTTOM, _TOP, -self.reach, self.reach).place(shown)


def draw_experiment(report: ExperimentReport) -> bytes:
    """Return the picture: the confidence sequence, the smallest effect that matters, verdict and split."""
    return draw("roadworthy.experiments", "experiment.svg", _content(report))


def _content(report: ExperimentReport) -> dict[str, object]:
    decides = report.decides
    scales = _Scales(report.path[-1].people if report.path else 0, _reach(report))
    effect = decides.smallest_effect or 0.0
    return {
        "plan": report.plan,
        "at": f"{report.at:%Y-%m-%d %H:%M} UTC",
        "verdict": report.verdict.value.replace("_", " "),
        "reason": report.reason,
        "colour": _COLOURS[report.verdict],
        "ticks": [{"y": scales.y(value), "label": f"{value:+.3g}"} for value in _ticks(scales.reach)],
        "people": scales.people,
        "band": {"top": scales.y(effect), "height": f"{float(scales.y(-effect)) - float(scales.y(effect)):.2f}"},
        "outline": _outline(report.path, scales),
        "lines": [_line(decides), *map(_line, report.beside)],
        "split": report.split,
        "seen": _seen(report),
        "remarks": report.remarks,
        "height": 460 + 20 * (len(report.beside) + len(report.remarks)),
    }


def _reach(report: ExperimentReport) -> float:
    """Show three smallest effects, or all that the last interval holds; the first intervals say nothing."""
    last = report.path[-1] if report.path else None
    ends = [abs(last.low), abs(last.high)] if last else []
    return max(3 * (report.decides.smallest_effect or 0.1), *ends) if ends else 1.0


def _ticks(reach: float) -> list[float]:
    return [reach * part / 2 for part in range(-2, 3)]


def _outline(path: tuple[PathPoint, ...], scales: _Scales) -> str:
    there = [f"{scales.x(point.people)},{scales.y(point.high)}" for point in path]
    back = [f"{scales.x(point.people)},{scales.y(point.low)}" for point in reversed(path)]
    return " ".join(there + back)


def _line(one: MetricReport) -> str:
    means = " against ".join("-" if arm.mean is None else f"{arm.mean:.4g}" for arm in (one.treatment, one.control))
    people = f"{one.treatment.people:,} and {one.control.people:,} people"
    interval = "" if one.low is None or one.high is None else f", difference {one.low:+.3g} to {one.high:+.3g}"
    return f"{one.metric}: {one.verdict.value.replace('_', ' ')}; {means} ({people}){interval}"


def _seen(report: ExperimentReport) -> str:
    everybody = report.split.treatment + report.split.control
    return f"{report.split.treatment / everybody:.1%}" if everybody else "nobody"
