"""The page: dashboards and the drift report in one file that needs no network, and no JavaScript to be read."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from roadworthy.dashboards.drawing import ROWS, drawing_of
from roadworthy.dashboards.figures import Drawing, Figure, said
from roadworthy.dashboards.panels.interface import Dashboard
from roadworthy.dashboards.reading import Readings
from roadworthy.errors import IntegrityError
from roadworthy.templates import page_templates

VEGA_LITE = "6.4"
"""The version of Vega-Lite whose bundle is put into the page."""


@dataclass(frozen=True)
class Section:
    """What stands under one heading of the page."""

    key: str
    title: str
    figures: tuple[Figure, ...]


def sections(dashboards: tuple[Dashboard, ...], readings: Readings, nights: tuple[Figure, ...]) -> tuple[Section, ...]:
    """Return the dashboards in their order, and the nights behind them."""
    by_key = {figure.key: figure for figure in readings.figures}
    return (
        *(Section(one.key, one.title, tuple(by_key[panel.key] for panel in one.panels)) for one in dashboards),
        Section("drift_report", "Nights and drift", nights),
    )


def page_of(readings: Readings, shown: tuple[Section, ...]) -> bytes:
    """Return the page as HTML in UTF-8; the same figures give the same bytes.

    What it may load is nothing, and what may run in it are two scripts that it names by their digests
    (Content Security Policy 3, section 2.3.1).
    """
    # Late imports: start-up time.
    from markupsafe import Markup

    environment = page_templates("roadworthy.dashboards")
    environment.globals["said"] = said
    figures = [figure for section in shown for figure in section.figures]
    library, own = drawing_library(), _source(environment, "page.js")
    page = environment.get_template("index.html").render(
        readings=readings,
        sections=shown,
        capabilities=sorted({series.capability for one in figures for series in one.series if series.capability}),
        data=Markup(_data(figures)),  # noqa: S704
        style=Markup(_source(environment, "page.css")),  # noqa: S704
        library=Markup(library),  # noqa: S704
        own=Markup(own),  # noqa: S704
        digests=[_digest(library), _digest(own)],
    )
    return page.encode()


@lru_cache(maxsize=1)
def drawing_library() -> str:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed, out of the package that carries them."""
    import vl_convert

    found: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)
    if "</script" in found.lower() or "<!--" in found:
        raise IntegrityError(
            "Vega's JavaScript can't stand in a page.", where="vl-convert-python", remedy="install the locked version"
        )
    # A lone carriage return would be read as another character, and the digest would not fit.
    return found.replace("\r\n", "\n").replace("\r", "\n")


def _data(figures: list[Figure]) -> str:
    """Return what the page draws as JSON that can stand in HTML."""
    pictures = {_kind(figure): drawing_of(figure) for figure in figures}
    content = {
        "rows": ROWS,
        "pictures": pictures,
        "figures": {figure.key: _content(figure) for figure in figures if figure.series},
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _kind(figure: Figure) -> str:
    """Return what figures with the same picture have in common."""
    return f"lines/{figure.unit}" if figure.drawing is Drawing.LINES else figure.key


def _content(figure: Figure) -> dict[str, Any]:
    return {
        "picture": _kind(figure),
        "moments": [moment.isoformat().replace("+00:00", "Z") for moment in figure.moments],
        "series": [
            {
                "name": series.name,
                "capability": series.capability,
                "values": [_rounded(value) for value in series.values],
                "said": [said(value, figure.unit) for value in series.values],
            }
            for series in figure.series
        ],
        "cells": figure.drawing is not Drawing.LINES,
    }


def _rounded(value: float | str | None) -> float | str | None:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _source(environment: Any, name: str) -> str:
    text: str = environment.loader.get_source(environment, name)[0]
    return text


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
