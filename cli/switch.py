"""`roadworthy off` and `on`: a part of an assistant stopped or started again by an entry in the ledger."""

from __future__ import annotations

from difflib import get_close_matches

from cli.audited import open_audited
from cli.output import print_json
from cli.releases import open_ledger
from roadworthy.assistant.switches import PROMPT, TARGETS
from roadworthy.audit.facts import Switched
from roadworthy.errors import UnknownName
from roadworthy.release.entries import Entry, Fact, SwitchedOff, SwitchedOn
from roadworthy.release.ledger import Ledger
from roadworthy.release.stages import roll_back_target
from roadworthy.release.standing import standing_of
from roadworthy.settings import Settings
from tasks.actor import local_actor


def switch(capability: str, target: str, off: bool, reason: str, as_json: bool) -> int:
    """Record that `target` is switched off, or on again; nothing is recorded when it is so already."""
    if target not in TARGETS:
        near = get_close_matches(target, TARGETS, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        described = "; ".join(f"{name} ({what})" for name, what in TARGETS.items())
        raise UnknownName(f"there is no switch {target!r}", remedy=f"{meant}There are: {described}")
    ledger = open_ledger(capability)
    if off and target == PROMPT:
        roll_back_target(standing_of(capability, ledger.entries()))  # Raises when there is none before.

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        is_off = target in standing_of(capability, entries).switched_off
        if is_off == off:
            return None
        return SwitchedOff(target=target, reason=reason) if off else SwitchedOn(target=target, reason=reason)

    entry = ledger.record(decide, by=local_actor())
    if entry is not None:
        _audit(ledger, entry, target, off)
    word = "off" if off else "on"
    if as_json:
        print_json({"capability": capability, "target": target, "switched": word, "entry": entry})
    elif entry is None:
        print(f"{target} of {capability} was {word} already")
    else:
        print(f"{target} of {capability} switched {word}: {TARGETS[target] if off else 'as released'}")
    return 0


def _audit(ledger: Ledger, entry: Entry, target: str, off: bool) -> None:
    """Note a switch in the audit log too; the ledger's entry is in force whatever becomes of this."""
    audited = open_audited(ledger.store, Settings())
    by = audited.person(entry.by.name)
    fact = Switched(capability=ledger.capability, target=target, off=off, entry=entry.sequence, by=by)
    audited.record_done(fact)
