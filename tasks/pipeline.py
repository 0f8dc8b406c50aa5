"""DVC decides whether: renders dvc.yaml from the steps, tells which stages are current, restores and commits them."""

# Late imports: start-up time.
from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import write_bytes
from roadworthy.params.capability import Capability, Params
from roadworthy.steps import Step
from roadworthy.workspace import Workspace
from tasks.catalog import route_of
from tasks.code_files import code_files
from tasks.dvc_lock import DvcLock
from tasks.dvc_objects import KeptFile, refuse_tampered
from tasks.dvc_params import read_yaml_once

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

DVC_FILE = "dvc.yaml"
HEADER = "# Rendered from params.yaml and the steps in tasks/ by `roadworthy render`; don't edit it by hand.\n"


LOCK_FILE = "dvc.lock"
WATCHED = (
    "params.yaml",
    "requirements.lock",
    "roadworthy/**/*.py",
    "roadworthy/**/templates/*",
    "tasks/**/*.py",
    "queries/*",
    "expectations/*",
    "prompts/**/*.md",
    "policies/*",
    "tools/*",
    "guards/**/*",
    "corpora/**/*",
    "evalsets/*",
)
"""Where a change makes a step run again; data that people edit by hand is left to DVC."""


def watched_files(root: Path) -> Iterator[Path]:
    """Yield the files of ours that steps read."""
    for pattern in WATCHED:
        yield from (path for path in root.glob(pattern) if path.is_file())


def render(params: Params, root: Path) -> str:
    """Return dvc.yaml: one stage for each step of each capability."""
    import io

    from ruamel.yaml import YAML

    stages = {
        stage_name(step, name): _stage(step, capability, Workspace(root, name))
        for name, capability in sorted(params.capabilities.items())
        for step in route_of(capability).to_bundle
    }
    text = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.dump({"stages": stages}, text)
    return HEADER + text.getvalue()


def write_if_stale(params: Params, root: Path) -> bool:
    """Bring dvc.yaml up to date; return whether it had to be."""
    content = render(params, root).encode()
    path = root / DVC_FILE
    if path.is_file() and path.read_bytes() == content:
        return False
    write_bytes(path, content)
    return True


def stage_name(step: Step, capability: str) -> str:
    """Return the name of the step's stage in dvc.yaml."""
    return f"{step.name}-{capability}"


def _stage(step: Step, capability: Capability, workspace: Workspace) -> dict[str, object]:
    # Paths that leave the repository are inputs all the same; DVC takes them as they are.
    inputs = [_relative(path, workspace.root) for path in step.inputs(capability, workspace)]
    code = [_relative(path, workspace.root) for path in code_files(step)]
    section = f"capabilities.{workspace.capability}"
    return {
        "cmd": f"python -m tasks.perform {step.name} {workspace.capability}",
        "desc": step.summary,
        "deps": [*inputs, *code],
        "params": [section if step.section is None else f"{section}.{step.section}"],
        "outs": [_relative(path, workspace.root) for path in step.outputs(capability, workspace)],
    }


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


class Pipeline:
    """The stages of one work tree, as DVC sees them; used in its root by whoever holds the work tree's lock."""

    def __init__(self, root: Path) -> None:
        from dvc.dvcfile import ProjectFile
        from dvc.repo import Repo

        # It tells of each write to the lock file and of empty folders; the steps tell enough.
        logging.getLogger("dvc").setLevel(logging.ERROR)
        read_yaml_once()
        self._repo: Repo = Repo(str(root))
        self._file = ProjectFile(self._repo, str(root / DVC_FILE))
        self._lock = DvcLock(root / LOCK_FILE)

    def is_current(self, step: Step, capability: str) -> bool:
        """Tell whether the stage's inputs, code, parameters and outputs are those of its last run."""
        stage = self._load(step, capability)
        with self._repo.lock:
            return not stage.changed()

    def restore(self, step: Step, capability: str) -> bool:
        """Bring back the outputs of an earlier run with the same inputs, if DVC has kept them.

        Raises `IntegrityError` naming the file when what the cache holds is not what was put there.
        """
        from dvc.stage.cache import RunCacheNotFoundError

        stage = self._load(step, capability)
        if not all(dependency.exists for dependency in stage.deps):
            return False  # Performing the step says what is missing.
        with self._repo.lock:
            kept = self._kept_outputs(stage)
            if not kept:
                return False
            for output in kept:
                refuse_tampered(self._repo.cache.local, output)
            stage = self._load(step, capability)
            try:
                self._repo.stage_cache.restore(stage)
            except RunCacheNotFoundError:
                return False
            self._save(stage)
        return True

    def clear_leftovers(self) -> None:
        """Remove what DVC leaves when it is killed and can't read later.

        Half files in its cache, empty folders in its run-cache, and a list of users.
        """
        with self._repo.lock:
            Path(str(self._repo.tmp_dir), "rwlock").unlink(missing_ok=True)
            cache = Path(self._repo.cache.legacy.path)
            # In a cache that is shared with others they may be at work.
            if cache.is_relative_to(self._repo.root_dir):
                for path in list(cache.rglob("*.tmp")):
                    path.unlink(missing_ok=True)
                for path in list(cache.glob("runs/*/*")):
                    with contextlib.suppress(OSError):  # It is not empty.
                        path.rmdir()

    def commit(self, step: Step, capability: str) -> None:
        """Record the stage's inputs and outputs in dvc.lock, and keep the outputs in DVC's cache."""
        stage = self._load(step, capability)
        with self._repo.lock:
            self._save(stage)

    def _kept_outputs(self, stage: PipelineStage) -> list[KeptFile]:
        """Return what DVC may restore: what dvc.lock names, and what the run-cache has for these inputs."""
        locked = stage.outs if stage.deps_cached() else []
        stage.save_deps()
        cached = self._repo.stage_cache._load(stage) or {"outs": []}
        return [
            *(KeptFile(out.def_path, out.hash_info.value) for out in locked if out.hash_info),
            *(KeptFile(out["path"], out["md5"]) for out in cached["outs"]),
        ]

    def _save(self, stage: PipelineStage) -> None:
        from dvc.stage.serialize import to_lockfile

        stage.save()
        stage.commit()
        self._lock.record(to_lockfile(stage))

    def _load(self, step: Step, capability: str) -> PipelineStage:
        """Load the stage as DVC does, but without reading dvc.yaml each time; it keeps no watch over dvc.lock."""
        self._file.lockfile_contents = self._lock.contents()
        self._file.__dict__.pop("stages", None)
        return self._file.stages[stage_name(step, capability)]
