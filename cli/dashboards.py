"""`roadworthy dashboards`: writes the page with the four dashboards and the drift report, or the same for Grafana."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.output import print_json
from cli.releases import open_configured_store
from roadworthy.dashboards.grafana import write_grafana
from roadworthy.settings import Settings
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.reading import Window
from tasks.dashboards import write_dashboards


def write_page(days: int, as_json: bool) -> int:
    """Write reports/index.html with the last `days` times 24 hours, sealed or not."""
    settings, now = Settings(), datetime.now(UTC)
    window = Window(now - timedelta(days=days), now)
    written = write_dashboards(
        open_configured_store(), settings.root.resolve(), window, segments=settings.home_path / OPEN
    )
    if as_json:
        print_json(written)
    else:
        print(f"{written.path}: {written.events:,} requests of {days} days, {written.bytes / 1e6:.1f} MB")
        print(f"{written.panels} of {written.panels_in_all} panels have something to show")
    return 0


def write_for_grafana(folder: Path, as_json: bool) -> int:
    """Write the dashboards as Grafana imports them, a file each; what is up to date is left alone."""
    written = write_grafana(folder)
    if as_json:
        print_json({"written": written})
    else:
        print("\n".join(f"{path} written" for path in written) or f"{folder} was up to date")
    return 0
