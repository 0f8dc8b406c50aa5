"""Which release a version shows is decided by its model, whatever people do to its tags."""

from __future__ import annotations

import pytest
from fakes.small_registry import BETTER, CAPABILITY, GOOD, SmallRegistry

from tasks.registry.experiment import DIGEST
from tasks.registry.mirror import mirror_standing
from tasks.registry.rebuild import rebuild_registry
from tasks.registry.versions import RELEASE, all_versions, find_version, versions_by_release


def test_a_relabelled_version_does_not_get_another_release_approved(small: SmallRegistry) -> None:
    """Who approves what version 1 shows approves release 1, though somebody has labelled it as release 2."""
    _label(small, GOOD, RELEASE, str(BETTER))
    _label(small, GOOD, DIGEST, small.standing.release(BETTER).digest)
    small.ask(GOOD)
    (outcome,) = small.promote()
    assert (outcome.release, outcome.reasons) == (GOOD, ())
    assert small.standing.production == small.standing.release(GOOD)
    assert small.aliases["production"] == "1"


def test_an_approval_beside_a_false_label_is_not_lost(small: SmallRegistry) -> None:
    """Version 1 can't take release 2's place, so the request on version 2 is answered."""
    _label(small, GOOD, RELEASE, str(BETTER))
    small.ask(BETTER)
    assert [(outcome.release, outcome.reasons) for outcome in small.promote()] == [(BETTER, ())]
    assert small.aliases["production"] == "2"


@pytest.mark.parametrize("label", [RELEASE, DIGEST, "commit"])
def test_labels_that_people_changed_or_removed_are_put_right(small: SmallRegistry, label: str) -> None:
    """The next mirror writes them again; rebuilding finds the versions, and makes no second one."""
    before = {number: small.version(number).tags for number in (GOOD, BETTER)}
    small.registry.client.delete_model_version_tag(CAPABILITY, str(GOOD), label)
    _label(small, BETTER, label, "9")
    assert rebuild_registry(small.registry, small.ledger, lambda line: None) == ("1", "2", "3")
    assert {number: small.version(number).tags for number in (GOOD, BETTER)} == before
    assert len(all_versions(small.registry, CAPABILITY)) == 3


def test_a_copy_of_a_version_does_not_take_its_place(small: SmallRegistry) -> None:
    """Of two versions of one model the first shows the release."""
    client, digest = small.registry.client, small.standing.release(GOOD).digest
    client.create_model_version(CAPABILITY, source=small.version(GOOD).source, tags=small.version(GOOD).tags)
    mirror_standing(small.registry, small.ledger)
    found = find_version(small.registry, CAPABILITY, digest)
    assert found is not None
    assert str(found.version) == str(versions_by_release(small.registry, CAPABILITY)[GOOD].version) == "1"


def test_a_version_of_a_model_that_names_no_release_shows_none(small: SmallRegistry) -> None:
    """Labels alone make no release of a model that somebody logged by hand."""
    client, labels = small.registry.client, small.version(GOOD).tags
    experiment = client.get_experiment_by_name(CAPABILITY).experiment_id
    for number, params in enumerate(({}, {DIGEST: "d" * 64}, {RELEASE: "one", DIGEST: "d" * 64}), start=4):
        model = client.create_logged_model(experiment, params=params)
        client.create_model_version(CAPABILITY, source=f"models:/{model.model_id}", tags=labels)
        assert str(number) not in {str(version.version) for version in _shown(small).values()}
    assert set(_shown(small)) == {1, 2, 3}


def _label(small: SmallRegistry, number: int, name: str, value: str) -> None:
    small.registry.client.set_model_version_tag(CAPABILITY, str(number), name, value)


def _shown(small: SmallRegistry):
    return versions_by_release(small.registry, CAPABILITY)
