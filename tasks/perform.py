"""Performs one step around which lineage is written; `python -m tasks.perform STEP CAPABILITY` is what DVC runs."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.errors import IntegrityError, RoadworthyError
from roadworthy.lineage.interface import Artifact, StepCall
from roadworthy.lineage.recorder import record_step
from roadworthy.params.loading import capability_params, load_params
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.catalog import step_called
from tasks.code_files import code_files
from tasks.lineage_sink import lineage_sink

if TYPE_CHECKING:
    from roadworthy.params.capability import Capability

PARAMS_FILE = "params.yaml"
LOADED_AT = time.time()
"""When this process loaded the steps' code, by the clock that stamps files; the operating system's own record of a
process's start is off by up to a second."""


def perform(step: Step, capability: str, settings: Settings, announce: Announce, parent_run: str | None = None) -> None:
    """Run `step` once and record what it read and made, also when it fails."""
    root = settings.root.resolve()
    code = code_files(step)
    _refuse_newer_code(code)
    params = capability_params(load_params(root / PARAMS_FILE), capability)
    workspace = Workspace(root, capability)
    own = step.parameters(params)

    def run() -> None:
        step.run(own, workspace, announce)
        _refuse_changed_parameters(step, params, capability, root)

    record_step(
        StepCall(
            step=step.name,
            capability=capability,
            root=root,
            inputs=step.inputs(params, workspace),
            code=code,
            outputs=step.outputs(params, workspace),
            parameters=own.model_dump(mode="json", by_alias=True),
            parent_run=parent_run,
            pinned=_pinned(step, params),
        ),
        run,
        lineage_sink(settings),
    )


def _refuse_newer_code(code: tuple[Path, ...]) -> None:
    """Refuse to run what was loaded before its file changed: the record would claim code that did not run."""
    for path in code:
        if path.stat().st_mtime > LOADED_AT:
            raise IntegrityError(
                f"{path.name} changed after this process had started",
                where=str(path),
                remedy="run it again; the new code counts then",
            )


def _pinned(step: Step, params: Capability) -> tuple[Artifact, ...]:
    pins = step.pinned(params) if step.pinned else {}
    return tuple(Artifact(name=uri, digest=digest) for uri, digest in sorted(pins.items()))


def _refuse_changed_parameters(step: Step, before: Capability, capability: str, root: Path) -> None:
    after = capability_params(load_params(root / PARAMS_FILE), capability)
    if step.parameters(after) != step.parameters(before):
        raise IntegrityError(
            f"the parameters of {step.name} changed while it ran",
            where=f"{PARAMS_FILE}: capabilities.{capability}",
            remedy="run it again",
        )


def main(arguments: list[str]) -> int:
    """Perform the step that DVC asks for, alone in this work tree; return the exit code."""
    from tasks.exclusive import exclusive

    settings = Settings()
    try:
        name, capability = arguments
        with exclusive(settings.home_path, f"step {name} of {capability}"):
            params = capability_params(load_params(settings.root / PARAMS_FILE), capability)
            perform(step_called(name, params), capability, settings, announce=print)
    except RoadworthyError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
