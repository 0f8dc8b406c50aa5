"""How figures are drawn: a Vega-Lite picture for each kind, without the values, which the page fills in."""

from __future__ import annotations

from typing import Any

from roadworthy.dashboards.figures import Drawing, Figure
from roadworthy.dashboards.panels.interface import Unit

ROWS = "rows"
"""The data set's name; each row has `at`, `when`, `series`, `value` and `said`."""
# Okabe and Ito (2008), told apart by colour-blind people too, without its black and its yellow; then darker ones.
_COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"),
    *("#7570b3", "#a6761d", "#8c564b", "#4d7fb8", "#7f7f7f", "#66a61e"),
)
_GOOD, _UNSURE, _BAD, _NOTHING = "#009e73", "#e69f00", "#d55e00", "#9a9a9a"
_VERDICTS = {
    **dict.fromkeys(("kept", "steady"), _GOOD),
    **dict.fromkeys(("no_data", "no_rows", "too_few"), _NOTHING),
    **dict.fromkeys(("ticket", "watch", "not_judged"), _UNSURE),
    **dict.fromkeys(("page", "spent", "drift"), _BAD),
}
_ROW_HEIGHT = 22
_HEAT, _HEATS = (0.5, 1.0, 2.0), ("#9a9a9a", "#e69f00", "#d55e00", "#8c1d40")
"""From 1 on an effect matters."""

_TIME = {"field": "at", "type": "temporal", "title": None, "scale": {"type": "utc"}}
_TOOLTIP = [
    {"field": "series", "title": "series"},
    {"field": "when", "title": "time (UTC)"},
    {"field": "said", "title": "value"},
]
_ROW = "(isObject(datum.datum) ? datum.datum : datum)"
# Around each point lies the area in which it is the nearest; there the row is one further in, and Vega-Lite's own
# tooltips do not find it.
_NEAREST = "{" + ", ".join(f"'{one['title']}': {_ROW}['{one['field']}']" for one in _TOOLTIP) + "}"
_CONFIG = {
    # The page's own colour, so that it is readable on dark and on light.
    "background": "transparent",
    "view": {"stroke": None},
    "font": "system-ui, sans-serif",
    "axis": {
        "labelColor": "currentColor", "titleColor": "currentColor", "domainColor": "currentColor",
        "tickColor": "currentColor", "gridColor": "currentColor", "gridOpacity": 0.12, "labelLimit": 220,
        "titleFontWeight": "normal",
    },
    "legend": {"labelColor": "currentColor", "titleColor": "currentColor", "labelLimit": 320, "symbolLimit": 0},
    # The page's table is what is read out; each point on its own would be noise.
    "aria": False,
}  # fmt: skip


def drawing_of(figure: Figure) -> dict[str, Any]:
    """Return the picture's Vega-Lite specification; lines of the same unit have the same one."""
    picture = _lines(figure.unit) if figure.drawing is Drawing.LINES else _cells(figure)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "data": {"name": ROWS},
        "config": _CONFIG,
        **picture,
    }


def _lines(unit: Unit | None) -> dict[str, Any]:
    return {
        "height": 190,
        "encoding": {
            "x": _TIME,
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": None if unit is None else unit.value,
                "axis": {"format": ".3~%" if unit is Unit.SHARE else ",.3~r", "tickCount": 5},
            },
            "color": {
                "field": "series",
                "type": "nominal",
                "scale": {"range": list(_COLOURS)},
                "legend": {"title": None, "orient": "bottom", "columns": 2},
            },
        },
        "layer": [
            {
                "mark": {"type": "line", "strokeWidth": 1.75, "invalid": "break-paths-show-domains"},
                # A click on the legend shows one series; dragging moves the time, shift and wheel widen it.
                "params": [
                    {"name": "chosen", "select": {"type": "point", "fields": ["series"]}, "bind": "legend"},
                    {
                        "name": "time",
                        "select": {
                            "type": "interval",
                            "encodings": ["x"],
                            "zoom": "wheel![event.shiftKey]",
                        },
                        "bind": "scales",
                    },
                ],
                "encoding": {"opacity": {"condition": {"param": "chosen", "value": 1}, "value": 0.08}},
            },
            {
                "mark": {"type": "point", "filled": True, "tooltip": {"expr": _NEAREST}},
                "transform": [{"filter": "isValid(datum.value)"}, {"filter": {"param": "chosen"}}],
                "params": [
                    {
                        "name": "nearest",
                        "select": {"type": "point", "on": "pointerover", "clear": "pointerout", "nearest": True},
                    }
                ],
                "encoding": {
                    "size": {"condition": {"param": "nearest", "empty": False, "value": 90}, "value": 14},
                },
            },
        ],
    }


def _cells(figure: Figure) -> dict[str, Any]:
    colour: dict[str, Any] = {
        "field": "value",
        "type": "nominal",
        "title": None,
        "legend": {"orient": "bottom", "columns": 4},
    }
    if figure.drawing is Drawing.VERDICTS:
        # Only what was said: all words in the legend would be wider than the panel.
        words = sorted({value for one in figure.series for value in one.values if isinstance(value, str)})
        colour["scale"] = {"domain": words, "range": [_VERDICTS.get(word, _UNSURE) for word in words]}
    else:
        colour |= {
            "type": "quantitative",
            "scale": {"type": "threshold", "domain": list(_HEAT), "range": list(_HEATS)},
        }
    return {
        # Not Vega-Lite's steps: it warns of them beside a width that follows the page's.
        "height": _ROW_HEIGHT * max(len(figure.series), 1),
        "mark": {"type": "rect", "tooltip": True},
        "transform": [{"filter": "isValid(datum.value)"}],
        "encoding": {
            "x": {
                "field": "day",
                "type": "ordinal",
                "title": None,
                "axis": {"labelAngle": -60, "labelOverlap": True},
            },
            "y": {"field": "series", "type": "nominal", "title": None, "sort": None},
            "color": colour,
            "tooltip": _TOOLTIP,
        },
    }
