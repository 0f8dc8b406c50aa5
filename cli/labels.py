"""`roadworthy labels`: what came true of predictions, given later, and what it says about the model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cli.output import columns, print_json
from roadworthy.errors import UnknownName, UsageError
from roadworthy.evaluation.values import Estimate, Metric
from roadworthy.labels.adding import LabelDesk
from roadworthy.labels.reading import OutcomeColumns
from roadworthy.labels.report import LabelledNight
from roadworthy.labels.settings import LabelSettings
from roadworthy.labels.verdicts import AddedLabels
from roadworthy.release.ledger import Ledger
from roadworthy.settings import Settings
from roadworthy.store import Store
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.pseudonyms import open_pseudonymiser
from tasks.label_settings import label_settings_of
from tasks.night_labels import judge_labels
from tasks.stores import open_store

_DATA = 3
"""Exit code: some rows can't be used; the others are kept."""


@dataclass(frozen=True)
class _Place:
    """Where labels go."""

    store: Store
    home: Path
    labels: LabelSettings


def add_labels(capability: str, file: Path, names: OutcomeColumns, as_json: bool) -> int:
    """Keep the labels in a file; exit code 3 when rows were refused."""
    place = _place(capability)
    digest = open_pseudonymiser(place.home / "keys" / "telemetry.key").of_key if names.key else None
    found = LabelDesk(place.store, place.home / OPEN, place.labels, digest).add(capability, file, names)
    if as_json:
        print_json(found)
    else:
        _print_added(found)
    return _DATA if found.refused else 0


def show_labels(capability: str, night: str | None, as_json: bool) -> int:
    """Show past nights as they are measured now, up to `night`, or to yesterday."""
    place = _place(capability)
    report = judge_labels(place.store, capability, _day(night), place.labels).report
    if as_json:
        print_json(report)
        return 0
    print(f"{capability}: {report.state} ({report.reason})")
    head = ("night", "release", "rows", "labels", "state", "AUC measured", "AUC estimated", "hours late")
    for line in columns([head, *map(_row, report.nights)] if report.nights else []):
        print(line)
    for digest, check in report.checks.items():
        gap = f", too hopeful by {check.gap.text()}" if check.gap else ""
        print(f"estimates of {digest[:12]}: {check.verdict} on {check.nights} nights{gap}")
    if report.drift:
        print(f"labels of {report.drift.night}: {'; '.join([report.drift.state, *report.drift.culprits])}")
    return 0


def _place(capability: str) -> _Place:
    settings = Settings()
    store = open_store(settings.store_address)
    if not Ledger(store, capability).entries():
        raise UnknownName(
            f"nothing called {capability!r} was released", where=store.address, remedy="see `roadworthy status`"
        )
    return _Place(store, settings.home_path, label_settings_of(capability, settings.root.resolve()))


def _print_added(found: AddedLabels) -> None:
    print(f"{found.file}: {found.kept:,} of {found.rows:,} labels kept for {found.capability}")
    for verdict, count in found.counts.items():
        print(f"  {verdict}: {count:,}")
    for one in found.refusals:
        print(f"✘ {one.verdict}: {one.given!r}\n  where:  {one.where}\n  remedy: {one.remedy}")
    if found.refused > len(found.refusals):
        print(f"and {found.refused - len(found.refusals):,} more rows were refused")


def _row(one: LabelledNight) -> tuple[str, ...]:
    late = f"{one.delays.median:.1f} (p95 {one.delays.p95:.1f})" if one.delays else "-"
    return (
        *(str(one.night), str(one.release), f"{one.rows:,}", f"{one.coverage:.1%}", str(one.state)),
        *(_auc(one.measured), _auc(one.estimated), late),
    )


def _auc(metrics: dict[Metric, Estimate]) -> str:
    return metrics[Metric.AUC].text() if Metric.AUC in metrics else "-"


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now(UTC).date() - timedelta(days=1)
    except ValueError:
        raise UsageError(f"{text!r} is no day", where="--night", remedy="write 2013-07-14") from None
