"""The picture of a replay, as SVG with the same bytes each time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from roadworthy.axis import Axis
from roadworthy.performance.trigger import Harm
from roadworthy.replay.comparing import months_of
from roadworthy.replay.report import Replay, WayResult
from roadworthy.templates import draw

_LEFT, _RIGHT, _TOP, _BOTTOM = 60.0, 740.0, 64.0, 344.0
"""Where the plot lies in the template, in its own units."""
_STEP = 0.02
_COLOURS = {"monthly": ("#8a8f98", "6 5"), "stale": ("#b3261e", ""), "triggered": ("#1f5fa8", "")}
"""Each way's colour and dashes."""


@dataclass(frozen=True)
class _Scales:
    """Turns nights and AUCs into places in the picture."""

    first: date
    days: Axis
    aucs: Axis

    def x(self, night: date, after: float = 0.0) -> str:
        return self.days.place((night - self.first).days + after)

    def y(self, auc: float) -> str:
        return self.aucs.place(auc)


def draw_replay(replay: Replay) -> bytes:
    """Return the picture: each way's AUC by month, retrainings, drift alarms and harmed nights."""
    return draw("roadworthy.replay", "replay.svg", _content(replay))


def _content(replay: Replay) -> dict[str, object]:
    ways = {name: way for name in _COLOURS if (way := getattr(replay, name)) is not None}
    scales = _scales(replay, list(ways.values()))
    harmed = [night for night in replay.nights if night.loss and night.loss.verdict is Harm.HARMED]
    low, high = scales.aucs.low, scales.aucs.high
    values = [low + number * _STEP for number in range(round((high - low) / _STEP) + 1)]
    return {
        "capability": replay.capability,
        "first": replay.span.first,
        "last": replay.span.last,
        "nights": len(replay.nights),
        "width": f"{(_RIGHT - _LEFT) / len(replay.nights):.2f}",
        "ticks": [{"y": scales.y(value), "label": f"{value:.2f}"} for value in values],
        "months": [
            {"x": _middle(scales, month.first, month.last), "label": month.name} for month in months_of(replay.span)
        ],
        "lines": _apart([_line(name, way, replay, scales) for name, way in ways.items()]),
        "retrainings": [
            {"x": scales.x(one.night, 0.5), "replaced": one.replaced, "label": f"{one.night}: {one.reasons[0]}"}
            for one in replay.retrainings
        ],
        "alarms": [{"x": scales.x(night), "label": str(night)} for night in replay.alarms],
        "harmed": [
            {"x": scales.x(one.night), "label": f"{one.night}: {one.loss.reason}"} for one in harmed if one.loss
        ],
    }


def _scales(replay: Replay, ways: list[WayResult]) -> _Scales:
    values = [month.auc for way in ways for month in way.months if month.auc is not None] or [0.5]
    low, high = math.floor(min(values) / _STEP) * _STEP, math.ceil(max(values) / _STEP) * _STEP
    days = Axis(_LEFT, _RIGHT, 0, len(replay.nights))
    return _Scales(replay.span.first, days, Axis(_BOTTOM, _TOP, low, max(high, low + _STEP)))


def _middle(scales: _Scales, first: date, last: date) -> str:
    return scales.x(first, ((last - first).days + 1) / 2)


def _line(name: str, way: WayResult, replay: Replay, scales: _Scales) -> dict[str, object]:
    colour, dashes = _COLOURS[name]
    points = [
        {
            "x": _middle(scales, month.first, month.last),
            "y": scales.y(result.auc),
            "label": f"{name}, {month.name}: {result.auc:.3f} ({result.rows:,} rows)",
        }
        for month, result in zip(months_of(replay.span), way.months, strict=True)
        if result.auc is not None
    ]
    mean = "" if way.mean_auc is None else f" {way.mean_auc:.3f}"
    label = f"{name}{mean} · {way.retrainings} retrainings"
    return {"colour": colour, "dashes": dashes, "points": points, "label": label, "place": way.mean_auc or 0.0}


def _apart(lines: list[dict[str, object]]) -> list[dict[str, object]]:
    """Give each line a place for its label, the best on top."""
    ranked = sorted(lines, key=lambda line: -float(str(line["place"])))
    return [{**line, "label_y": f"{_TOP + 20 + 22 * number:.0f}"} for number, line in enumerate(ranked)]
