"""What administrators did, on its way into the audit log before it takes effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from roadworthy.audit.facts import Administered
from roadworthy.audit.log import AuditLog


class Act(Protocol):
    """What is known of an act; `roadworthy.access.act.AdministrativeAct` is one."""

    @property
    def by(self) -> str:
        """The person."""

    @property
    def what(self) -> str:
        """The act: `key created` or `key revoked`."""

    @property
    def target(self) -> str:
        """The key's id."""

    @property
    def tenant(self) -> str:
        """The tenant's name; empty for none."""


def administration(log: AuditLog, person: Callable[[str], str], tenant: Callable[[str], str]) -> Callable[[Act], None]:
    """Return what records acts, durably, and raises what `AuditLog.record` raises.

    `person` makes a keyed digest of a name, `tenant` the pseudonym of a tenant. The reason stays out: it may hold
    anything.
    """

    def record(act: Act) -> None:
        log.record(
            Administered.model_validate(
                {"act": act.what, "key": act.target, "tenant": tenant(act.tenant), "by": person(act.by)}
            )
        )

    return record
