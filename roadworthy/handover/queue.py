"""The queue of cases: conversations that wait for a person, who takes, answers or closes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from roadworthy.audit.facts import Escalated, Fact
from roadworthy.clock import utc_now
from roadworthy.errors import Busy, RuleBroken, UsageError
from roadworthy.handover.case_files import CaseFiles, Place, place_of
from roadworthy.handover.records import Answered, Case, CaseState, Closed, Opened, Taken, Turn
from roadworthy.handover.words import kept, printable
from roadworthy.store import AlreadyStored, Store
from roadworthy.tools.keyed_digest import KeyedDigest

LONGEST_REASON, LONGEST_ANSWER, LONGEST_TURN, MOST_TURNS = 2000, 4000, 8000, 100
Step = Literal["opened", "taken", "answered", "closed"]


def never(capability: str) -> bool:
    """Say that no content of a capability may be kept."""
    return False


@dataclass(frozen=True)
class Escalation:
    """The wish that a person looks at a conversation."""

    capability: str
    request: str
    """The id of the request that it is about."""
    tenant: str
    """The application's pseudonym."""
    user: str = ""
    """The authenticated user; kept as a keyed digest."""
    reason: str = ""
    transcript: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class CaseQueue:
    """Keeps cases in `store`; nothing is changed or removed, and of two people who take one, one wins.

    `note` hears each step, for the audit log: after the step, since the case itself is the truth about it. All methods
    raise `Unavailable` when the store can't be reached, and `IntegrityError` when something in it is damaged.
    """

    store: Store
    digests: KeyedDigest
    note: Callable[[Fact], object]
    keeps_content: Callable[[str], bool] = never
    """Says of a capability whether the policy lets transcripts be kept."""
    clock: Callable[[], datetime] = utc_now

    def escalate(self, wish: Escalation) -> Case:
        """Open a case and return it; return the one that is there when the request has one already.

        Raises `UsageError` for a request id or a capability that can't be one, and for what is too long.
        """
        place = place_of(f"{wish.capability}.{wish.request}")
        opened = self._opened(wish)
        try:
            self._files.create(place, "opened", opened)
        except AlreadyStored:
            return self._files.case(place)
        self._note(place, "opened", opened.user)
        return Case(opened)

    def case(self, case_id: str) -> Case:
        """Return a case as it stands. Raises `UnknownName` when there is none."""
        return self._files.case(place_of(case_id))

    def case_of(self, capability: str, request: str) -> Case:
        """Return the case of a request. Raises `UnknownName` when it has none."""
        return self.case(f"{capability}.{request}")

    def waiting(self, capability: str = "") -> tuple[Case, ...]:
        """Return the cases that wait for a person, of one capability or all, the oldest first."""
        return self._files.waiting(capability)

    def take(self, case_id: str, by: str) -> Case:
        """Give a case to the person `by`. Raises `Busy` when somebody has it, and `RuleBroken` when it has ended."""
        place = place_of(case_id)
        self._check_waits(self._files.case(place))
        try:
            self._files.create(place, "taken", Taken(by=by, at=self.clock()))
        except AlreadyStored:
            return self._taken_before(place, by)
        self._note(place, "taken", self._person(by))
        return self._files.case(place)

    def answer(self, case_id: str, text: str, by: str) -> Case:
        """Keep the person's answer, for the application to fetch; it is kept as it is written, but for controls.

        Raises `RuleBroken` when somebody else has the case or it has ended, `UsageError` for an answer that is empty or
        too long, and `AlreadyStored` (a `Busy`) when somebody was faster.
        """
        place = self._mine(case_id, by)
        said = printable(text).strip()
        _check_length("answer", said, LONGEST_ANSWER)
        if not said:
            raise UsageError("an answer says something", where="answer")
        self._files.create(place, "answered", Answered(by=by, text=said, at=self.clock()))
        self._note(place, "answered", self._person(by))
        return self._files.case(place)

    def close(self, case_id: str, reason: str, by: str) -> Case:
        """End a case without an answer here. Raises as `answer` does."""
        place = self._mine(case_id, by)
        _check_length("reason", reason, LONGEST_REASON)
        self._files.create(place, "closed", Closed(by=by, reason=kept(reason), at=self.clock()))
        self._note(place, "closed", self._person(by))
        return self._files.case(place)

    @property
    def _files(self) -> CaseFiles:
        return CaseFiles(self.store)

    def _opened(self, wish: Escalation) -> Opened:
        _check_length("reason", wish.reason, LONGEST_REASON)
        if len(wish.transcript) > MOST_TURNS:
            raise UsageError(f"a transcript has {MOST_TURNS} turns at most", where="transcript")
        for turn in wish.transcript:
            _check_length("transcript", turn.text, LONGEST_TURN)
        told = wish.transcript if self.keeps_content(wish.capability) else ()
        return Opened(
            capability=wish.capability,
            request=wish.request,
            tenant=wish.tenant,
            user=self.digests.of("user", printable(wish.user)),
            reason=kept(wish.reason),
            transcript=tuple(Turn(role=turn.role, text=kept(turn.text)) for turn in told),
            at=self.clock(),
        )

    def _taken_before(self, place: Place, by: str) -> Case:
        case = self._files.case(place)
        if case.taken is None or case.taken.by != by:
            taker = case.taken.by if case.taken else "somebody"
            raise Busy(f"{taker} has taken this case", remedy="take another; after 4 hours you may answer it as well")
        return case

    def _mine(self, case_id: str, by: str) -> Place:
        """Return the place of a case that the person may end."""
        place = place_of(case_id)
        case = self._files.case(place)
        self._check_waits(case)
        other = case.held_by_other(by, self.clock())
        if other:
            raise RuleBroken(
                f"{other} has taken this case", remedy="agree with them, or wait: it is theirs for 4 hours"
            )
        return place

    def _check_waits(self, case: Case) -> None:
        if not case.waits:
            word = "answered" if case.state is CaseState.ANSWERED else "closed"
            raise RuleBroken(f"this case is {word} already", remedy="see it: roadworthy queue show CASE")

    def _person(self, name: str) -> str:
        return self.digests.of("person", name)

    def _note(self, place: Place, step: Step, by: str) -> None:
        self.note(Escalated(capability=place.capability, request=place.request, step=step, by=by))


def _check_length(name: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise UsageError(f"the {name} is longer than {longest:,} characters", where=name)
