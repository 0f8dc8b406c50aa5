"""Promotion: a request is granted on evidence or refused with the reason, whatever happens in between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.killing import killed_ever_later
from fakes.small_bundle import make_small_bundle
from fakes.small_registry import BETTER, CAPABILITY, DIRTY, GOOD, SmallRegistry, publish_release

from flows.promote_release import read
from roadworthy.errors import Busy
from roadworthy.release.approval import Wish
from roadworthy.release.bundle import blob_key, fetch_manifest
from roadworthy.release.entries import (
    Actor,
    Approved,
    Entry,
    EvidenceRecorded,
    Fact,
    Moved,
    RequestRefused,
    Stage,
)
from roadworthy.release.stages import decide_rollback
from tasks.promotion import UNKNOWN, fulfil
from tasks.registry.mirror import mirror_release
from tasks.registry.requests import REFUSED

LEAD = Actor(name="lead", authenticated=True)


def test_an_approved_release_goes_through_staging_and_proofs_to_production(small: SmallRegistry) -> None:
    """The ledger says who asked how, on which evidence, each move and each proof; MLflow shows it."""
    count = len(small.ledger.entries())
    gates = small.standing.release(GOOD).evidence["gates"].sequence
    small.ask(GOOD, " Approved ")
    (outcome,) = small.promote()
    assert (outcome.release, outcome.wanted, outcome.reasons) == (GOOD, Stage.PRODUCTION, ())
    entries = small.entries_since(count)
    assert [_brief(entry) for entry in entries] == [
        Approved(release=GOOD, stage=Stage.PRODUCTION, gesture="tag approval= Approved ", evidence=(gates,)),
        Moved(release=GOOD, stage=Stage.STAGING),
        "documentation: pass",
        "staging_test: pass",
        "serving_controls: pass",
        "rollback_plan: pass",
        "registry_model: pass",
        Moved(release=GOOD, stage=Stage.PRODUCTION),
    ]
    assert entries[0].by == entries[-1].by == UNKNOWN
    assert not UNKNOWN.authenticated
    assert small.aliases == {"candidate": "3", "production": "1"}
    assert "approval" not in small.version(GOOD).tags
    assert small.version(GOOD).tags["staging_test"].startswith("pass: fetched, verified and loaded")


def test_the_next_release_retires_the_one_before(small: SmallRegistry) -> None:
    """One release is live; the way back to the one before was tried."""
    for number in (GOOD, BETTER):
        small.ask(number)
        small.promote()
    assert [record.stage for record in small.standing.releases[:2]] == [Stage.RETIRED, Stage.PRODUCTION]
    assert small.standing.release(BETTER).evidence["rollback_plan"].summary.startswith("release 1, the way back:")
    assert small.aliases["production"] == "2"


def test_a_release_asked_into_staging_stays_there(small: SmallRegistry) -> None:
    """Staging needs the gates and no proofs, and approves nothing beyond."""
    small.set_alias("staging", BETTER)
    small.promote()
    record = small.standing.release(BETTER)
    assert record.stage is Stage.STAGING
    assert record.approved_for == {Stage.STAGING}
    assert set(record.evidence) == {"gates"}
    assert small.aliases == {"candidate": "3", "staging": "2"}
    small.ask(BETTER)
    small.promote()
    assert small.aliases == {"candidate": "3", "production": "2"}


def test_production_that_changed_is_compared_with_again(small: SmallRegistry) -> None:
    """A release that was judged when nothing was live is judged against what is live when it is approved."""
    small.ask(GOOD)
    small.promote()
    before = small.standing.release(BETTER).evidence["gates"]
    assert before.facts == {"production": None}
    small.ask(BETTER)
    small.promote()
    after = small.standing.release(BETTER).evidence["gates"]
    assert after.facts == {"production": small.standing.release(GOOD).digest}
    (approval,) = [fact for fact in small.facts(Approved) if fact.release == BETTER]
    assert after.sequence in approval.evidence
    assert before.sequence not in approval.evidence


def test_a_release_that_nobody_judged_is_judged(small: SmallRegistry, tmp_path: Path) -> None:
    """A release whose process was killed before the comparison can be approved all the same."""
    number = publish_release(small, make_small_bundle(tmp_path / "build", train={"arguments": {"max_iter": 9}}))
    mirror_release(small.registry, small.ledger, number)
    assert small.standing.release(number).evidence == {}
    small.ask(number)
    (outcome,) = small.promote()
    assert outcome.reasons == ()
    assert small.standing.release(number).evidence["gates"].verdict == "pass"
    assert small.standing.production == small.standing.release(number)


@pytest.mark.parametrize(
    ("gesture", "number", "reason"),
    [
        ("tag", DIRTY, "it was made from uncommitted changes and stays a candidate"),
        ("tag", "fail", "its gates say fail: auc .500"),
        ("alias production", "fail", "its gates say fail: auc .500"),
        ("stage Staging", "fail", "its gates say fail: auc .500"),
        ("tag", "inconclusive", "its gates are inconclusive, which holds it: auc .500"),
        ("tag=yes", GOOD, "the tag approval says 'yes'; to approve, set it to: approved"),
        ("tag", "retired", "it is at retired and can't move to production; release again instead"),
        ("stage Staging", "live", "it is at production and can't move to staging; `roadworthy rollback` withdraws it"),
        ("identity", GOOD, "nobody knows who asks"),
    ],
)
def test_what_breaks_a_rule_is_taken_back_with_the_reason(
    small: SmallRegistry, gesture: str, number: int | str, reason: str
) -> None:
    """The person finds the reason in the tag and on top of the description; asked once, it is refused once."""
    release, rule = _arrange(small, number), {"require_identity": gesture == "identity"}
    before, count = (small.aliases, small.stages), len(small.ledger.entries())
    _gesture(small, gesture, release)
    (outcome,) = small.promote(**rule)
    assert reason in "; ".join(outcome.reasons)
    version = small.version(release)
    assert version.tags[REFUSED] == "; ".join(outcome.reasons)
    assert version.description.splitlines()[0] == f"**Refused:** {'; '.join(outcome.reasons)}"
    assert "approval" not in version.tags
    assert (small.aliases, small.stages) == before
    (refused,) = small.facts(RequestRefused, since=count)
    assert (refused.release, refused.reason) == (release, version.tags[REFUSED])
    assert small.facts(Moved, since=count) == small.facts(Approved, since=count) == []
    count = len(small.ledger.entries())
    assert small.promote(**rule) == ()
    assert small.entries_since(count) == []


def test_every_reason_is_named(small: SmallRegistry) -> None:
    """Who has to mend three things learns of all three at once."""
    small.judge(DIRTY, "fail")
    small.ask(DIRTY)
    (outcome,) = small.promote(require_identity=True)
    assert len(outcome.reasons) == 3


def test_a_release_that_is_good_at_last_loses_its_refusal(small: SmallRegistry) -> None:
    """What an earlier refusal left in MLflow goes when the request is granted."""
    plain = small.version(GOOD).description
    small.judge(GOOD, "fail")
    small.ask(GOOD)
    small.promote()
    assert small.version(GOOD).description != plain
    small.judge(GOOD, "pass")
    small.ask(GOOD)
    small.promote()
    assert small.version(GOOD).description == plain
    assert REFUSED not in small.version(GOOD).tags
    assert small.aliases["production"] == "1"


def test_asking_for_where_a_release_stands_changes_nothing(small: SmallRegistry) -> None:
    """A tag on the live release is taken away and nothing is recorded: its request was granted already."""
    small.ask(GOOD)
    small.promote()
    count = len(small.ledger.entries())
    small.ask(GOOD)
    (outcome,) = small.promote()
    assert outcome.reasons == ()
    assert small.entries_since(count) == []
    assert "approval" not in small.version(GOOD).tags


@pytest.mark.parametrize("verdict", ["pass", "fail"])
def test_a_promotion_killed_at_every_write_ends_as_an_undisturbed_one(small: SmallRegistry, verdict: str) -> None:
    """Killed in ledger and MLflow at each write in turn and started again: the same entries, once each."""
    small.judge(GOOD, verdict)
    count = len(small.ledger.entries())
    small.ask(GOOD)
    # Each attempt gets one write further; what the one before has written it does not write again.
    deaths = killed_ever_later(small, lambda watched: watched.promote())
    facts = [_kind(entry) for entry in small.entries_since(count)]
    if verdict == "pass":
        assert deaths > 5
        assert facts == ["approved", "moved", *5 * ["evidence_recorded"], "moved"]
        assert small.aliases == {"candidate": "3", "production": "1"}
    else:
        assert deaths > 1
        assert facts == ["request_refused"]
        assert small.version(GOOD).description.startswith("**Refused:** its gates say fail")
    assert "approval" not in small.version(GOOD).tags
    assert small.promote() == ()


@pytest.mark.parametrize("kind", ["another release's", "none at all"])
def test_another_model_in_mlflow_is_refused(unmirrored: SmallRegistry, kind: str) -> None:
    """What applications would get from MLflow has to be what was released."""
    for number in (GOOD, BETTER):
        mirror_release(unmirrored.registry, unmirrored.ledger, number)
    mine, others = (_model_in_mlflow(unmirrored, number) for number in (GOOD, BETTER))
    mine.write_bytes(others.read_bytes() if kind == "another release's" else b"nothing")
    unmirrored.ask(GOOD)
    (outcome,) = unmirrored.promote()
    assert outcome.reasons[0].startswith("MLflow gives out the released model: ")
    assert unmirrored.standing.release(GOOD).evidence["registry_model"].verdict == "fail"
    assert unmirrored.standing.production is None


def _model_in_mlflow(small: SmallRegistry, number: int) -> Path:
    model = small.version(number).source.removeprefix("models:/")
    files = (small.settings.home_path / "mlflow" / "artifacts").rglob("model.skops")
    (file,) = (file for file in files if model in file.parts)
    return file


def test_a_tampered_file_in_the_store_is_refused_by_name(small: SmallRegistry) -> None:
    """Staging tries the release as serving would; it stays there, and the lead learns which file it is."""
    blob = _tamper(small, GOOD, "model/model.skops")
    small.ask(GOOD)
    (outcome,) = small.promote()
    assert "works where it was not made: The file 'model/model.skops' is not what was released" in outcome.reasons[0]
    record = small.standing.release(GOOD)
    assert record.stage is Stage.STAGING
    assert record.evidence["staging_test"].verdict == "fail"
    assert "model/model.skops" in small.version(GOOD).description.splitlines()[0]
    assert small.standing.production is None
    blob.write_bytes(blob.read_bytes()[:-1])
    small.ask(GOOD)
    assert [outcome.reasons for outcome in small.promote()] == [()]
    assert len(small.facts(Approved)) == 1


def test_a_broken_way_back_is_refused(small: SmallRegistry) -> None:
    """Production needs a release to which a rollback could lead."""
    small.ask(GOOD)
    small.promote()
    small.judge(BETTER, "pass")
    _tamper(small, GOOD, "schema.json")
    small.ask(BETTER)
    (outcome,) = small.promote()
    assert "the way back was tried: release 1, the way back: " in "; ".join(outcome.reasons)
    assert small.aliases["production"] == "1"


def test_a_release_that_can_not_be_judged_any_more_is_refused_and_holds_up_nobody(small: SmallRegistry) -> None:
    """Where the rows to compare on are gone, the request is answered, and so are the others."""
    small.ask(GOOD)
    small.promote()
    rows = json.loads(_stored(small, BETTER, "evaluation/rows.json").read_bytes())["sha256"]
    Path(small.ledger.store.address, blob_key(rows)).unlink()
    small.ask(BETTER)
    small.ask(GOOD)
    live, refused = small.promote()
    assert (live.release, live.reasons) == (GOOD, ())
    assert refused.release == BETTER
    assert refused.reasons[0].startswith("it can't be judged: ")


def test_a_release_that_is_named_is_the_only_one_looked_at(small: SmallRegistry) -> None:
    """`roadworthy promote flight-delay@2` leaves a request for another release to wait."""
    small.ask(GOOD)
    small.ask(BETTER)
    assert [wish.release for wish in read.fn(small.promotion(), BETTER)] == [BETTER]
    assert {wish.release for wish in read.fn(small.promotion(), None)} == {GOOD, BETTER}


def test_a_withdrawn_release_is_never_promoted_again(small: SmallRegistry) -> None:
    """Neither by a mirror that is behind, nor by the tag that a killed promotion left."""
    for number in (GOOD, BETTER):
        small.ask(number)
        small.promote()
    small.ledger.record(decide_rollback(CAPABILITY, "too slow"), by=LEAD)
    small.ask(BETTER)
    (outcome,) = small.promote()
    assert "it is at retired" in outcome.reasons[0]
    assert small.aliases["production"] == "1"


def test_an_authenticated_person_approves_where_identity_is_required(small: SmallRegistry) -> None:
    """`roadworthy promote --approve` brings a name that MLflow has checked; the ledger keeps it."""
    wish = Wish(GOOD, Stage.PRODUCTION, "roadworthy promote --approve", LEAD)
    assert fulfil(small.promotion(require_identity=True), wish, lambda line: None).reasons == ()
    assert [entry.by for entry in small.ledger.entries() if isinstance(entry.fact, Approved)] == [LEAD]


def test_a_second_person_s_approval_is_recorded_too(small: SmallRegistry) -> None:
    """Who approves what is known for each person, once for each judgement."""
    _tamper(small, GOOD, "model/model.skops")
    for by in (UNKNOWN, LEAD, LEAD):
        fulfil(small.promotion(), Wish(GOOD, Stage.PRODUCTION, "gesture", by), lambda line: None)
    assert [entry.by for entry in small.ledger.entries() if isinstance(entry.fact, Approved)] == [UNKNOWN, LEAD]


def test_two_promotions_at_once_do_not_skip_a_comparison(small: SmallRegistry) -> None:
    """When another release goes live while this one is tried, it does not follow without being compared with it."""
    small.judge(BETTER, "pass")

    def overtake(line: str) -> None:
        if line.startswith("the way back"):
            wish = Wish(GOOD, Stage.PRODUCTION, "tag", LEAD)
            fulfil(small.promotion(), wish, lambda line: None)

    with pytest.raises(Busy, match="while release 2 was tried"):
        fulfil(small.promotion(), Wish(BETTER, Stage.PRODUCTION, "tag", LEAD), overtake)
    assert small.standing.production == small.standing.release(GOOD)


def test_a_release_whose_version_somebody_deleted_is_promoted_all_the_same(small: SmallRegistry) -> None:
    """The ledger is the truth; MLflow has nothing to show then."""
    small.registry.client.delete_model_version(CAPABILITY, str(GOOD))
    wish = Wish(GOOD, Stage.PRODUCTION, "roadworthy promote --approve", LEAD)
    assert fulfil(small.promotion(), wish, lambda line: None).reasons == ()
    assert small.standing.production == small.standing.release(GOOD)


def _arrange(small: SmallRegistry, number: int | str) -> int:
    """Bring a release into the state that is named, and return it."""
    if isinstance(number, int):
        return number
    if number in ("fail", "inconclusive"):
        small.judge(BETTER, number)
        return BETTER
    for release in (GOOD, BETTER) if number == "retired" else (GOOD,):
        small.ask(release)
        small.promote()
    return GOOD


def _gesture(small: SmallRegistry, gesture: str, number: int) -> None:
    kind, _, name = gesture.partition(" ")
    if kind == "alias":
        small.set_alias(name, number)
    elif kind == "stage":
        small.set_stage(name, number)
    else:
        small.ask(number, "yes" if gesture == "tag=yes" else "approved")


def _tamper(small: SmallRegistry, number: int, name: str) -> Path:
    """Change one file of a release in the store."""
    path = _stored(small, number, name)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    return path


def _stored(small: SmallRegistry, number: int, name: str) -> Path:
    manifest = fetch_manifest(small.ledger.store, small.standing.release(number).digest)
    return Path(small.ledger.store.address, blob_key(manifest.files[name]))


def _brief(entry: Entry) -> Fact | str:
    fact = entry.fact
    return f"{fact.name}: {fact.verdict}" if isinstance(fact, EvidenceRecorded) else fact


def _kind(entry: Entry) -> str:
    return entry.fact.kind
