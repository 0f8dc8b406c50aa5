"""Puts a tool layer together from a declaration, a backend and the folder in which it keeps its key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.audit.log import AuditLog
from roadworthy.clock import utc_now
from roadworthy.store import Store
from roadworthy.tools.approvals import Approvals
from roadworthy.tools.deadline import Deadline
from roadworthy.tools.declaration import ToolSet
from roadworthy.tools.gatekeeper import ToolLayer
from roadworthy.tools.interface import ToolBackend
from roadworthy.tools.keyed_digest import keyed_digest
from roadworthy.tools.rate_limit import RateLimiter
from roadworthy.tools.rules import Bounds, Rules, never

if TYPE_CHECKING:
    from limits.storage import Storage


def open_tool_layer(
    tools: ToolSet,
    backend: ToolBackend,
    store: Store,
    key_file: Path,
    *,
    switched_off: Callable[[], bool] = never,
    bounds: Bounds = Bounds(),  # noqa: B008  (frozen)
    timeout_seconds: float = 10.0,
    rate_storage: Storage | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> ToolLayer:
    """Return the layer for `tools` on `backend`; approvals and the audit log go to `store`.

    `key_file` is made at the first use. Processes that share a store share the key file too, or an approval given in
    one is not found in another. `rate_storage` is in memory unless given: for several processes, take a common one.
    Raises `IntegrityError` and `Unavailable` for a key file that can't be used.
    """
    digests = keyed_digest(key_file)
    approvals = Approvals(store, digests, clock)
    rules = Rules(tools, approvals, digests, RateLimiter(rate_storage), bounds, switched_off)
    return ToolLayer(rules, backend, AuditLog(store, clock), Deadline(timeout_seconds))
