"""`roadworthy alerts`: what is wrong now, who is not told of what, and whether telling works."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cli.output import columns, print_json
from cli.releases import open_configured_store
from roadworthy.alerts.alert import Alert, AlertKind, Finding
from roadworthy.alerts.board import Board
from roadworthy.alerts.delivery import troubles_of
from roadworthy.alerts.desk import AlertDesk
from roadworthy.alerts.log import AlertLog
from roadworthy.alerts.message import Message
from roadworthy.errors import Unavailable, UsageError
from roadworthy.service_levels.objectives import Severity
from roadworthy.settings import Settings
from tasks.alerting import open_desk

_SPAN = re.compile(r"(\d{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def list_alerts(capability: str, everything: bool, as_json: bool) -> int:
    """Print what is open, or all there ever was; with silences, and what was not delivered."""
    log = AlertLog(open_configured_store())
    board = log.board()
    alerts = [one for one in (log.alerts() if everything else board.open) if capability in ("", one.capability)]
    if as_json:
        shown = [one.model_dump(mode="json") | {"runbook": one.runbook} for one in alerts]
        print_json({"alerts": shown, "silences": board.silences, "not_delivered": troubles_of(board)})
        return 0
    print("alerts" if alerts else "nothing is wrong that anybody looked for")
    for line in columns([_row(one) for one in alerts]):
        print(f"  {line}")
    _print_rest(board)
    return 0


def try_channels(as_json: bool) -> int:
    """Send a test through every channel now. Raises `Unavailable` when one does not take it."""
    desk = _desk()
    now = datetime.now(UTC)
    finding = Finding(kind=AlertKind.TEST, severity=Severity.TICKET, measure="delivery", measured=1, bound=1)
    alert = Alert(id=f"{now:%Y%m%dT%H%M%SZ}-test", finding=finding, started=now, last_seen=now)
    outcomes = desk.delivery.try_all(Message(id=alert.id, group=alert.group, at=now, open=(alert,)))
    if as_json:
        print_json({one.waiting.channel: one.failure or "delivered" for one in outcomes})
    else:
        for line in columns([(one.waiting.channel, one.failure.replace("_", " ") or "delivered") for one in outcomes]):
            print(line)
    failed = [one.waiting.channel for one in outcomes if one.failure]
    if failed:
        raise Unavailable(
            f"{len(failed)} of {len(outcomes)} channels did not take the test",
            where=", ".join(failed),
            remedy="look at these addresses, by their places in ROADWORTHY_ALERTS_URLS and its file",
        )
    return 0


def silence(capability: str, kind: str, span: str, as_json: bool) -> int:
    """Tell nothing for a while."""
    made = _desk().silence(datetime.now(UTC) + _span(span), _kind(kind), capability or None)
    if as_json:
        print_json(made)
    else:
        print(f"silenced until {made.until:%Y-%m-%d %H:%M} UTC; `roadworthy alerts silence --end {made.id}` ends it")
    return 0


def end_silence(name: str, as_json: bool) -> int:
    """End a silence, and tell what is still open."""
    desk = _desk()
    desk.end_silence(name)
    desk.deliver()
    if as_json:
        print_json({"ended": name})
    else:
        print("ended; what is still open is told")
    return 0


def check_once(as_json: bool) -> int:
    """Look once at nights, gateways and spikes; exit code 5 when something is wrong, 6 when one did not answer."""
    from tasks.sentry import look

    looked = look(Settings(), datetime.now(UTC), announce=_quiet)
    if as_json:
        print_json(looked)
    else:
        for found in looked.findings:
            print(f"{found.severity}: {found.capability or 'the house'}: {found.kind} {found.measure}")
        for name in looked.learning:
            print(f"{name}: too little is known yet to tell a spike")
        for failure in looked.failed:
            print(f"not looked at: {failure}")
        if not looked.findings and not looked.failed:
            print("nothing is wrong that was looked for")
    return 6 if looked.failed else 5 if looked.findings else 0


def _desk() -> AlertDesk:
    return open_desk(Settings(), open_configured_store())


def _row(alert: Alert) -> tuple[str, ...]:
    found = alert.finding
    measured = "" if found.measured is None else f"{found.measured:.4g}"
    bound = "" if found.bound is None else f"bound {found.bound:.4g}"
    release = f"{alert.capability or 'the house'}{f'@{alert.release}' if alert.release else ''}"
    ended = f"over {alert.resolved:%Y-%m-%d %H:%M}" if alert.resolved else f"seen {alert.count}"
    since = f"since {alert.started:%Y-%m-%d %H:%M}"
    return alert.severity.value, release, alert.kind.value, found.measure, measured, bound, since, ended, alert.runbook


def _print_rest(board: Board) -> None:
    now = datetime.now(UTC)
    for one in board.silences:
        if one.until > now:
            about = "everything" if one.capability is None else one.capability or "the house"
            kind = f", {one.kind}" if one.kind else ""
            print(f"silenced until {one.until:%Y-%m-%d %H:%M} UTC: {about}{kind} ({one.id})")
    for trouble in troubles_of(board):
        print(trouble.text)


def _span(text: str) -> timedelta:
    match = _SPAN.fullmatch(text)
    span = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < span <= timedelta(days=90):
        raise UsageError(f"{text!r} is no time span", where="--for", remedy="give 30m, 4h or 2d; 90 days at most")
    return span


def _kind(text: str) -> AlertKind | None:
    if not text:
        return None
    try:
        return AlertKind(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no kind of alert", where="--kind", remedy=f"there are: {', '.join(AlertKind)}"
        ) from None


def _quiet(text: str) -> None:
    """What is announced stands in the result, too."""
