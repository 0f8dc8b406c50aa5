"""What holds for every history of releases: one live at most, and each rollback undoes one promotion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from roadworthy.errors import IntegrityError, RuleBroken, UnknownName
from roadworthy.release.entries import (
    Actor,
    Approved,
    Entry,
    EvidenceRecorded,
    Fact,
    Moved,
    Released,
    RequestRefused,
    RolledBack,
    SwitchedOff,
    SwitchedOn,
)
from roadworthy.release.ledger import Decide
from roadworthy.release.stages import (
    ALLOWED_MOVES,
    Stage,
    Standing,
    decide_move,
    decide_release,
    decide_rollback,
    roll_back_target,
    standing_of,
)

NAME = "flight-delay"
START = datetime(2026, 11, 20, tzinfo=UTC)


def digest(number: int) -> str:
    """A digest of its own for each number."""
    return f"{number:064x}"


def entries_of(*facts: Fact) -> tuple[Entry, ...]:
    """Entries with these facts, an hour apart."""
    return tuple(
        Entry(
            capability=NAME,
            sequence=number,
            previous=None,
            at=START + timedelta(hours=number),
            by=Actor(name="ann"),
            fact=fact,
        )
        for number, fact in enumerate(facts, start=1)
    )


def released(number: int, *, clean: bool = True) -> Released:
    """The fact that release `number` was made."""
    return Released(release=number, digest=digest(number), commit="c" * 40, clean_work_tree=clean)


def to_production(number: int) -> list[Fact]:
    """The facts by which a new release goes live."""
    return [
        released(number),
        Moved(release=number, stage=Stage.STAGING),
        Moved(release=number, stage=Stage.PRODUCTION),
    ]


class AnyHistory(RuleBasedStateMachine):
    """Release, move and roll back in any order, by the decisions alone; compare with a plain stack."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[Fact] = []
        self.live: list[int] = []
        self.made = 0

    def standing(self) -> Standing:
        """Where everything stands."""
        return standing_of(NAME, entries_of(*self.facts))

    def decided(self, decide: Decide) -> Fact | None:
        """Record what `decide` says."""
        fact = decide(entries_of(*self.facts))
        if fact is not None:
            self.facts.append(fact)
        return fact

    @rule(clean=st.booleans())
    def release(self, clean: bool) -> None:
        """A new digest gets the next number, the same digest no second one."""
        self.made += 1
        decide = decide_release(NAME, digest(self.made), "commit", clean_work_tree=clean)
        fact = self.decided(decide)
        assert isinstance(fact, Released)
        assert fact.release == self.made
        assert self.decided(decide) is None

    @precondition(lambda self: self.made)
    @rule(data=st.data(), stage=st.sampled_from(Stage))
    def move(self, data: st.DataObject, stage: Stage) -> None:
        """A move that the table has is made, once; every other one is refused with a remedy."""
        number = data.draw(st.integers(1, self.made))
        before = self.standing().release(number)
        allowed = stage in ALLOWED_MOVES[before.stage] and before.clean_work_tree
        if stage == before.stage:
            assert self.decided(decide_move(NAME, number, stage)) is None
        elif allowed:
            assert self.decided(decide_move(NAME, number, stage)) == Moved(release=number, stage=stage)
            if stage is Stage.PRODUCTION:
                self.live.append(number)
        else:
            with pytest.raises(RuleBroken) as caught:
                self.decided(decide_move(NAME, number, stage))
            assert caught.value.remedy

    @rule()
    def roll_back(self) -> None:
        """A rollback takes back one promotion; without one before, it is refused."""
        if len(self.live) < 2:
            with pytest.raises(RuleBroken):
                self.decided(decide_rollback(NAME, "bad numbers"))
            return
        withdrawn = self.live.pop()
        fact = self.decided(decide_rollback(NAME, "bad numbers"))
        assert fact == RolledBack(release=withdrawn, to=self.live[-1], reason="bad numbers")
        assert self.standing().release(withdrawn).stage is Stage.RETIRED

    @invariant()
    def one_release_at_most_is_live(self) -> None:
        """The live one is the top of the stack, and staging and canary hold one at most, too."""
        standing = self.standing()
        assert standing.production_history == tuple(self.live)
        assert [r.number for r in standing.releases] == list(range(1, self.made + 1))
        for stage in (Stage.STAGING, Stage.CANARY, Stage.PRODUCTION):
            assert sum(record.stage is stage for record in standing.releases) <= 1
        assert (standing.production.number if standing.production else None) == (self.live[-1] if self.live else None)

    @invariant()
    def uncommitted_code_never_leaves_the_bench(self) -> None:
        """A release from a dirty work tree is a candidate for ever."""
        dirty = [record for record in self.standing().releases if not record.clean_work_tree]
        assert all(record.stage is Stage.CANDIDATE for record in dirty)


AnyHistory.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAnyHistory = AnyHistory.TestCase


def test_two_rollbacks_go_back_twice() -> None:
    """After three promotions, the first rollback brings back the second release and the next one the first."""
    facts = to_production(1) + to_production(2) + to_production(3)
    for expected in (2, 1):
        fact = decide_rollback(NAME, "why")(entries_of(*facts))
        assert fact == RolledBack(release=expected + 1, to=expected, reason="why")
        facts.append(fact)
    with pytest.raises(RuleBroken, match="Release 1 is the first"):
        decide_rollback(NAME, "why")(entries_of(*facts))
    facts += to_production(4)
    assert roll_back_target(standing_of(NAME, entries_of(*facts))).number == 1


def test_two_hasty_people_go_back_once() -> None:
    """A rollback that lost the race against another one of the same release does nothing, even at the bottom."""
    for first in ([], to_production(1)):
        number = 2 if first else 1
        facts = [*first, *to_production(number), *to_production(number + 1)]
        hasty = decide_rollback(NAME, "mine")
        mine = hasty(entries_of(*facts))
        assert isinstance(mine, RolledBack)
        assert mine.release == number + 1
        theirs = RolledBack(release=number + 1, to=number, reason="theirs")
        assert hasty(entries_of(*facts, theirs)) is None
        assert decide_rollback(NAME, "late", withdraw=number + 1)(entries_of(*facts, theirs)) is None


def test_a_rollback_withdraws_approvals() -> None:
    """A release that was withdrawn keeps none of its approvals."""
    approved = Approved(release=2, stage=Stage.PRODUCTION, gesture="tag approval=approved")
    facts = [*to_production(1), *to_production(2), approved]
    assert standing_of(NAME, entries_of(*facts)).release(2).approved_for == {Stage.PRODUCTION}
    facts.append(RolledBack(release=2, to=1, reason="x"))
    assert standing_of(NAME, entries_of(*facts)).release(2).approved_for == frozenset()


def test_the_latest_evidence_of_a_name_counts() -> None:
    """New evidence takes the place of older evidence of its name and leaves the rest."""
    facts: list[Fact] = [released(1)]
    for name, verdict in (("gates", "fail"), ("work_tree", "pass"), ("gates", "pass")):
        facts.append(EvidenceRecorded.model_validate({"release": 1, "name": name, "verdict": verdict, "summary": "s"}))
    record = standing_of(NAME, entries_of(*facts)).release(1)
    assert {name: (found.sequence, found.verdict) for name, found in record.evidence.items()} == {
        "gates": (4, "pass"),
        "work_tree": (3, "pass"),
    }


def test_a_newer_release_in_staging_sends_the_older_back_to_the_bench() -> None:
    """Staging holds one release; the one before is a candidate again and may come back."""
    facts: list[Fact] = [released(1), released(2)]
    facts += [Moved(release=1, stage=Stage.STAGING), Moved(release=2, stage=Stage.STAGING)]
    standing = standing_of(NAME, entries_of(*facts))
    assert standing.staging == standing.release(2)
    assert standing.release(1).stage is Stage.CANDIDATE
    assert decide_move(NAME, 1, Stage.STAGING)(entries_of(*facts)) == Moved(release=1, stage=Stage.STAGING)


def test_switches_and_refused_requests_move_nothing() -> None:
    """A kill switch is remembered until it is switched on; a refused request changes nothing."""
    refused = RequestRefused(release=1, stage=Stage.PRODUCTION, gesture="alias", reason="no evidence")
    facts: list[Fact] = [released(1), refused, SwitchedOff(target="flight-delay", reason="x")]
    standing = standing_of(NAME, entries_of(*facts))
    assert standing.switched_off == {"flight-delay"}
    assert standing.release(1).stage is Stage.CANDIDATE
    facts.append(SwitchedOn(target="flight-delay", reason="y"))
    assert standing_of(NAME, entries_of(*facts)).switched_off == frozenset()


def test_an_unknown_number_is_answered_with_the_known_ones() -> None:
    """The error says which releases there are."""
    standing = standing_of(NAME, entries_of(released(1), released(2)))
    for number in (0, 3, -1):
        with pytest.raises(UnknownName, match="1 to 2"):
            standing.release(number)
    with pytest.raises(UnknownName, match="none yet"):
        standing_of(NAME, ()).release(1)


@pytest.mark.parametrize(
    "fact",
    [
        released(3),
        Released(release=2, digest=digest(1), commit="c", clean_work_tree=True),
        Moved(release=2, stage=Stage.STAGING),
        Moved(release=1, stage=Stage.PRODUCTION),
        RolledBack(release=1, to=1, reason="x"),
        EvidenceRecorded(release=7, name="gates", verdict="pass", summary=""),
    ],
)
def test_an_entry_that_contradicts_the_others_is_named(fact: Fact) -> None:
    """A ledger that something else wrote to is not believed."""
    with pytest.raises(IntegrityError, match=r"flight-delay/00000002\.json"):
        standing_of(NAME, entries_of(released(1), fact))
