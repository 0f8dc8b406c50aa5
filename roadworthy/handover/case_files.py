"""Where cases lie in the store: `handover/CAPABILITY/REQUEST/{opened,taken,answered,closed}.json`, written once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import ValidationError

from roadworthy.canonical import canonical_json
from roadworthy.chain.link import Kept
from roadworthy.errors import IntegrityError, UnknownName
from roadworthy.handover.records import Answered, Case, Closed, Opened, Taken
from roadworthy.store import NotStored, Store

Step = Literal["opened", "taken", "answered", "closed"]
FOLDER = "handover/"
_ID = re.compile(r"([a-z][a-z0-9-]{0,62})\.([A-Za-z0-9][A-Za-z0-9_-]{7,47})")
_READERS = 8
_Record = TypeVar("_Record", bound=Kept)


@dataclass(frozen=True)
class Place:
    """Where one case lies."""

    capability: str
    request: str

    def key(self, step: Step) -> str:
        """Return where a step of it lies."""
        return f"{FOLDER}{self.capability}/{self.request}/{step}.json"


def place_of(case_id: str) -> Place:
    """Return where the case with this id would lie. Raises `UnknownName` for what can't be the id of one."""
    found = _ID.fullmatch(case_id)
    if not found:
        raise no_case()
    return Place(found[1], found[2])


def no_case() -> UnknownName:
    """Return the error for a case that is not there; names nothing that was asked."""
    return UnknownName("there is no such case", remedy="list those that wait: roadworthy queue")


@dataclass(frozen=True)
class CaseFiles:
    """The records in `store`. Raises `Unavailable`, and `IntegrityError` for a record that is damaged."""

    store: Store

    def create(self, place: Place, step: Step, value: Kept) -> None:
        """Keep a record, or raise `AlreadyStored`."""
        self.store.create(place.key(step), canonical_json(value.model_dump(mode="json")))

    def case(self, place: Place) -> Case:
        """Return a case as it stands. Raises `UnknownName` when there is none."""
        opened = self._read(place.key("opened"), Opened)
        if opened is None:
            raise no_case()
        return Case(
            opened,
            self._read(place.key("taken"), Taken),
            self._read(place.key("answered"), Answered),
            self._read(place.key("closed"), Closed),
        )

    def waiting(self, capability: str = "") -> tuple[Case, ...]:
        """Return the cases that were neither answered nor closed, of one capability or all, the oldest first."""
        keys = set(self.store.keys(f"{FOLDER}{capability}/" if capability else FOLDER))
        places = list(_unfinished(keys))
        with ThreadPoolExecutor(_READERS) as readers:
            cases = [case for case in readers.map(self.case, places) if case.waits]
        return tuple(sorted(cases, key=lambda case: (case.opened.at, case.id)))

    def _read(self, key: str, kind: type[_Record]) -> _Record | None:
        try:
            return kind.model_validate_json(self.store.read(key))
        except NotStored:
            return None
        except ValidationError:
            raise IntegrityError(
                "A record of a case is damaged, or is none.",
                where=f"{self.store.address}: {key}",
                remedy="Restore it from a copy of the store, and find out who can write to it.",
            ) from None


def _unfinished(keys: set[str]) -> Iterable[Place]:
    for key in sorted(keys):
        _, capability, request, step = key.split("/") if key.count("/") == 3 else ("", "", "", "")
        place = Place(capability, request)
        if step == "opened.json" and not {place.key("answered"), place.key("closed")} & keys:
            yield place
