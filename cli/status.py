"""`roadworthy status`: what is live, what is a candidate, and what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass

from cli.output import columns, print_json
from cli.releases import capabilities_in, open_configured_store
from roadworthy.digest import SHORT
from roadworthy.release.approval import ENVIRONMENT
from roadworthy.release.entries import Stage
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import ReleaseRecord, standing_of

GATES = "gates"


@dataclass(frozen=True)
class StatusLine:
    """One release that matters now."""

    capability: str
    release: int
    digest: str
    stage: Stage
    gates: str
    waits_for: str
    switched_off: tuple[str, ...] = ()
    """What the capability's ledger has switched off."""


def show_status(as_json: bool) -> int:
    """Print a line for each release that is live, in staging, or the newest candidate."""
    store = open_configured_store()
    lines = [line for name in capabilities_in(store) for line in _lines(Ledger(store, name))]
    if as_json:
        print_json(lines)
    elif not lines:
        print("nothing is released yet; `make release` makes the first one")
    else:
        _print(lines)
    return 0


def _lines(ledger: Ledger) -> list[StatusLine]:
    standing = standing_of(ledger.capability, ledger.entries())
    newest = standing.latest()
    shown = [record for record in (standing.production, standing.canary, standing.staging) if record]
    if newest and newest not in shown:
        shown.append(newest)
    off = tuple(sorted(standing.switched_off))
    return [_line(ledger.capability, record, off) for record in shown]


def _line(capability: str, record: ReleaseRecord, off: tuple[str, ...]) -> StatusLine:
    evidence = record.evidence.get(GATES)
    verdict = evidence.verdict if evidence else "not judged"
    waits_for = _waits_for(record, verdict)
    return StatusLine(capability, record.number, record.digest, record.stage, verdict, waits_for, off)


def _waits_for(record: ReleaseRecord, verdict: str) -> str:
    if record.stage in (Stage.PRODUCTION, Stage.RETIRED):
        return "nobody"
    if not record.clean_work_tree:
        return "a commit, and a new release"
    if ENVIRONMENT in record.evidence:
        return "the locked environment, and a new release"
    if verdict != "pass":
        return f"a release whose gates pass (this one: {verdict})"
    return "an ML lead's approval"


def _print(lines: list[StatusLine]) -> None:
    rows = [("release", "stage", "digest", "gates", "waits for")]
    rows += [
        (f"{line.capability}@{line.release}", line.stage.value, line.digest[:SHORT], line.gates, line.waits_for)
        for line in lines
    ]
    for line in columns(rows):
        print(line)
    for capability, off in {line.capability: line.switched_off for line in lines if line.switched_off}.items():
        print(f"switched off in {capability}: {', '.join(off)} (`roadworthy switch on {off[0]} {capability}`)")
