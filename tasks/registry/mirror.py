"""The mirror: releases and where they stand, shown in MLflow as versions, runs, tags, aliases and stages."""

# Late imports below: start-up time.
from __future__ import annotations

import warnings
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.release.approval import REGISTRY
from roadworthy.release.bundle import fetch_bundle
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from tasks.registry.connect import Registry, unavailable_when_failing
from tasks.registry.description import describe_version, shortened
from tasks.registry.experiment import ASSISTANT, DIGEST, open_experiment, write_run
from tasks.registry.facts import ReleaseFacts, facts_of
from tasks.registry.snapshot import (
    BEGUN,
    WRITTEN,
    Snapshot,
    done_by_people,
    expected_snapshot,
    keep_snapshot,
    read_snapshot,
)
from tasks.registry.text_changes import TextChanges, changes_to_production
from tasks.registry.versions import RELEASE, find_version, versions_by_release

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion

_LONGEST_TAG = 5000


def mirror_release(registry: Registry, ledger: Ledger, number: int) -> str:
    """Show release `number` in MLflow, or complete what a killed process began; return the version."""
    version = ensure_version(registry, ledger, number)
    mirror_standing(registry, ledger)
    return version


def ensure_version(registry: Registry, ledger: Ledger, number: int) -> str:
    """Make the version that shows release `number`, unless it is there; return it."""
    facts = facts_of(ledger.capability, ledger.entries())[number - 1]
    with unavailable_when_failing(registry.uri):
        _ensure_model(registry, facts.capability)
        version = find_version(registry, facts.capability, facts.digest)
        if version is None:
            with TemporaryDirectory() as scratch:
                bundle = fetch_bundle(ledger.store, facts.digest, Path(scratch, "bundle")).folder
                changes = changes_to_production(ledger, number) if (bundle / ASSISTANT).is_dir() else None
                version = _create_version(registry, facts, bundle, Path(scratch, "model"), changes)
    return str(version.version)


def mirror_standing(registry: Registry, ledger: Ledger, answered: Collection[int] = ()) -> tuple[int, ...]:
    """Make every version's tags, alias and stage say what the ledger says; return the releases without a version.

    What people asked for by alias or stage stays until it is answered; `answered` names those releases.
    """
    capability, entries = ledger.capability, ledger.entries()
    with unavailable_when_failing(registry.uri):
        versions = versions_by_release(registry, capability)
        for facts in facts_of(capability, entries):
            if facts.release in versions:
                _write_tags(registry, versions[facts.release], facts)
        standing = standing_of(capability, entries)
        if versions:
            waiting = {str(version.version) for number, version in versions.items() if number not in answered}
            numbers = {number: version.version for number, version in versions.items()}
            _write_standing(registry, capability, expected_snapshot(standing, numbers), waiting)
    return tuple(record.number for record in standing.releases if record.number not in versions)


def _ensure_model(registry: Registry, capability: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        registry.client.create_registered_model(capability)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _create_version(
    registry: Registry, facts: ReleaseFacts, bundle: Path, scratch: Path, changes: TextChanges | None
) -> ModelVersion:
    """Write the run and the model, and only then the version, in one call with its tags."""
    experiment = open_experiment(registry, facts.capability)
    run = write_run(registry, experiment, facts, bundle, changes)
    model = _log_model(registry, experiment, run, facts, bundle, scratch)
    return registry.client.create_model_version(
        facts.capability,
        source=f"models:/{model.model_id}",
        run_id=run,
        model_id=model.model_id,
        tags={**_identity(facts), "commit": facts.commit},
        description=describe_version(facts, bundle),
    )


def _log_model(
    registry: Registry, experiment: str, run: str, facts: ReleaseFacts, bundle: Path, scratch: Path
) -> LoggedModel:
    from tasks.registry.assistant_folder import make_assistant_folder
    from tasks.registry.model_folder import make_model_folder

    found = registry.client.search_logged_models([experiment], f"params.`{DIGEST}` = '{facts.digest}'")
    model = min(found, key=lambda model: model.status != "READY", default=None)
    if model is None:
        model = registry.client.create_logged_model(
            experiment, name=f"release-{facts.release}", source_run_id=run, params=_identity(facts)
        )
    if model.status == "READY":
        return model
    make_folder = make_model_folder if (bundle / "model").is_dir() else make_assistant_folder
    make_folder(bundle, scratch, model.model_id, run)
    registry.client.log_model_artifacts(model.model_id, str(scratch))
    return registry.client.finalize_logged_model(model.model_id, "READY")


def _identity(facts: ReleaseFacts) -> dict[str, str]:
    return {DIGEST: facts.digest, RELEASE: str(facts.release)}


def _write_tags(registry: Registry, version: ModelVersion, facts: ReleaseFacts) -> None:
    wanted = {**_identity(facts), "commit": facts.commit, "stage": facts.stage.value, "work_tree": facts.work_tree}
    for name, evidence in facts.evidence.items():
        if name == REGISTRY:
            continue  # That it is shown here need not be shown here.
        summary = evidence.summary.removeprefix(f"{evidence.verdict}: ")
        wanted[name] = shortened(f"{evidence.verdict}: {summary}", _LONGEST_TAG)
    for name, value in wanted.items():
        if version.tags.get(name) != value:
            registry.client.set_model_version_tag(facts.capability, version.version, name, value)


def _write_standing(registry: Registry, capability: str, wanted: Snapshot, waiting: Collection[str]) -> None:
    """Write `wanted`, but for what people did with the versions in `waiting`; say before and after what is ours."""
    asked = done_by_people(registry, capability)
    keep_snapshot(registry, capability, BEGUN, wanted)
    now = read_snapshot(registry, capability)
    for alias in now.aliases.keys() | wanted.aliases.keys():
        if asked.aliases.get(alias) not in waiting:
            _write_alias(registry, capability, alias, now.aliases.get(alias), wanted.aliases.get(alias))
    for version, stage in now.stages.items():
        if version not in asked.stages or version not in waiting:
            # A version that shows no release has no stage.
            _write_stage(registry, capability, version, stage, wanted.stages.get(version, "None"))
    keep_snapshot(registry, capability, WRITTEN, wanted)


def _write_alias(registry: Registry, capability: str, alias: str, now: str | None, wanted: str | None) -> None:
    if wanted is None:
        registry.client.delete_registered_model_alias(capability, alias)
    elif wanted != now:
        registry.client.set_registered_model_alias(capability, alias, wanted)


def _write_stage(registry: Registry, capability: str, version: str, now: str, wanted: str) -> None:
    if now == wanted:
        return
    with warnings.catch_warnings():
        # MLflow warns that stages will go; its page offers them for as long as they are there.
        warnings.simplefilter("ignore", FutureWarning)
        registry.client.transition_model_version_stage(capability, version, wanted)
