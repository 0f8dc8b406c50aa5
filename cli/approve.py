"""`roadworthy approve`: a person says yes to exactly one call of a tool, or looks at what waits."""

from __future__ import annotations

from cli.output import columns, print_json
from cli.releases import open_ledger
from roadworthy.settings import Settings
from roadworthy.tools.approvals import Approvals
from roadworthy.tools.keyed_digest import keyed_digest
from tasks.actor import local_actor
from tasks.released_assistant import tools_folder


def approve_call(capability: str, request: str | None, as_json: bool) -> int:
    """Approve the call with that id, once and for a quarter of an hour; without an id print the open requests.

    Requests hold digests alone: the arguments are shown where the call was asked for.
    """
    store = open_ledger(capability).store
    approvals = Approvals(store, keyed_digest(tools_folder(Settings(), capability) / "audit.key"))
    if request is None:
        return _show_open(approvals, as_json)
    approval = approvals.approve(request, by=local_actor().name)
    if as_json:
        print_json(approval)
    else:
        print(
            f"approved once, until {approval.expires_at:%H:%M} UTC: ask again with the same customer and conversation"
        )
    return 0


def _show_open(approvals: Approvals, as_json: bool) -> int:
    waiting = approvals.open_requests()
    if as_json:
        print_json(list(waiting))
        return 0
    print("waiting for a person" if waiting else "no call waits for approval")
    for line in columns([(one.id, one.tool, f"asked {one.requested_at:%Y-%m-%d %H:%M} UTC") for one in waiting]):
        print(f"  {line}")
    return 0
