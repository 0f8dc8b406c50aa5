"""The page with the dashboards: reads telemetry and the nights' reports, and writes reports/index.html."""

# Late imports: start-up time.
from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import write_bytes
from roadworthy.dashboards.nights import night_figures, read_reports
from roadworthy.dashboards.page import page_of, sections
from roadworthy.dashboards.panels.standard import DASHBOARDS
from roadworthy.dashboards.reading import read_panels
from roadworthy.store import Store
from roadworthy.telemetry.reading import Window, read_events
from tasks.night import REPORTS

if TYPE_CHECKING:
    import pyarrow as pa

PAGE = Path("reports", "index.html")
DAYS = 7
"""So many days are shown unless asked otherwise."""
_LEDGERS = "ledger/"


@dataclass(frozen=True)
class Written:
    """A page that was written."""

    path: Path
    since: datetime
    until: datetime
    events: int
    """Requests that it shows."""
    panels: int
    """Panels with something to show, of `panels_in_all`."""
    panels_in_all: int
    bytes: int


def full_days(days: int = DAYS, now: datetime | None = None) -> Window:
    """Return the last `days` UTC days that are over."""
    midnight = datetime.combine((now or datetime.now(UTC)).astimezone(UTC).date(), time(), UTC)
    return Window(midnight - timedelta(days=days), midnight)


def write_dashboards(store: Store, root: Path, window: Window, segments: Path | None = None) -> Written:
    """Write the page of `window` below `root` in one step; the same telemetry and reports give the same bytes.

    With `segments`, the folder of what is not sealed yet, the last seconds are there too. Raises as `read_events` and
    `read_reports` do; the page that was there stays then.
    """

    def events_of(day: Window) -> pa.Table:
        return read_events(store, day, segments=segments)

    names = sorted({key.removeprefix(_LEDGERS).split("/")[0] for key in store.keys(_LEDGERS)})
    panels = [panel for dashboard in DASHBOARDS for panel in dashboard.panels]
    readings = read_panels(events_of, window, panels, names)
    shown = sections(DASHBOARDS, readings, night_figures(read_reports(root / REPORTS)))
    page = page_of(readings, shown)
    path = root / PAGE
    write_bytes(path, page)
    figures = [figure for section in shown for figure in section.figures]
    drawn = sum(bool(figure.series) for figure in figures)
    return Written(path, window.since, window.until, readings.events, drawn, len(figures), len(page))
