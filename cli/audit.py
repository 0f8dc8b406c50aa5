"""`roadworthy audit`: is the audit log whole, and what does it say?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from cli.audited import Audited, open_audited
from cli.history import parse_moment
from cli.output import print_json
from cli.releases import open_configured_store
from roadworthy.audit.facts import KINDS, AuditEntry, Fact, GuardBlocks, capabilities_of
from roadworthy.audit.remembered import RememberedHead
from roadworthy.digest import SHORT
from roadworthy.errors import UnknownName
from roadworthy.settings import Settings


@dataclass(frozen=True)
class Wanted:
    """Which entries to show."""

    since: datetime | None
    kind: str
    capability: str
    by: str
    """A keyed digest; empty for everybody."""

    def admits(self, entry: AuditEntry) -> bool:
        """Tell whether an entry is wanted."""
        fact = entry.fact
        return (
            (self.since is None or entry.at >= self.since)
            and self.kind in ("", fact.kind)
            and (not self.capability or self.capability in capabilities_of(fact))
            and self.by in ("", getattr(fact, "by", None))
        )


def verify_log(as_json: bool) -> int:
    """Check every entry, also against the head that this machine saw last; remember the head."""
    store, settings = open_configured_store(), Settings()
    remembered = RememberedHead(settings.home_path / "audit", store.address)
    known = remembered.read()
    head = open_audited(store, settings).log.verify(known)
    remembered.write(head)
    if as_json:
        print_json({"entries": head.sequence, "head": head.digest, "known": known.sequence if known else None})
    elif head.digest is None:
        print("✔ the audit log is empty")
    else:
        seen = f", as far as it was seen here before ({known.sequence:,})" if known else ""
        print(f"✔ {head.sequence:,} entries, chained and sealed{seen}; head {head.digest[:SHORT]}")
    return 0


def show_log(since: str | None, kind: str, capability: str, by: str, as_json: bool) -> int:
    """Print the entries that are wanted, each checked, in order."""
    if kind and kind not in KINDS:
        near = get_close_matches(kind, KINDS, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        raise UnknownName(f"there is no kind {kind!r}", where="--kind", remedy=f"{meant}There are: {', '.join(KINDS)}")
    audited = open_audited(open_configured_store(), Settings())
    moment = parse_moment(since, "--since") if since else None
    wanted = Wanted(moment, kind, capability, audited.person(by) if by else "")
    found = _found(audited, wanted)
    if as_json:
        print_json(list(found))
        return 0
    for entry in found:
        when = entry.at.astimezone().isoformat(sep=" ", timespec="seconds")
        print(f"{entry.sequence:>6}  {when}  {entry.fact.kind:<14}  {_told(entry.fact)}")
    return 0


def _found(audited: Audited, wanted: Wanted) -> Iterator[AuditEntry]:
    return (entry for entry in audited.log.entries() if wanted.admits(entry))


def _told(fact: Fact) -> str:
    """Return a fact in one line; digests are cut short."""
    if isinstance(fact, GuardBlocks):
        places = sorted({f"{one.capability} {one.place} {one.guard}" for one in fact.blocks})
        return f"{len(fact.blocks)} blocked: {', '.join(places)}"
    fields = fact.model_dump(mode="json", exclude={"kind"})
    return "  ".join(f"{name}={_short(value)}" for name, value in fields.items() if value != "")


def _short(value: object) -> str:
    text = str(value)
    return f"{text[:SHORT]}…" if len(text) >= 64 else text
