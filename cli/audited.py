"""What commands that leave a trace in the audit log share: the log, and how people are written in it."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from roadworthy.audit.facts import Fact
from roadworthy.audit.log import AuditLog
from roadworthy.errors import RoadworthyError
from roadworthy.settings import Settings
from roadworthy.store import Store
from roadworthy.tools.keyed_digest import KeyedDigest, keyed_digest


@dataclass(frozen=True)
class Audited:
    """The audit log of a store, and the key by which people are digests in it."""

    log: AuditLog
    digests: KeyedDigest

    def person(self, name: str) -> str:
        """Return what stands for a person at work."""
        return self.digests.of("person", name)

    def record_done(self, fact: Fact) -> None:
        """Record what has happened already and can't be undone by a log that is down: then say so, and go on."""
        try:
            self.log.record(fact)
        except RoadworthyError as error:
            print(f"this took effect, but is not in the audit log: {error}", file=sys.stderr)


def open_audited(store: Store, settings: Settings) -> Audited:
    """Return the audit log in `store`. Its key is made at the first use; machines that share a store share the key."""
    return Audited(AuditLog(store), keyed_digest(settings.home_path / "keys" / "audit.key"))
