"""The page as it is written: from sealed telemetry, in one step, and drawn by a real browser without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.night_reports import write_nights
from fakes.sample_events import EVERY_EVENT

from roadworthy.errors import IntegrityError
from roadworthy.store import LocalStore
from roadworthy.telemetry.event import Called
from roadworthy.telemetry.opening import open_recorder
from roadworthy.telemetry.reading import Window
from tasks.dashboards import Written, full_days, write_dashboards
from tasks.night import REPORTS

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")
in_a_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage")
COLOURS = """() => {
  const style = (place) => getComputedStyle(document.querySelector(place));
  const picture = style("#picture-failures svg .role-axis-label text");
  return [style("h1").color, style("#failures .says").color, picture.fill, style("#failures").backgroundColor];
}"""
"""Of texts, a picture's too, and of what is behind them."""
BEGIN = datetime(2026, 7, 13, tzinfo=UTC)
DAYS = Window(BEGIN, BEGIN + timedelta(days=1))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a day's sealed telemetry, four requests of each kind every hour, and three nights' reports."""
    root: Path = tmp_path_factory.mktemp("root")
    recorder = open_recorder(root, LocalStore(root / "store"))
    for number in range(24 * 4):
        at = BEGIN + timedelta(minutes=15 * number)
        for event in EVERY_EVENT:
            calls = (Called("balance", "refused", "x"),) if event.calls else ()
            recorder.record(replace(event, id=f"{event.id}-{number}", at=at, calls=calls))
    recorder.close()
    assert recorder.lost == 0
    write_nights(root / REPORTS)
    return root


@pytest.fixture(scope="module")
def written(root: Path) -> Written:
    """The page of that day."""
    return write_dashboards(LocalStore(root / "store"), root, DAYS)


def test_what_was_written_is_told(written: Written, root: Path) -> None:
    """Where it lies, what it holds, and how large it is: a page of a few megabytes would not be opened."""
    assert written.path == root / "reports" / "index.html"
    assert written.events == 24 * 4 * len(EVERY_EVENT)
    assert written.panels > 25
    assert written.bytes == written.path.stat().st_size < 2_000_000


def test_a_page_that_fails_leaves_the_one_before(written: Written, root: Path) -> None:
    """Damaged telemetry is named, and nobody finds half a page."""
    before = written.path.read_bytes()
    store = LocalStore(root / "store")
    later = DAYS.until + timedelta(days=5)
    store.create(f"telemetry/events/date={later.date()}/broken.parquet", b"no parquet")
    with pytest.raises(IntegrityError, match="damaged"):
        write_dashboards(store, root, Window(later, later + timedelta(days=1)))
    assert written.path.read_bytes() == before
    assert not list(written.path.parent.glob(".tmp-*"))


def test_full_days_end_at_midnight() -> None:
    """The page of the night is the same whenever on the next day it is drawn."""
    late, early = (full_days(7, datetime(2026, 7, 14, hour, 5, tzinfo=UTC)) for hour in (0, 23))
    assert late == early == Window(datetime(2026, 7, 7, tzinfo=UTC), datetime(2026, 7, 14, tzinfo=UTC))


@pytest.fixture(scope="module")
def page(written: Written) -> Iterator[sync_api.Page]:
    """The page in a browser that has no network, all of it drawn; at its end nothing may have gone wrong in it."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900})
        context.set_default_timeout(20_000)
        tab, wrong = context.new_page(), []
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda said: wrong.append(said.text))
        tab.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith("file:") else None)
        tab.goto(written.path.as_uri())
        tab.locator("body[data-drawn=all]").wait_for()
        yield tab
        assert wrong == []
        browser.close()


@in_a_browser
def test_every_panel_is_drawn(page: sync_api.Page, written: Written) -> None:
    """Each picture has marks in it, whatever kind it is."""
    pictures = page.locator(".picture")
    assert pictures.count() == written.panels
    for number in range(written.panels):
        marks = pictures.nth(number).locator("svg .role-mark path[d]")
        assert marks.count() > 0, pictures.nth(number).get_attribute("id")


@in_a_browser
def test_pointing_at_a_line_shows_its_value(page: sync_api.Page) -> None:
    """The series, the time and the value, as the table has them; the same for a night's verdict."""
    tooltip = page.locator("#vg-tooltip-element.visible")
    picture = page.locator("#picture-answer_seconds .mark-line.role-mark path").first
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.move(box["x"] + box["width"] / 2 + 2, box["y"] + 22)
    tooltip.get_by_text("2026-07-13").wait_for()
    assert "helpdesk · p" in tooltip.inner_text()
    assert "0.8" in tooltip.inner_text()
    page.locator("#picture-nights .mark-rect.role-mark path").last.hover()
    tooltip.get_by_text("2026-07-12").wait_for()
    assert "page" in tooltip.inner_text()


@in_a_browser
def test_a_capability_can_be_looked_at_alone(page: sync_api.Page) -> None:
    """The other ones' lines go, with the panels that have nothing of it, and come back."""
    lines = page.locator("#picture-requests .mark-line.role-mark path")
    assert lines.count() == 2
    page.get_by_label("Capability").select_option("helpdesk")
    page.wait_for_function("document.querySelectorAll('#picture-requests .mark-line.role-mark path').length === 1")
    page.locator("#picture-prediction_seconds").wait_for(state="hidden")
    page.get_by_label("Capability").select_option("all")
    page.wait_for_function("document.querySelectorAll('#picture-requests .mark-line.role-mark path').length === 2")
    page.locator("#picture-prediction_seconds").wait_for()


@in_a_browser
def test_pictures_have_names_and_tables_for_those_who_can_not_see_them(page: sync_api.Page) -> None:
    """By its role a picture is found with its title, described by a sentence, and its table opens by the keyboard."""
    picture = page.get_by_role("img", name="Failures", exact=True)
    described = page.locator(f"#{picture.get_attribute('aria-describedby')}").inner_text()
    assert described.startswith(("helpdesk: last 0.0%", "delay: last 0.0%"))
    figure = page.locator("figure#failures")
    figure.locator("summary").press("Enter")
    assert figure.get_by_role("row").count() == 24 * 4 + 1
    figure.locator("summary").press("Enter")


@in_a_browser
def test_dark_and_light_are_both_readable(page: sync_api.Page) -> None:
    """The page and its pictures take the reader's colours; text stands out by 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        colours = page.evaluate(COLOURS)
        *texts, back = (_luminance(one) for one in colours)
        for text in texts:
            light, dark = max(text, back), min(text, back)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, colours)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of `rgb(r, g, b)`."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
