"""The same panels as Grafana's dashboards, which ask Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.dashboards.panels.interface import Dashboard, LivePanel, Panel, Unit
from roadworthy.dashboards.panels.standard import DASHBOARDS

SCHEMA_VERSION = 39
"""Of Grafana's dashboard JSON (Grafana 10.4 and later read it)."""
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_UNITS = {
    Unit.PER_MINUTE: "short",
    Unit.SHARE: "percentunit",
    Unit.SECONDS: "s",
    Unit.MONEY_PER_HOUR: "short",
    Unit.COUNT: "short",
    Unit.TIMES: "short",
}
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2
"""Of a panel, in Grafana's grid of 24 columns."""


def grafana_of(dashboard: Dashboard) -> bytes:
    """Return the dashboard as a file that Grafana imports; the same definition gives the same bytes."""
    panels = [_drawn(panel, number) for number, panel in enumerate(dashboard.panels)]
    first = len(panels)
    panels += [_live(panel, first + number) for number, panel in enumerate(dashboard.live)]
    return readable_json(
        {
            "uid": f"roadworthy-{dashboard.key.replace('_', '-')}",
            "title": f"Roadworthy: {dashboard.title}",
            "tags": ["roadworthy"],
            "editable": True,
            "graphTooltip": 1,
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "timezone": "utc",
            "time": {"from": "now-24h", "to": "now"},
            "refresh": "1m",
            "annotations": {"list": []},
            "links": [_LINK],
            "templating": {"list": [_PROMETHEUS, _CAPABILITY]},
            "panels": panels,
        }
    )


def write_grafana(folder: Path) -> tuple[Path, ...]:
    """Write every dashboard to `folder`; return the files that were not up to date."""
    written = []
    for dashboard in DASHBOARDS:
        path, content = folder / f"{dashboard.key}.json", grafana_of(dashboard)
        if not path.is_file() or path.read_bytes() != content:
            write_bytes(path, content)
            written.append(path)
    return tuple(written)


_LINK = {
    "type": "dashboards",
    "title": "Roadworthy",
    "tags": ["roadworthy"],
    "asDropdown": False,
    "includeVars": True,
    "keepTime": True,
}
_PROMETHEUS = {"type": "datasource", "name": "source", "label": "Prometheus", "query": "prometheus"}
_CAPABILITY = {
    "type": "query",
    "name": "capability",
    "label": "Capability",
    "datasource": _SOURCE,
    "query": {"query": "label_values(roadworthy_requests_total, capability)", "refId": "capability"},
    "refresh": 2,
    "sort": 1,
    "multi": True,
    "includeAll": True,
    "allValue": ".*",
    "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
}


def _drawn(panel: Panel, number: int) -> dict[str, Any]:
    targets = [_target(place, one.promql, panel.by, one.name) for place, one in enumerate(panel.measures)]
    return _panel(number, panel, targets)


def _live(panel: LivePanel, number: int) -> dict[str, Any]:
    return _panel(number, panel, [_target(0, panel.promql, panel.by, "")])


def _panel(number: int, panel: Panel | LivePanel, targets: list[dict[str, Any]]) -> dict[str, Any]:
    watched = f" Watched by: {', '.join(panel.alerts)}." if panel.alerts else ""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 5, "showPoints": "auto", "spanNulls": False}
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says + watched,
        "datasource": _SOURCE,
        "gridPos": {
            "x": number % _COLUMNS * _WIDTH, "y": number // _COLUMNS * _HEIGHT, "w": _WIDTH, "h": _HEIGHT,
        },
        "fieldConfig": {
            "defaults": {"unit": _UNITS[panel.unit], "min": 0, "custom": {**custom, "axisLabel": panel.unit.value}},
            "overrides": [],
        },
        "options": {
            "legend": {
                "showLegend": True, "displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"],
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": targets,
    }  # fmt: skip


def _target(place: int, promql: str, by: tuple[str, ...], name: str) -> dict[str, Any]:
    labels = [f"{{{{{label}}}}}" for label in by] + ([name] if name else [])
    return {
        "refId": chr(ord("A") + place),
        "datasource": _SOURCE,
        "editorMode": "code",
        "expr": promql,
        "legendFormat": " · ".join(labels) or "all",
        "range": True,
    }
