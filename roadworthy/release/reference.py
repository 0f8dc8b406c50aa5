"""How people name a release: `flight-delay@3`, `flight-delay@production`, `flight-delay`, or just `3`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from roadworthy.errors import UnknownName, UsageError
from roadworthy.release.entries import Stage
from roadworthy.release.standing import ReleaseRecord, Standing

LATEST = "latest"
_FORMS = "Write flight-delay@3, flight-delay@production or flight-delay (the latest)."


@dataclass(frozen=True)
class Reference:
    """A capability, and which of its releases: a number, the one at a stage, or (None) the latest."""

    capability: str
    release: int | Stage | None = None

    def __str__(self) -> str:
        """The form that people write."""
        return f"{self.capability}@{LATEST if self.release is None else self.release}"


def parse_reference(text: str, capabilities: Collection[str], *, default: str | None = None) -> Reference:
    """Return what `text` names, given the known `capabilities`.

    A bare number belongs to the `default` capability, or to the only one there is.
    Raises `UnknownName`, with a suggestion, for a name that is not known; `UsageError` when it is not clear.
    """
    name, separator, release = text.strip().partition("@")
    if separator:
        return Reference(_capability(name, capabilities), _release(release, text))
    if name.isdecimal():
        return Reference(default or _only(capabilities, text), _release(name, text))
    return Reference(_capability(name, capabilities))


def resolve(reference: Reference, standing: Standing) -> ReleaseRecord:
    """Return the release that `reference` names, or raise `UnknownName` that says what there is."""
    if isinstance(reference.release, Stage) or reference.release is None:
        found = standing.latest(reference.release)
        if found is None:
            raise _nothing_there(reference, standing)
        return found
    return standing.release(reference.release)


def _capability(name: str, capabilities: Collection[str]) -> str:
    if name in capabilities:
        return name
    raise UnknownName(f"There is no capability '{name}'.", where="params.yaml", remedy=_suggest(name, capabilities))


def _release(text: str, whole: str) -> int | Stage | None:
    choices = [LATEST, *Stage]
    if text == LATEST:
        return None
    if text in choices:
        return Stage(text)
    if text.isascii() and text.isdecimal() and int(text) > 0:
        return int(text)
    raise UnknownName(
        f"'{text}' is no release: a release is a number from 1, a stage, or {LATEST}.",
        where=whole,
        remedy=_suggest(text, choices),
    )


def _only(capabilities: Collection[str], text: str) -> str:
    if len(capabilities) == 1:
        return next(iter(capabilities))
    raise UsageError(
        f"Release {text} of which capability?",
        where=text,
        remedy=f"Write one of: {', '.join(f'{name}@{text}' for name in sorted(capabilities))}."
        if capabilities
        else _FORMS,
    )


def _suggest(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.5) or [each for each in known if name and name in each]
    meant = f"Did you mean '{close[0]}'? " if close else ""
    return f"{meant}Known: {', '.join(sorted(known)) or 'none'}."


def _nothing_there(reference: Reference, standing: Standing) -> UnknownName:
    name = reference.capability
    if not standing.releases:
        return UnknownName(
            f"'{name}' has no release yet.", where=str(reference), remedy=f"Run `roadworthy release {name}`."
        )
    stages = ", ".join(f"{name}@{record.number} ({record.stage})" for record in standing.releases[-5:])
    return UnknownName(
        f"No release of '{name}' is in {reference.release}.",
        where=str(reference),
        remedy=f"There are: {stages}.",
    )
