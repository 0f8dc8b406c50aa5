"""The rule of approval: every reason against a move, and none for a release that has what it needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import UnknownName
from roadworthy.release.approval import ENVIRONMENT, GATES, Wish, evidence_for, path_to, rule_on
from roadworthy.release.entries import Actor, Stage
from roadworthy.release.standing import ALLOWED_MOVES, Evidence, ReleaseRecord, Standing

PASSED = Evidence(2, "pass", "pass: all 2 gates", None, {})
DRIFTED = Evidence(3, "fail", "numpy is 1, locked is 2", None, {})
GOOD = ReleaseRecord(
    number=1,
    digest="a" * 64,
    commit="c" * 40,
    clean_work_tree=True,
    stage=Stage.CANDIDATE,
    released_at=datetime(2026, 11, 20, tzinfo=UTC),
    evidence={GATES: PASSED},
)
KNOWN, UNKNOWN = Actor(name="lead", authenticated=True), Actor(name="somebody")


def reasons(record: ReleaseRecord, stage: Stage = Stage.PRODUCTION, by: Actor = UNKNOWN, **more: Any) -> list[str]:
    """Return why the rule refuses."""
    wish = Wish(1, stage, "tag", by, more.pop("unclear", None))
    return list(rule_on(Standing("flight-delay", (record,)), wish, more.pop("require_identity", False)).reasons)


@pytest.mark.parametrize("stage", [Stage.STAGING, Stage.PRODUCTION])
def test_a_candidate_that_passed_its_gates_may_move(stage: Stage) -> None:
    """Committed code and passed gates suffice; what production needs besides is proved in staging."""
    assert reasons(GOOD, stage) == []
    assert reasons(replace(GOOD, stage=Stage.STAGING)) == []


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (replace(GOOD, clean_work_tree=False), "commit them and release again"),
        (
            replace(GOOD, evidence={GATES: PASSED, ENVIRONMENT: DRIFTED}),
            "numpy is 1, locked is 2; install requirements",
        ),
        (replace(GOOD, evidence={}), "nobody has judged its gates; run the release again"),
        (replace(GOOD, evidence={GATES: replace(PASSED, verdict="fail", summary="auc")}), "say fail: auc; release a"),
        (replace(GOOD, evidence={GATES: replace(PASSED, verdict="inconclusive")}), "evaluate on more rows"),
        (replace(GOOD, stage=Stage.RETIRED), "it is at retired and can't move to production; release again instead"),
        (replace(GOOD, stage=Stage.PRODUCTION), "`roadworthy rollback` withdraws it"),
    ],
)
def test_each_rule_has_its_reason_with_a_remedy(record: ReleaseRecord, reason: str) -> None:
    """The person reads what is wrong and what to do."""
    (found,) = reasons(record, Stage.PRODUCTION)
    assert reason in found


def test_a_canary_is_a_stop_on_the_way_that_only_those_make_who_ask_for_it() -> None:
    """Candidates go straight to production, or by staging to canary; a canary goes on to production and not back."""
    candidate, canary = replace(GOOD, stage=Stage.CANDIDATE), replace(GOOD, stage=Stage.CANARY)
    assert path_to(candidate, Stage.PRODUCTION) == (Stage.STAGING, Stage.PRODUCTION)
    assert path_to(candidate, Stage.CANARY) == (Stage.STAGING, Stage.CANARY)
    assert path_to(canary, Stage.PRODUCTION) == (Stage.PRODUCTION,)
    assert path_to(canary, Stage.STAGING) == ()
    assert reasons(canary, Stage.PRODUCTION) == []


def test_identity_is_asked_for_where_the_rule_says_so() -> None:
    """`approval.require_identity` refuses whoever MLflow did not authenticate, and nobody else."""
    assert reasons(GOOD, by=KNOWN, require_identity=True) == []
    assert reasons(GOOD, by=UNKNOWN) == []
    (found,) = reasons(GOOD, by=UNKNOWN, require_identity=True)
    assert "`roadworthy promote RELEASE --approve`" in found


def test_an_unclear_wish_is_answered_by_what_is_unclear_alone() -> None:
    """What was not understood is not judged by other rules."""
    bad = replace(GOOD, clean_work_tree=False, evidence={})
    assert reasons(bad, unclear="the tag says 'yes'", require_identity=True) == ["the tag says 'yes'"]


@given(
    clean=st.booleans(),
    verdict=st.sampled_from(["pass", "fail", "inconclusive", None]),
    stage=st.sampled_from(Stage),
    to=st.sampled_from(Stage),
    known=st.booleans(),
    required=st.booleans(),
)
def test_a_move_is_allowed_only_when_everything_holds(
    clean: bool, verdict: Any, stage: Stage, to: Stage, known: bool, required: bool
) -> None:
    """No combination lets a release through that breaks one rule, and each broken rule is named."""
    evidence = {GATES: replace(PASSED, verdict=verdict)} if verdict else {}
    record = replace(GOOD, clean_work_tree=clean, evidence=evidence, stage=stage)
    broken = [not clean, verdict != "pass", required and not known, not path_to(record, to)]
    assert len(reasons(record, to, KNOWN if known else UNKNOWN, require_identity=required)) == sum(broken)


@given(stage=st.sampled_from(Stage), to=st.sampled_from(Stage))
def test_a_path_consists_of_allowed_moves_and_ends_where_it_should(stage: Stage, to: Stage) -> None:
    """Each step of the way is one that the ledger takes; nobody goes backwards or out of retirement."""
    path = path_to(replace(GOOD, stage=stage), to)
    for before, after in zip((stage, *path), path, strict=False):
        assert after in ALLOWED_MOVES[before]
    assert path == () or path[-1] == to
    assert (path_to(GOOD, Stage.PRODUCTION)) == (Stage.STAGING, Stage.PRODUCTION)


def test_an_approval_rests_on_all_evidence_in_order() -> None:
    """The numbers lead back to the ledger's entries."""
    record = replace(GOOD, evidence={GATES: replace(PASSED, sequence=9), "registry": replace(PASSED, sequence=4)})
    assert evidence_for(record) == (4, 9)


def test_a_wish_for_a_release_that_does_not_exist_is_an_error() -> None:
    """It names the releases that there are."""
    with pytest.raises(UnknownName, match="no release 2"):
        rule_on(Standing("flight-delay", (GOOD,)), Wish(2, Stage.STAGING, "tag", KNOWN), False)
