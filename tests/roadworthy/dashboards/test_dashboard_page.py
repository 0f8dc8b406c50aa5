"""The page: readable without JavaScript, closed to the network, the same bytes each time, and no place for markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
import vl_convert
from fakes.event_tables import table_of
from fakes.night_reports import write_nights
from fakes.sample_events import EVERY_EVENT

from roadworthy.dashboards.drawing import drawing_of
from roadworthy.dashboards.figures import Drawing, Figure, Series, said
from roadworthy.dashboards.nights import night_figures, read_reports
from roadworthy.dashboards.page import VEGA_LITE, page_of, sections
from roadworthy.dashboards.panels.interface import Unit
from roadworthy.dashboards.panels.standard import DASHBOARDS
from roadworthy.dashboards.reading import Readings, read_panels
from roadworthy.telemetry.event import Event
from roadworthy.telemetry.reading import Window

DAY = Window(datetime(2026, 7, 14, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))
EVENTS = tuple(replace(one, at=DAY.since) for one in EVERY_EVENT)
MARKUP = '</script><script>alert(1)</script><img src=x onerror="alert(1)">'


def _readings(*events: Event) -> Readings:
    panels = [panel for dashboard in DASHBOARDS for panel in dashboard.panels]
    return read_panels(lambda day: table_of(*events), DAY, panels)


@pytest.fixture(scope="module")
def readings() -> Readings:
    """A day with one request of each kind."""
    return _readings(*EVENTS)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Figure, ...]:
    """Three nights."""
    folder: Path = tmp_path_factory.mktemp("nights")
    write_nights(folder)
    return night_figures(read_reports(folder))


class Tables(HTMLParser):
    """The cells of every table below a figure, by the figure's id; and every tag that there is."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: dict[str, list[str]] = {}
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self._figure, self._cell = "", False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag, and what it would load."""
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]
        if tag == "figure":
            self._figure = dict(attrs)["id"] or ""
        self._cell = tag in ("td", "th")

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a cell."""
        self._cell = self._cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        """Keep what stands in a cell."""
        if self._cell:
            self.cells.setdefault(self._figure, []).append(data)


def test_every_figure_stands_in_a_table_too(readings: Readings, nights: tuple[Figure, ...]) -> None:
    """Who has no JavaScript, or can't see a picture, reads the same values."""
    shown = sections(DASHBOARDS, readings, nights)
    tables = Tables(page_of(readings, shown).decode()).cells
    for figure in (figure for section in shown for figure in section.figures):
        values = [said(value, figure.unit) for one in figure.series for value in one.values]
        assert sorted(values) == sorted(cell for cell in tables.get(figure.key, ()) if cell in set(values)), figure.key
        assert {one.name for one in figure.series} <= set(tables.get(figure.key, ()))


def test_the_same_figures_give_the_same_bytes(readings: Readings, nights: tuple[Figure, ...]) -> None:
    """Also when they are read again."""
    first = page_of(readings, sections(DASHBOARDS, readings, nights))
    again = _readings(*reversed(EVENTS))
    assert page_of(again, sections(DASHBOARDS, again, nights)) == first


def test_the_page_may_load_nothing_and_run_only_its_own_scripts(readings: Readings) -> None:
    """Its policy names two digests, which are those of the two scripts that stand in it; nothing has an address."""
    page = page_of(readings, sections(DASHBOARDS, readings, ())).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    allowed = next(one for one in policy.split("; ") if one.startswith("script-src"))
    assert allowed == f"script-src 'sha256-{digests[0]}' 'sha256-{digests[1]}'"
    assert policy.startswith("default-src 'none'; ")
    assert all(address.startswith("#") for address in Tables(page).addresses)


def test_names_are_text_wherever_they_stand(readings: Readings) -> None:
    """A name with markup in it ends up as text, in the tables and in what the script reads."""
    hostile = Figure(
        "x", "x", "x", Unit.SHARE, Drawing.LINES, (DAY.since,), (Series(MARKUP, MARKUP, (0.5,)),), 0, (MARKUP,)
    )
    clean = replace(hostile, series=(Series("a", "a", (0.5,)),), notes=("a",))
    with_markup, without = (
        page_of(readings, (replace(section, figures=(one,)),)).decode()
        for one in (hostile, clean)
        for section in sections(DASHBOARDS, readings, ())[:1]
    )
    assert Tables(with_markup).tags == Tables(without).tags
    (data,) = re.findall(r'<script type="application/json" id="figures">(.*?)</script>', with_markup, re.DOTALL)
    assert json.loads(data)["figures"]["x"]["series"][0]["name"] == MARKUP


@pytest.mark.parametrize(
    ("drawing", "unit"), [(Drawing.LINES, Unit.SHARE), (Drawing.VERDICTS, None), (Drawing.HEAT, Unit.TIMES)]
)
def test_pictures_are_valid(drawing: Drawing, unit: Unit | None) -> None:
    """Vega-Lite's own compiler takes each kind, and the values appear in what it draws."""
    value = "drift" if drawing is Drawing.VERDICTS else 0.75
    figure = Figure("x", "x", "x", unit, drawing, (DAY.since,), (Series("one", "", (value,)),))
    row = {"at": "2026-07-14T00:00:00Z", "day": "2026-07-14", "when": "then", "series": "one", "said": "75 %"}
    picture = {**drawing_of(figure), "width": 300, "datasets": {"rows": [{**row, "value": value}]}}
    svg = vl_convert.vegalite_to_svg(picture, VEGA_LITE)
    assert "one" in svg or "drift" in svg
    assert svg.count("<path") > 1


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, Unit.SHARE, "–"),
        (0.1234, Unit.SHARE, "12.3%"),
        (0.0, Unit.SECONDS, "0"),
        (0.0004, Unit.SECONDS, "0.0004"),
        (12.5, Unit.PER_MINUTE, "12.5"),
        (20_000.0, Unit.PER_MINUTE, "20000"),
        ("kept", None, "kept"),
    ],
)
def test_values_are_said_as_people_read_them(value: float | str | None, unit: Unit | None, words: str) -> None:
    """Shares as percentages, small numbers with what counts of them, nothing as a dash."""
    assert said(value, unit) == words
