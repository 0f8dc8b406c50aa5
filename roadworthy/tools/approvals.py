"""Requests for approval and what people said to them: each bound to one exact call, for a while, and for one use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar

from pydantic import ValidationError

from roadworthy.canonical import canonical_json
from roadworthy.errors import IntegrityError, RuleBroken, UnknownName
from roadworthy.store import AlreadyStored, NotStored, Store
from roadworthy.tools.approval_records import Approval, ApprovalRequest, Kept, Use
from roadworthy.tools.interface import Caller
from roadworthy.tools.keyed_digest import KeyedDigest

Step = Literal["request", "approval", "used"]
_SUBJECT = re.compile("[0-9a-f]{64}")
_NUMBER = re.compile("[0-9]{1,6}")


def utc_now() -> datetime:
    """Return what the clock says."""
    return datetime.now(UTC)


_Record = TypeVar("_Record", bound=Kept)


@dataclass(frozen=True)
class Approvals:
    """Keeps requests, approvals and uses in `store`; nothing is changed or removed, and of two uses one wins.

    A call's subject is the digest of tool, caller and arguments. When a round of it has ended (used or expired),
    the same call starts the next: `approvals/<subject>/<round>-<step>.json`. All methods raise `Unavailable` when
    the store can't be reached, and `IntegrityError` when something in it is damaged.
    """

    store: Store
    digests: KeyedDigest
    clock: Callable[[], datetime] = utc_now
    request_lasts: timedelta = timedelta(days=1)
    approval_lasts: timedelta = timedelta(minutes=15)

    def request(self, tool: str, arguments_digest: str, caller: Caller) -> ApprovalRequest:
        """Return the open request for exactly this call; make it if there is none."""
        subject = self._subject(tool, arguments_digest, caller)
        number = self._round(subject)
        if number and not self._ended(subject, number):
            return self._request(subject, number)
        now = self.clock()
        wanted = ApprovalRequest(
            id=f"{subject}-{number + 1}",
            tool=tool,
            arguments_digest=arguments_digest,
            user_digest=self._user(caller.user),
            requested_at=now,
            expires_at=now + self.request_lasts,
        )
        try:
            self._create(subject, number + 1, "request", wanted)
        except AlreadyStored:
            return self._request(subject, number + 1)
        return wanted

    def approve(self, request_id: str, by: str) -> Approval:
        """Record that the person `by`, whom the application has authenticated, says yes to a request.

        Raises `UnknownName` for a request that is not there, `RuleBroken` for one that has expired and for a
        person who approves his own, and `AlreadyStored` (a `Busy`) for one that is approved already.
        """
        subject, number = self._parsed(request_id)
        request = self._request(subject, number)
        if not _same(by) or self._user(by) == request.user_digest:
            raise _broken("Nobody approves a call of his own.", request_id, "Ask somebody else to look at it.")
        now = self.clock()
        if now >= request.expires_at:
            raise _broken("The request has expired.", request_id, "Ask for the call again.")
        approval = Approval(by=by, approved_at=now, expires_at=now + self.approval_lasts)
        self._create(subject, number, "approval", approval)
        return approval

    def usable(self, tool: str, arguments_digest: str, caller: Caller) -> bool:
        """Tell whether exactly this call is approved, and the approval neither used nor expired."""
        subject = self._subject(tool, arguments_digest, caller)
        return self._approved(subject, self._round(subject))

    def use(self, tool: str, arguments_digest: str, caller: Caller) -> str | None:
        """Use up the approval of exactly this call and return its id; None when there is none to use."""
        subject = self._subject(tool, arguments_digest, caller)
        number = self._round(subject)
        if not self._approved(subject, number):
            return None
        try:
            self._create(subject, number, "used", Use(used_at=self.clock()))
        except AlreadyStored:
            return None
        return f"{subject}-{number}"

    def open_requests(self) -> tuple[ApprovalRequest, ...]:
        """Return what waits for a person, the oldest first."""
        keys = set(self.store.keys("approvals/"))
        asked = [key for key in keys if key.endswith("-request.json")]
        waiting = [key for key in asked if key.replace("-request.", "-approval.") not in keys]
        found = [self._read(key, ApprovalRequest) for key in waiting]
        now = self.clock()
        return tuple(sorted((one for one in found if now < one.expires_at), key=lambda one: (one.requested_at, one.id)))

    def _approved(self, subject: str, number: int) -> bool:
        if not number or not self.store.contains(_key(subject, number, "approval")):
            return False
        return not self._ended(subject, number)

    def _ended(self, subject: str, number: int) -> bool:
        """Tell whether a round was used or has expired."""
        if self.store.contains(_key(subject, number, "used")):
            return True
        try:
            expires = self._read(_key(subject, number, "approval"), Approval).expires_at
        except NotStored:
            expires = self._request(subject, number).expires_at
        return self.clock() >= expires

    def _round(self, subject: str) -> int:
        """Return the number of the latest round; 0 when there is none."""
        numbers = [0]
        for key in self.store.keys(f"approvals/{subject}/"):
            number = key.rpartition("/")[2].partition("-")[0]
            if not _NUMBER.fullmatch(number):
                raise self._damaged(key)
            numbers.append(int(number))
        return max(numbers)

    def _request(self, subject: str, number: int) -> ApprovalRequest:
        return self._read(_key(subject, number, "request"), ApprovalRequest)

    def _subject(self, tool: str, arguments_digest: str, caller: Caller) -> str:
        who = [caller.capability, caller.user, caller.conversation]
        return self.digests.of("approval", [tool, arguments_digest, who])

    def _user(self, name: str) -> str:
        return self.digests.of("user", _same(name))

    def _create(self, subject: str, number: int, step: Step, value: Kept) -> None:
        self.store.create(_key(subject, number, step), canonical_json(value.model_dump(mode="json")))

    def _read(self, key: str, kind: type[_Record]) -> _Record:
        try:
            return kind.model_validate_json(self.store.read(key))
        except ValidationError:
            raise self._damaged(key) from None

    def _damaged(self, key: str) -> IntegrityError:
        return IntegrityError(
            "A record of an approval is damaged, or is none.",
            where=f"{self.store.address}: {key}",
            remedy="Restore it from a copy of the store, and find out who can write to it.",
        )

    def _parsed(self, request_id: str) -> tuple[str, int]:
        subject, _, number = request_id.rpartition("-")
        known = _SUBJECT.fullmatch(subject) and _NUMBER.fullmatch(number)
        if not (known and self.store.contains(_key(subject, int(number), "request"))):
            raise UnknownName(
                "There is no such request for approval.",
                where=self.store.address,
                remedy="Take an id from the open requests.",
            )
        return subject, int(number)


def _key(subject: str, number: int, step: Step) -> str:
    return f"approvals/{subject}/{number:06d}-{step}.json"


def _same(name: str) -> str:
    """Return a name so that its other spellings are no other person."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _broken(problem: str, request_id: str, remedy: str) -> RuleBroken:
    return RuleBroken(problem, where=f"the request {request_id[:12]}…", remedy=remedy)
