"""Kills one release again and again, each time further on, and says what is wrong with what it leaves in the end.

A chain is one release of a small project that is killed until it comes to its end. Then everything that it left is
compared with what an undisturbed release of the same project left.
"""

from __future__ import annotations

import compileall
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kill_runs import AtSite, Kill, Run, Site, run_release
from benchmarks.kill_state import State, check_ledger, complaints, faults, read_state
from tests.fakes.small_project import SmallProject


@dataclass(frozen=True)
class Undisturbed:
    """A release that nobody killed: the measure for the others."""

    base: SmallProject
    """The project as it was before: copied for each chain."""
    project: SmallProject
    """The copy that was released."""
    state: State
    sites: tuple[Site, ...]
    seconds: float


@dataclass(frozen=True)
class Chain:
    """One release with its kills."""

    kills: tuple[str, ...]
    finished: tuple[dict[str, str], ...]
    """What each run said of the steps that it brought up to date."""
    faults: tuple[str, ...]


def measure_undisturbed(base: SmallProject, folder: Path) -> Undisturbed:
    """Release a copy of `base`, record every write, and read the state at the end."""
    # Once, or each copy would compile its own.
    compileall.compile_dir(base.root, quiet=1)
    project = copy_project(base, folder / "project")
    run = run_release(project, folder)
    assert run.exit_code == 0, run.errors
    return Undisturbed(base, project, read_state(project, folder / "tmp"), run.sites, run.seconds)


def kill_along(undisturbed: Undisturbed, kills: list[Kill], folder: Path, tell: Callable[[str], None]) -> Chain:
    """Release a copy of the project, killed as `kills` say in turn, and then left to come to its end."""
    project = copy_project(undisturbed.base, folder / "project")
    done: list[str] = []
    found: list[str] = []
    runs: list[Run] = []
    for kill in kills:
        if isinstance(kill, AtSite) and runs and 0 < kill.step <= len(runs[-1].finished):
            # It won't come again.
            continue
        run = run_release(project, folder, kill)
        found += faults_of_run(project, run, runs[-1] if runs else None)
        runs.append(run)
        if run.killed:
            done.append(str(kill))
            tell(f"killed {kill}; finished: {' '.join(run.finished) or 'nothing'}")
        elif run.exit_code:
            found.append(f"exit code {run.exit_code} without a kill: {run.errors}")
        if run.exit_code == 0 or not run.killed:
            # It came to its end: before the kill, or because the worker that was killed had nothing to do.
            break
    last = run_release(project, folder)
    found += faults_of_run(project, last, runs[-1] if runs else None)
    if last.exit_code:
        found.append(f"exit code {last.exit_code} at the end: {last.errors}")
    else:
        found += [*faults(read_state(project, folder / "tmp"), undisturbed.state), *complaints(project)]
    return Chain(tuple(done), tuple(run.finished for run in [*runs, last]), tuple(found))


def faults_of_run(project: SmallProject, run: Run, before: Run | None) -> list[str]:
    """Say what is wrong right after a run: a process that stays, a broken ledger, a step that is done again."""
    found = [f"{run.orphans} processes stayed"] if run.orphans else []
    check_ledger(project)
    again = [step for step in (before.finished if before else {}) if run.finished.get(step, "unchanged") != "unchanged"]
    return found + [f"{step} was done again, though the run before had finished it" for step in again]


def copy_project(project: SmallProject, root: Path) -> SmallProject:
    """Copy the project as it lies there, at the same Git commit."""
    shutil.copytree(project.root, root, symlinks=True)
    environment = {name: value.replace(str(project.root), str(root)) for name, value in project.environment.items()}
    return SmallProject(root, environment)
