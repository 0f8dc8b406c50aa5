"""`roadworthy queue`: what waits for a person, and what the person says."""

from __future__ import annotations

from datetime import UTC, datetime

from cli.audited import Audited, open_audited
from cli.output import columns, print_json
from cli.releases import open_configured_store
from roadworthy.errors import UsageError
from roadworthy.handover.approving import Approving
from roadworthy.handover.queue import CaseQueue
from roadworthy.handover.records import Case
from roadworthy.handover.waiting import waiting_in
from roadworthy.settings import Settings
from roadworthy.tools.approval_files import ApprovalFiles
from roadworthy.tools.approvals import Approvals
from roadworthy.tools.keyed_digest import keyed_digest
from tasks.actor import local_actor
from tasks.released_assistant import tools_folder


def list_waiting(capability: str, as_json: bool) -> int:
    """Print what waits: conversations and calls of tools, the oldest first."""
    waiting = waiting_in(_queue(_audited()), capability)
    if as_json:
        print_json(list(waiting))
        return 0
    print("waiting for a person" if waiting else "nothing waits for a person")
    now = datetime.now(UTC)
    rows = [
        (one.kind, one.id, _age(now, one.since), f"taken by {one.taken_by}" if one.taken_by else "", _line(one.reason))
        for one in waiting
    ]
    for line in columns(rows):
        print(f"  {line}")
    return 0


def show_case(case: str, as_json: bool) -> int:
    """Print all that is kept of a case."""
    return _show(_queue(_audited()).case(case), as_json)


def take_case(case: str, as_json: bool) -> int:
    """Make a case the actor's own for a while."""
    return _show(_queue(_audited()).take(case, local_actor().name), as_json)


def answer_case(case: str, text: str, as_json: bool) -> int:
    """Keep the answer for the application to fetch."""
    return _show(_queue(_audited()).answer(case, text, local_actor().name), as_json)


def close_case(case: str, reason: str, as_json: bool) -> int:
    """End a case without an answer."""
    return _show(_queue(_audited()).close(case, reason, local_actor().name), as_json)


def approve_call(request: str, as_json: bool) -> int:
    """Approve the call with that id, once and for a quarter of an hour.

    Requests hold digests alone: the arguments are shown where the call was asked for.
    """
    approval = _approving(request).approve(request, by=local_actor().name)
    if as_json:
        print_json(approval)
    else:
        print(
            f"approved once, until {approval.expires_at:%H:%M} UTC: ask again with the same customer and conversation"
        )
    return 0


def refuse_call(request: str, reason: str, as_json: bool) -> int:
    """Refuse the call with that id until its request expires."""
    refusal = _approving(request).refuse(request, by=local_actor().name, reason=reason)
    if as_json:
        print_json(refusal)
    else:
        print("refused: whoever asks for the same call is told so, until the request expires")
    return 0


def _audited() -> Audited:
    return open_audited(open_configured_store(), Settings())


def _queue(audited: Audited) -> CaseQueue:
    return CaseQueue(audited.log.store, audited.digests, audited.record_done)


def _approving(request: str) -> Approving:
    audited = _audited()
    store = audited.log.store
    files = ApprovalFiles(store)
    capability = files.request(files.parsed(request)).capability
    key = tools_folder(Settings(), capability) / "audit.key" if capability else None
    if key is None or not key.exists():
        # With another key nobody's own call would be recognised as his own.
        raise UsageError(
            "the key under which this call was asked for is not on this machine",
            where=str(key or "the request"),
            remedy="answer where the assistant runs, or copy the key from there",
        )
    return Approving(Approvals(store, keyed_digest(key)), audited.log.record, audited.digests)


def _show(case: Case, as_json: bool) -> int:
    if as_json:
        print_json({"id": case.id, "state": case.state, "case": case})
        return 0
    opened = case.opened
    print(f"{case.id}: {case.state.value}")
    print(f"  opened {opened.at:%Y-%m-%d %H:%M} UTC: {_line(opened.reason) or 'no reason given'}")
    for turn in opened.transcript:
        print(f"    {turn.role}: {_line(turn.text)}")
    if case.taken:
        print(f"  taken by {case.taken.by}, {case.taken.at:%Y-%m-%d %H:%M} UTC")
    if case.answered:
        print(f"  answered by {case.answered.by}: {_line(case.answered.text)}")
    if case.closed:
        print(f"  closed by {case.closed.by}: {_line(case.closed.reason)}")
    return 0


def _line(text: str) -> str:
    return " ".join(text.split())


def _age(now: datetime, since: datetime) -> str:
    minutes = int((now - since).total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
