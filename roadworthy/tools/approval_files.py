"""Where requests, answers and uses lie in the store: `approvals/<subject>/<round>-<step>.json`, written once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from roadworthy.canonical import canonical_json
from roadworthy.errors import IntegrityError, UnknownName
from roadworthy.store import NotStored, Store
from roadworthy.tools.approval_records import ApprovalRequest, Decision, Kept

Step = Literal["request", "approval", "used"]
"""A refusal lies under `approval` as well: there is one place for what a person said."""
FOLDER = "approvals/"
_SUBJECT = re.compile("[0-9a-f]{64}")
_NUMBER = re.compile("[0-9]{1,6}")


@dataclass(frozen=True)
class Round:
    """One request for a call, by the digest of tool, caller and arguments, and how often it was asked for before."""

    subject: str
    number: int
    """Counts from 1; 0 stands for never."""

    @property
    def id(self) -> str:
        """What people call the request."""
        return f"{self.subject}-{self.number}"

    @property
    def next(self) -> Round:
        """The round after this."""
        return Round(self.subject, self.number + 1)

    def key(self, step: Step) -> str:
        """Return where a step of it lies."""
        return f"{FOLDER}{self.subject}/{self.number:06d}-{step}.json"


@dataclass(frozen=True)
class ApprovalFiles:
    """The records in `store`. Raises `Unavailable`, and `IntegrityError` for a record that is damaged."""

    store: Store

    def create(self, one: Round, step: Step, value: Kept) -> None:
        """Keep a record, or raise `AlreadyStored`."""
        self.store.create(one.key(step), canonical_json(value.model_dump(mode="json")))

    def request(self, one: Round) -> ApprovalRequest:
        """Return the request of a round."""
        return self._asked(one.key("request"))

    def decision(self, one: Round) -> Decision | None:
        """Return what a person said in a round; None when nobody said anything yet."""
        try:
            content = self.store.read(one.key("approval"))
        except NotStored:
            return None
        try:
            return _decisions().validate_json(content)
        except ValidationError:
            raise self._damaged(one.key("approval")) from None

    def used(self, one: Round) -> bool:
        """Tell whether the approval of a round was used up."""
        return self.store.contains(one.key("used"))

    def latest(self, subject: str) -> Round:
        """Return the latest round of a call."""
        numbers = [0]
        for key in self.store.keys(f"{FOLDER}{subject}/"):
            number = key.rpartition("/")[2].partition("-")[0]
            if not _NUMBER.fullmatch(number):
                raise self._damaged(key)
            numbers.append(int(number))
        return Round(subject, max(numbers))

    def unanswered(self) -> tuple[ApprovalRequest, ...]:
        """Return the requests to which nobody said anything, in no order."""
        keys = set(self.store.keys(FOLDER))
        asked = sorted(key for key in keys if key.endswith("-request.json"))
        waiting = [key for key in asked if key.replace("-request.", "-approval.") not in keys]
        return tuple(self._asked(key) for key in waiting)

    def parsed(self, request_id: str) -> Round:
        """Return the round with this id. Raises `UnknownName` when there is none."""
        subject, _, number = request_id.rpartition("-")
        if _SUBJECT.fullmatch(subject) and _NUMBER.fullmatch(number):
            one = Round(subject, int(number))
            if self.store.contains(one.key("request")):
                return one
        raise UnknownName(
            "There is no such request for approval.",
            where=self.store.address,
            remedy="Take an id from the open requests: roadworthy queue",
        )

    def _asked(self, key: str) -> ApprovalRequest:
        try:
            return ApprovalRequest.model_validate_json(self.store.read(key))
        except ValidationError:
            raise self._damaged(key) from None

    def _damaged(self, key: str) -> IntegrityError:
        return IntegrityError(
            "A record of an approval is damaged, or is none.",
            where=f"{self.store.address}: {key}",
            remedy="Restore it from a copy of the store, and find out who can write to it.",
        )


@lru_cache(maxsize=1)
def _decisions() -> TypeAdapter[Decision]:
    return TypeAdapter(Decision)
