"""The mirror: releases and where they stand, shown in MLflow as versions, runs, tags, aliases and stages."""

# Late imports below: start-up time.
from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.release.bundle import fetch_bundle
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from tasks.registry.connect import Registry, unavailable_when_failing
from tasks.registry.description import describe_version
from tasks.registry.experiment import DIGEST, open_experiment, write_run
from tasks.registry.facts import ReleaseFacts, facts_of
from tasks.registry.snapshot import Snapshot, expected_snapshot, keep_snapshot, read_snapshot
from tasks.registry.versions import RELEASE, find_version, versions_by_release

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion


def mirror_release(registry: Registry, ledger: Ledger, number: int) -> str:
    """Show release `number` in MLflow, or complete what a killed process began; return the version."""
    facts = facts_of(ledger.capability, ledger.entries(), number)
    with unavailable_when_failing(registry.uri):
        _ensure_model(registry, facts.capability)
        version = find_version(registry, facts.capability, facts.digest)
        if version is None:
            with TemporaryDirectory() as scratch:
                bundle = fetch_bundle(ledger.store, facts.digest, Path(scratch, "bundle")).folder
                version = _create_version(registry, facts, bundle, Path(scratch, "model"))
    mirror_standing(registry, ledger)
    return str(version.version)


def mirror_standing(registry: Registry, ledger: Ledger) -> None:
    """Make every version's tags, alias and stage say what the ledger says, and remember what was written."""
    entries = ledger.entries()
    standing = standing_of(ledger.capability, entries)
    with unavailable_when_failing(registry.uri):
        versions = versions_by_release(registry, ledger.capability)
        for record in standing.releases:
            if record.number in versions:
                _write_tags(registry, versions[record.number], facts_of(ledger.capability, entries, record.number))
        wanted = expected_snapshot(standing, {number: version.version for number, version in versions.items()})
        _write_snapshot(registry, ledger.capability, wanted)
        keep_snapshot(registry, ledger.capability, wanted)


def _ensure_model(registry: Registry, capability: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        registry.client.create_registered_model(capability)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _create_version(registry: Registry, facts: ReleaseFacts, bundle: Path, scratch: Path) -> ModelVersion:
    """Write the run and the model, and only then the version, in one call with its tags."""
    experiment = open_experiment(registry, facts.capability)
    run = write_run(registry, experiment, facts, bundle)
    model = _log_model(registry, experiment, run, facts, bundle, scratch)
    return registry.client.create_model_version(
        facts.capability,
        source=f"models:/{model.model_id}",
        run_id=run,
        model_id=model.model_id,
        tags={DIGEST: facts.digest, RELEASE: str(facts.release), "commit": facts.commit},
        description=describe_version(facts, bundle),
    )


def _log_model(
    registry: Registry, experiment: str, run: str, facts: ReleaseFacts, bundle: Path, scratch: Path
) -> LoggedModel:
    from tasks.registry.model_folder import make_model_folder

    found = registry.client.search_logged_models([experiment], f"tags.`{DIGEST}` = '{facts.digest}'")
    ready = [model for model in found if model.status == "READY"]
    if ready:
        return ready[0]
    model = registry.client.create_logged_model(
        experiment, name=f"release-{facts.release}", source_run_id=run, tags={DIGEST: facts.digest}
    )
    make_model_folder(bundle, scratch, model.model_id, run)
    registry.client.log_model_artifacts(model.model_id, str(scratch))
    return registry.client.finalize_logged_model(model.model_id, "READY")


def _write_tags(registry: Registry, version: ModelVersion, facts: ReleaseFacts) -> None:
    wanted = {"stage": facts.stage.value, "work_tree": facts.work_tree}
    wanted |= {name: f"{evidence.verdict}: {evidence.summary}" for name, evidence in facts.evidence.items()}
    for name, value in wanted.items():
        if version.tags.get(name) != value:
            registry.client.set_model_version_tag(facts.capability, version.version, name, value)


def _write_snapshot(registry: Registry, capability: str, wanted: Snapshot) -> None:
    now = read_snapshot(registry, capability)
    for alias in now.aliases.keys() - wanted.aliases.keys():
        registry.client.delete_registered_model_alias(capability, alias)
    for alias, version in wanted.aliases.items():
        if now.aliases.get(alias) != version:
            registry.client.set_registered_model_alias(capability, alias, version)
    for version, stage in wanted.stages.items():
        if now.stages.get(version) != stage:
            registry.client.transition_model_version_stage(capability, version, stage)
