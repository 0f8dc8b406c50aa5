"""What a release leaves behind, compared with what an undisturbed one leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kill_hook.sitecustomize import pattern
from roadworthy.digest import digest_bytes, digest_files
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from roadworthy.settings import Settings
from tasks.stores import open_store
from tests.fakes.small_project import CAPABILITY, SmallProject

PASSED_OVER = (".git", "__pycache__", ".roadworthy/lineage", ".dvc/tmp/btime")
"""Git's own files, compiled code, and the lineage, in which every attempt stays on record."""


@dataclass(frozen=True)
class State:
    """Everything that has to be the same however often the release was killed."""

    releases: tuple[str, ...]
    """The digests of the releases in the ledger."""
    entries: tuple[str, ...]
    """What each entry of the ledger says, in short."""
    outputs: dict[str, str]
    """The digest of each file that the steps made, and of dvc.lock."""
    registry: tuple[str, ...]
    """MLflow's versions, runs and models, each with where it stands."""
    files: dict[str, int]
    """How many files there are of each name in the whole project; names that differ from run to run are made equal."""


def read_state(project: SmallProject, scratch: Path) -> State:
    """Return the state of `project`; `scratch` is where its processes had their temporary files."""
    settings = Settings(root=project.root)
    entries = Ledger(open_store(settings.store_address), CAPABILITY).entries()
    return State(
        releases=tuple(record.digest for record in standing_of(CAPABILITY, entries).releases),
        entries=tuple(f"{entry.fact.kind} {getattr(entry.fact, 'name', '')}" for entry in entries),
        outputs={**digest_files(project.root / "data"), "dvc.lock": _digest(project.root / "dvc.lock")},
        registry=_registry(settings),
        files=dict(_names(project.root) + _names(scratch)),
    )


def faults(state: State, expected: State) -> list[str]:
    """Say in what `state` differs from `expected`; nothing when all is well."""
    found = [
        f"{name}: {getattr(state, name)} instead of {getattr(expected, name)}"
        for name in ("releases", "entries", "registry")
        if getattr(state, name) != getattr(expected, name)
    ]
    outputs = state.outputs.items() ^ expected.outputs.items()
    found += [f"another output: {name}" for name in sorted({name for name, _ in outputs})]
    return found + [
        f"files named {name}: {state.files.get(name, 0)} instead of {expected.files.get(name, 0)}"
        for name in sorted(state.files.keys() | expected.files.keys())
        if state.files.get(name) != expected.files.get(name)
    ]


def complaints(project: SmallProject) -> list[str]:
    """Return what `dvc status` and `roadworthy verify` have to say against the project."""
    status = subprocess.run(
        [sys.executable, "-m", "dvc", "status", "--json"],
        cwd=project.root,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if status.returncode:
        found = [f"dvc status: {status.stderr.strip()}"]
    else:
        found = [f"dvc status: {stage}" for stage in json.loads(status.stdout)]
    verified = project.run("verify", f"{CAPABILITY}@1")
    return found + ([] if verified.returncode == 0 else [f"verify: {verified.stdout}{verified.stderr}"])


def check_ledger(project: SmallProject) -> None:
    """Raise `IntegrityError` unless the ledger can be read and its chain holds."""
    Ledger(open_store(Settings(root=project.root).store_address), CAPABILITY).verify()


def _digest(path: Path) -> str:
    return digest_bytes(path.read_bytes()) if path.exists() else "missing"


def _names(folder: Path) -> Counter[str]:
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return Counter(pattern(f"/{name}") for name in names if not _passed_over(name))


def _passed_over(name: str) -> bool:
    return "__pycache__" in name or any(name == start or name.startswith(f"{start}/") for start in PASSED_OVER)


def _registry(settings: Settings) -> tuple[str, ...]:
    from tasks.registry.connect import connect

    client = connect(settings).client
    versions = [
        f"version {version.version} {version.current_stage} {sorted(version.tags.items())} {version.status}"
        for version in client.search_model_versions(f"name = '{CAPABILITY}'")
    ]
    aliases = [f"alias {item}" for item in sorted(client.get_registered_model(CAPABILITY).aliases.items())]
    experiment = client.get_experiment_by_name(CAPABILITY).experiment_id
    runs = [
        f"run {run.info.status} {len(run.data.params)} {sorted(run.data.metrics)} {len(run.inputs.dataset_inputs)}"
        for run in client.search_runs([experiment])
    ]
    models = [f"model {model.name} {model.status}" for model in client.search_logged_models([experiment])]
    return tuple(versions + aliases + runs + models)
