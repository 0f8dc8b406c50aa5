"""The mirror in MLflow: what people find there of a release, once each, however often it was killed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.killing import killed_ever_later
from fakes.small_bundle import make_small_bundle
from fakes.small_registry import (
    BETTER,
    CAPABILITY,
    GOOD,
    SmallRegistry,
    lose_database,
    open_small_registry,
    publish_release,
)

from roadworthy.modelling.model_file import load_model
from roadworthy.modelling.schema import FeatureSchema
from roadworthy.release.bundle import fetch_bundle
from roadworthy.release.entries import Actor
from roadworthy.release.stages import decide_rollback
from tasks.registry.experiment import DIGEST
from tasks.registry.mirror import mirror_release, mirror_standing
from tasks.registry.rebuild import rebuild_registry
from tasks.registry.requests import accept_in_registry, refuse_in_registry
from tasks.registry.snapshot import WRITTEN, Snapshot, keep_snapshot
from tasks.registry.versions import all_versions


def test_a_release_killed_at_every_write_has_one_run_one_model_and_one_version(unmirrored: SmallRegistry) -> None:
    """Killed at each write in turn and done again, the mirror leaves what an undisturbed one leaves, once."""
    deaths = killed_ever_later(unmirrored, lambda watched: mirror_release(watched.registry, watched.ledger, GOOD))
    assert deaths > 10
    assert [version.version for version in all_versions(unmirrored.registry, CAPABILITY)] == [1]
    client, experiment = unmirrored.registry.client, _experiment(unmirrored)
    assert len(client.search_runs([experiment])) == 1
    assert [model.status for model in client.search_logged_models([experiment])] == ["READY"]
    assert _run(unmirrored, GOOD).info.status == "FINISHED"
    assert unmirrored.aliases == {"candidate": "1"}


def test_to_mirror_again_changes_nothing(small: SmallRegistry) -> None:
    """Done again, it makes no second version or run, and writes no number twice."""
    before = _shown(small)
    for number in (GOOD, BETTER):
        assert mirror_release(small.registry, small.ledger, number) == str(number)
    assert _shown(small) == before
    client = small.registry.client
    assert len(client.search_runs([_experiment(small)])) == 3
    assert len(client.get_metric_history(_run(small, GOOD).info.run_id, "auc")) == 1


@pytest.mark.parametrize("address", [f"models:/{CAPABILITY}/3", f"models:/{CAPABILITY}@candidate"])
def test_a_version_loads_in_mlflow_and_predicts_as_the_bundle_does(small: SmallRegistry, address: str) -> None:
    """What an application gets from MLflow, by version or by alias, is the released model."""
    import numpy
    import pandas
    from mlflow import pyfunc

    bundle = _bundle(small, 3)
    rows = pandas.read_parquet(bundle / "model" / "probe.parquet")
    trusted = json.loads((bundle / "model" / "model.json").read_bytes())["trusted_types"]
    released = load_model(bundle / "model" / "model.skops", trusted_types=trusted)
    expected = released.predict_proba(FeatureSchema.read(bundle / "schema.json").select(rows))
    assert numpy.array_equal(numpy.asarray(pyfunc.load_model(address).predict(rows)), expected)


def test_a_run_shows_parameters_metrics_with_intervals_plots_and_data(small: SmallRegistry) -> None:
    """All that people need to judge a release is in its run, taken from the bundle."""
    run, evaluation = _run(small, GOOD), json.loads((_bundle(small, GOOD) / "evaluation/evaluation.json").read_bytes())
    assert run.data.params["train.arguments.max_iter"] == "5"
    assert run.data.params["gates.1.kind"] == "floor"
    for name, estimate in evaluation["metrics"].items():
        assert run.data.metrics[name] == estimate["value"]
        assert run.data.metrics[f"{name}.low"] == estimate["low"]
        assert run.data.metrics[f"{name}.high"] == estimate["high"]
    assert run.data.tags["mlflow.source.git.commit"] == "c" * 40
    assert run.data.tags["mlflow.user"] == "builder"
    files = {item.path for folder in ("", "evaluation", "validation/data_docs") for item in _files(small, run, folder)}
    assert {"MODEL_CARD.md", "evaluation/reliability.svg", "validation/data_docs/index.html"} <= files


def test_a_run_names_its_data_with_whole_digests_in_tags(small: SmallRegistry) -> None:
    """MLflow takes 36 characters of a dataset's digest; the tag beside it has all 64."""
    inputs = {item.dataset.name: item for item in _run(small, GOOD).inputs.dataset_inputs}
    assert set(inputs) == {"flights", "weather", "train", "evaluate"}
    for item in inputs.values():
        tags = {tag.key: tag.value for tag in item.tags}
        assert len(tags["sha256"]) == 64
        assert item.dataset.digest == tags["sha256"][:36]
    contexts = {name: {tag.key: tag.value for tag in item.tags}["mlflow.data.context"] for name, item in inputs.items()}
    assert contexts == {"flights": "source", "weather": "source", "train": "training", "evaluate": "evaluate"}
    assert json.loads(inputs["train"].dataset.profile) == {"num_rows": 200}


def test_a_version_says_what_it_is(small: SmallRegistry) -> None:
    """Description with card, tags with where it stands and what was found."""
    version, record = small.version(GOOD), small.standing.release(GOOD)
    assert version.description.startswith(
        f"Release flight-delay@1, digest `{record.digest[:12]}`, commit `cccccccccccc`"
    )
    assert "## Intended use" in version.description
    assert version.tags[DIGEST] == record.digest
    assert version.tags["stage"] == "candidate"
    assert version.tags["gates"] == "pass: all 2 gates"
    assert small.version(3).tags["work_tree"] == "uncommitted changes"
    assert version.run_id == _run(small, GOOD).info.run_id


def test_long_texts_fit(small: SmallRegistry, tmp_path: Path) -> None:
    """Texts longer than MLflow's fields are cut, not refused, and a refusal that goes leaves the description whole."""
    bundle = make_small_bundle(tmp_path / "long", description="long " * 2000)
    number = publish_release(small, bundle)
    small.judge(number, "fail", "reason " * 2000)
    mirror_release(small.registry, small.ledger, number)
    before = small.version(number)
    assert len(_run(small, number).data.params["description"]) == 6000
    assert len(before.description) == 4000
    assert before.description.endswith("The whole card is MODEL_CARD.md among the run's artifacts.")
    assert len(before.tags["gates"]) == 5000
    refuse_in_registry(small.registry, CAPABILITY, number, "because\n" * 3000)
    refused = small.version(number)
    assert len(refused.description) <= 5000
    assert refused.description.startswith("**Refused:** because because")
    accept_in_registry(small.registry, CAPABILITY, number)
    assert small.version(number).description == before.description


def test_what_was_deleted_in_mlflow_comes_back_with_the_next_mirror(small: SmallRegistry) -> None:
    """A deleted experiment, run and version are restored or made again; the release is shown once."""
    client, run = small.registry.client, _run(small, GOOD).info.run_id
    client.delete_model_version(CAPABILITY, "1")
    client.delete_run(run)
    client.delete_experiment(_experiment(small))
    assert mirror_standing(small.registry, small.ledger) == (GOOD,)
    assert mirror_release(small.registry, small.ledger, GOOD) == "4"
    version = small.version(4)
    assert (version.run_id, version.tags[DIGEST]) == (run, small.standing.release(GOOD).digest)
    assert client.get_run(run).info.lifecycle_stage == "active"


def test_aliases_that_people_removed_or_put_elsewhere_are_put_right(small: SmallRegistry) -> None:
    """What asks for nothing is simply put right; aliases of people's own stay."""
    client = small.registry.client
    client.delete_registered_model_alias(CAPABILITY, "candidate")
    small.set_alias("canary", 1)
    small.set_alias("champion", 1)
    mirror_standing(small.registry, small.ledger)
    assert small.aliases == {"candidate": "3", "champion": "1"}


def test_a_version_that_is_no_release_gets_neither_alias_nor_stage(small: SmallRegistry) -> None:
    """Whoever asks MLflow for production gets a release."""
    client = small.registry.client
    foreign = client.create_model_version(CAPABILITY, source=small.version(GOOD).source).version
    small.set_alias("production", foreign)
    small.set_stage("Production", foreign)
    assert small.promote() == ()
    assert small.aliases == {"candidate": "3"}
    assert small.stages[str(foreign)] == "None"


def test_a_request_waits_until_it_is_answered(small: SmallRegistry) -> None:
    """A release or a rollback that is mirrored meanwhile does not wipe out what a person asked for."""
    small.set_alias("production", GOOD)
    small.set_stage("Staging", BETTER)
    mirror_release(small.registry, small.ledger, 3)
    assert small.aliases["production"] == "1"
    assert small.stages["2"] == "Staging"
    assert [(outcome.release, outcome.reasons) for outcome in small.promote()] == [(GOOD, ()), (BETTER, ())]
    mirror_standing(small.registry, small.ledger)
    assert small.aliases == {"candidate": "3", "production": "1", "staging": "2"}


def test_the_mirror_shows_promotions_and_rollbacks(small: SmallRegistry) -> None:
    """Alias, stage and tag follow the ledger, forwards and backwards."""
    for number in (GOOD, BETTER):
        small.ask(number)
        small.promote()
    assert small.aliases == {"candidate": "3", "production": "2"}
    assert small.stages == {"1": "Archived", "2": "Production", "3": "None"}
    small.ledger.record(decide_rollback(CAPABILITY, "too slow"), by=Actor(name="on call"))
    mirror_standing(small.registry, small.ledger)
    assert small.aliases == {"candidate": "3", "production": "1"}
    assert small.stages == {"1": "Production", "2": "Archived", "3": "None"}
    assert [small.version(number).tags["stage"] for number in (1, 2)] == ["production", "retired"]


def test_a_lost_registry_is_rebuilt_as_it_was(small: SmallRegistry, registry_template: SmallRegistry) -> None:
    """From ledger and store alone come the same versions, tags, aliases, stages, descriptions, runs and times."""
    small.ask(GOOD)
    small.promote()
    before = _shown(small)
    lose_database(registry_template, small.settings.root)
    empty = open_small_registry(small.settings.root)
    assert all_versions(empty.registry, CAPABILITY) == []
    assert mirror_standing(empty.registry, empty.ledger) == (1, 2, 3)
    assert rebuild_registry(empty.registry, empty.ledger, lambda line: None) == ("1", "2", "3")
    assert _shown(empty) == before


def test_what_we_wrote_is_remembered_for_a_thousand_releases(small: SmallRegistry) -> None:
    """A tag has room for 5,000 characters, on every database."""
    stages = {str(number): "Archived" for number in range(1, 1000)} | {"1000": "Production"}
    keep_snapshot(small.registry, CAPABILITY, WRITTEN, Snapshot(aliases={"production": "1000"}, stages=stages))
    assert len(small.registry.client.get_registered_model(CAPABILITY).tags[WRITTEN]) < 200


def test_nobody_is_warned_that_stages_will_go(small: SmallRegistry, recwarn: pytest.WarningsRecorder) -> None:
    """MLflow's warning about stages is for programmers: a promotion passes it on to nobody."""
    small.ask(GOOD)
    small.promote()
    assert small.stages["1"] == "Production"
    assert [str(warning.message) for warning in recwarn if "stage" in str(warning.message)] == []


def _experiment(small: SmallRegistry) -> str:
    return str(small.registry.client.get_experiment_by_name(CAPABILITY).experiment_id)


def _run(small: SmallRegistry, number: int):
    digest = small.standing.release(number).digest
    (run,) = small.registry.client.search_runs([_experiment(small)], f"tags.`{DIGEST}` = '{digest}'")
    return run


def _files(small: SmallRegistry, run, folder: str):
    return small.registry.client.list_artifacts(run.info.run_id, folder or None)


def _bundle(small: SmallRegistry, number: int) -> Path:
    digest = small.standing.release(number).digest
    return fetch_bundle(small.ledger.store, digest, small.settings.root / f"fetched-{number}").folder


def _shown(small: SmallRegistry) -> dict[str, object]:
    """Return all that MLflow shows, but for the names that it makes up itself."""
    runs = small.registry.client.search_runs([_experiment(small)])
    return {
        "aliases": small.aliases,
        "versions": {
            str(version.version): (version.tags, version.description, version.current_stage)
            for version in all_versions(small.registry, CAPABILITY)
        },
        "runs": sorted(
            (run.info.run_name, run.info.start_time, run.info.end_time, run.data.params, run.data.metrics)
            for run in runs
        ),
    }
