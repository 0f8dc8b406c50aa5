"""Runs of a small project's release that are watched, and killed where a plan says."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tests.fakes.small_project import CAPABILITY, SmallProject

HOOK = Path(__file__).with_name("kill_hook")
BURIAL_SECONDS = 30.0
"""How long the processes of a killed release may take to go away."""
_FINISHED = re.compile(r"^(?P<step>[a-z]+) +[\d.]+ s  (?P<text>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Site:
    """A write: which process makes it, what it does to which path, and the how-manieth time."""

    role: str
    site: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.role}: {self.site} ({self.occurrence})"


@dataclass(frozen=True)
class AtSite:
    """A kill at a write: before it, some calls into C after it began, or some seconds after."""

    site: Site
    calls: int
    delay: float
    whole_family: bool
    step: int = 0
    """The number of the step that makes the write; 0 for one that most steps make."""

    def __str__(self) -> str:
        where = f"after {self.delay:.3f} s" if self.delay else f"after {self.calls} calls"
        return f"{'all' if self.whole_family else 'one'} at {self.site} {where}"


@dataclass(frozen=True)
class AtTime:
    """A kill so many seconds after the start."""

    seconds: float
    role: str | None
    """The process to kill; None for all."""

    def __str__(self) -> str:
        return f"{self.role or 'all'} after {self.seconds:.1f} s"


Kill = AtSite | AtTime


@dataclass(frozen=True)
class Run:
    """How a run of `roadworthy release` ended."""

    killed: bool
    exit_code: int
    seconds: float
    finished: dict[str, str]
    """Each step that was brought up to date, and what was said of it."""
    sites: tuple[Site, ...]
    """The writes that were begun, in order."""
    orphans: int
    """Processes that were still there long after the release's end."""
    errors: str


def run_release(project: SmallProject, folder: Path, kill: Kill | None = None) -> Run:
    """Run the release once and kill it as `kill` says; `folder` takes the records and the system's temporary files."""
    records = folder / f"run-{uuid.uuid4().hex[:8]}"
    (records / "processes").mkdir(parents=True)
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    environment = {**project.environment, **_watched(project, records, kill), "TMPDIR": str(scratch)}
    start = time.monotonic()
    with (records / "output").open("wb") as output, (records / "errors").open("wb") as errors:
        command = [sys.executable, "-m", "cli.main", "release", CAPABILITY]
        process = subprocess.Popen(
            command, cwd=project.root, env=environment, stdout=output, stderr=errors, start_new_session=True
        )
        killed = _follow(process, records, kill, start)
    return Run(
        killed=killed or (records / "killed").exists(),
        exit_code=process.returncode,
        seconds=time.monotonic() - start,
        finished={found["step"]: found["text"] for found in _FINISHED.finditer((records / "output").read_text())},
        sites=_sites(records),
        orphans=_bury(records),
        errors=(records / "errors").read_text()[-2000:],
    )


def _watched(project: SmallProject, records: Path, kill: Kill | None) -> dict[str, str]:
    watched = {
        "PYTHONPATH": f"{HOOK}{os.pathsep}{project.root}",
        "KILLS_ROOT": str(project.root),
        "KILLS_FOLDER": str(records),
    }
    if isinstance(kill, AtSite):
        plan = {**asdict(kill.site), "calls": kill.calls, "delay": kill.delay, "whole_family": kill.whole_family}
        watched["KILLS_PLAN"] = json.dumps(plan)
    return watched


def _follow(process: subprocess.Popen[bytes], records: Path, kill: Kill | None, start: float) -> bool:
    """Wait for the end, and kill on the way if it is time for it; tell whether that was done."""
    killed = False
    if isinstance(kill, AtTime):
        try:
            process.wait(start + kill.seconds - time.monotonic())
        except subprocess.TimeoutExpired:
            killed = _kill(records, kill.role)
    process.wait(300)
    return killed


def _kill(records: Path, role: str | None) -> bool:
    victims = [int(path.name) for path in (records / "processes").iterdir() if role in (None, path.read_text())]
    for victim in victims:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return bool(victims)


def _bury(records: Path) -> int:
    """Wait until all processes of the run are gone; return how many are not."""
    processes = []
    for path in (records / "processes").iterdir():
        try:
            processes.append(psutil.Process(int(path.name)))
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(processes, timeout=BURIAL_SECONDS)
    for process in alive:
        process.kill()
    return len(alive)


def _sites(records: Path) -> tuple[Site, ...]:
    lines = [line for path in records.glob("events-*") for line in path.read_text().splitlines()]
    events = sorted(json.loads(line) for line in lines)
    return tuple(Site(role, site, occurrence) for _, role, site, occurrence in events)
