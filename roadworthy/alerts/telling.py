"""From the board to messages: which groups have something to tell now, and what waits for which channel. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from roadworthy.alerts.alert import Alert
from roadworthy.alerts.board import Board, Group, Waiting
from roadworthy.alerts.message import Message
from roadworthy.alerts.settings import AlertParams
from roadworthy.digest import digest_bytes
from roadworthy.service_levels.objectives import Severity


def tell(board: Board, channels: tuple[str, ...], now: datetime, params: AlertParams) -> Board:
    """Return the board with a message for each channel, for each group that has something to tell.

    One message for all alerts of a group. What is new is told at once, unless the group was told of within
    `group_minutes`: then it waits for the rest of them, but for a page where people know of no page. What is still open
    is repeated after `repeat_hours`. That all of what people know is over is told at once.
    """
    names = dict.fromkeys([alert.group for alert in board.open] + [group.name for group in board.groups])
    for name in names:
        board = _tell_group(board, name, channels, now, params)
    return board


def _tell_group(board: Board, name: str, channels: tuple[str, ...], now: datetime, params: AlertParams) -> Board:
    wanted = tuple(alert for alert in board.open if alert.group == name and not board.silenced(alert, now))
    group = board.group(name)
    news = bool(group.over) or any(alert.id not in group.told for alert in wanted) or _worse(group, wanted)
    repeats = bool(wanted) and not news and _passed(group, now, params.repeat_after)
    if not (repeats or (news and _may(group, wanted, now, params))):
        return _forget(board, group, now, params)
    message = Message(id=_id(name, now), group=name, at=now, open=wanted, over=group.over, repeats=repeats)
    # What is silenced now and was told before is still known.
    known = tuple(alert.id for alert in board.open if alert.group == name and alert.id in group.told)
    told = tuple(dict.fromkeys((*known, *(alert.id for alert in wanted))))
    severity = message.severity if wanted else group.severity
    after = board.with_group(Group(name=name, told_at=now, told=told, severity=severity))
    return after.model_copy(update={"waiting": _posted(after.waiting, message, channels, now)})


def _may(group: Group, wanted: tuple[Alert, ...], now: datetime, params: AlertParams) -> bool:
    """Tell whether news may be told now. What began and ended unheard waits for its window, as what is new does."""
    if _passed(group, now, params.group_window) or _worse(group, wanted):
        return True
    return group.over_known and not wanted and not group.told


def _worse(group: Group, wanted: tuple[Alert, ...]) -> bool:
    return group.severity is not Severity.PAGE and any(alert.severity is Severity.PAGE for alert in wanted)


def _passed(group: Group, now: datetime, span: timedelta) -> bool:
    return group.told_at is None or now - group.told_at >= span


def _forget(board: Board, group: Group, now: datetime, params: AlertParams) -> Board:
    """Let a group go of which nothing is open and whose window is over."""
    idle = not group.told and not group.over
    if group.told_at is not None and idle and _passed(group, now, params.group_window):
        return board.with_group(Group(name=group.name))
    return board


def _posted(
    waiting: tuple[Waiting, ...], message: Message, channels: tuple[str, ...], now: datetime
) -> tuple[Waiting, ...]:
    """Put a message in the place of older ones of its group that failed: it says all that they would."""
    for channel in channels:
        older = [one for one in waiting if one.channel == channel and one.message.group == message.group]
        over = {alert.id: alert for alert in (*(gone for one in older for gone in one.message.over), *message.over)}
        failed = max(older, key=lambda one: one.failures, default=None)
        waiting = tuple(one for one in waiting if one not in older)
        update = {"over": tuple(over.values()), "repeats": message.repeats and not older}
        posted = Waiting(channel=channel, message=message.model_copy(update=update), not_before=now)
        if failed is not None:
            kept = {name: getattr(failed, name) for name in ("failures", "failed_since", "failure")}
            posted = posted.model_copy(update=kept)
        waiting = (*waiting, posted)
    return waiting


def _id(group: str, now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%SZ}-{digest_bytes(f'{group} {now.isoformat()}'.encode())[:8]}"
