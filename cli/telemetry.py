"""`roadworthy telemetry`: what was asked of each release, and what that took; `seal` brings the last minutes along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cli.output import columns, print_json
from cli.releases import open_configured_store
from roadworthy.errors import UsageError
from roadworthy.settings import Settings
from roadworthy.telemetry.opening import OPEN
from roadworthy.telemetry.reading import Window, read_events
from roadworthy.telemetry.sealing import Sealed, seal_segments
from roadworthy.telemetry.usage import Usage, usage_of

DEFAULT_DAYS = 7
_HEADINGS = (
    "capability", "release", "arm", "requests", "p50 ms", "p95 ms", "p99 ms", "tokens in", "out", "cost", "endings",
)  # fmt: skip


def show_usage(capability: str | None, since: str | None, as_json: bool) -> int:
    """Print a line for each capability, release and arm, in the store and not sealed yet."""
    now = datetime.now(UTC)
    window = Window(_moment(since) if since else now - timedelta(days=DEFAULT_DAYS), now)
    events = read_events(open_configured_store(), window, capability, Settings().home_path / OPEN)
    lines = usage_of(events)
    if as_json:
        print_json({"since": window.since, "until": window.until, "usage": lines})
    elif not lines:
        print(f"nothing was asked since {window.since.astimezone():%Y-%m-%d %H:%M}")
    else:
        for line in columns([_HEADINGS, *map(_row, lines)]):
            print(line)
    return 0


def seal(as_json: bool) -> int:
    """Bring closed segments into the store, and say how much that was."""
    sealed = seal_segments(Settings().home_path / OPEN, open_configured_store())
    if as_json:
        print_json(sealed)
    else:
        for line in _told(sealed):
            print(line)
    return 0


def _moment(text: str) -> datetime:
    try:
        # A moment without a zone is the reader's own time.
        moment = datetime.fromisoformat(text).astimezone()
    except ValueError:
        moment = None
    if moment is None or moment > datetime.now(UTC):
        raise UsageError(
            f"{text!r} is no moment in the past",
            where="--since",
            remedy="write it like 2026-11-20 or 2026-11-20T12:00Z",
        )
    return moment


def _row(line: Usage) -> tuple[str, ...]:
    endings = ", ".join(f"{name} {count}" for name, count in sorted(line.endings.items(), key=lambda one: -one[1]))
    return (
        line.capability or "-", str(line.release or "-"), line.arm or "-", str(line.requests),
        *(f"{1000 * seconds:.1f}" for seconds in (line.p50, line.p95, line.p99)),
        str(line.prompt_tokens), str(line.completion_tokens), f"{line.cost:f} {line.currency}".strip(), endings,
    )  # fmt: skip


def _told(sealed: Sealed) -> list[str]:
    lines = [f"sealed: {sealed.segments} segments with {sealed.events} events and {sealed.contents} contents"]
    if sealed.damaged:
        lines.append(f"left out: {sealed.damaged} lines that a killed writer had not finished, or that are damaged")
    if sealed.open:
        lines.append(f"left: {sealed.open} segments that are being written or sealed now")
    lines += [f"left: {name}, which a newer Roadworthy has to seal" for name in sealed.newer]
    return lines
