"""`roadworthy history`: everything that happened to a capability, or what was live at a moment."""

from __future__ import annotations

from datetime import datetime

from cli.output import print_json
from cli.releases import open_ledger
from roadworthy.digest import SHORT
from roadworthy.errors import UsageError
from roadworthy.release.history import live_at, timeline
from roadworthy.release.ledger import Ledger


def show_history(capability: str, at: str | None, as_json: bool) -> int:
    """Print the whole ledger for people, or the release that was live at `at`."""
    ledger = open_ledger(capability)
    return _show_moment(ledger, parse_moment(at, "--at"), as_json) if at else _show_all(ledger, as_json)


def parse_moment(text: str, option: str) -> datetime:
    """Return the moment that a person gave with `option`. Raises `UsageError`."""
    try:
        # A moment without a zone is the reader's own time.
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise UsageError(
            f"{text!r} is not a moment", where=option, remedy="write it like 2026-11-20T12:00 or 2026-11-20T12:00Z"
        ) from None


def _show_moment(ledger: Ledger, moment: datetime, as_json: bool) -> int:
    record = live_at(ledger.entries(), moment)
    if as_json:
        print_json({"at": moment, "live": record})
    elif record is None:
        print(f"at {moment.isoformat(timespec='minutes')} nothing of {ledger.capability} was live")
    else:
        name = f"{ledger.capability}@{record.number}"
        print(f"at {moment.isoformat(timespec='minutes')} {name} was live ({record.digest[:SHORT]})")
    return 0


def _show_all(ledger: Ledger, as_json: bool) -> int:
    lines = timeline(ledger.entries())
    if as_json:
        print_json(lines)
        return 0
    for line in lines:
        who = line.who if line.authenticated else f"{line.who} (unauthenticated)"
        release = f"@{line.release}" if line.release else ""
        when = line.at.astimezone().isoformat(sep=" ", timespec="seconds")
        print(f"{line.sequence:>4}  {when}  {who}  {release}  {line.what}")
    return 0
