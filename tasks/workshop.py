"""Where the steps of one capability are brought up to date: the lock, DVC's answers and the worker processes."""

# Late imports: start-up time.
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Protocol

from roadworthy.atomic import remove
from roadworthy.params.capability import Params
from roadworthy.params.loading import capability_params, load_params
from roadworthy.settings import Settings
from roadworthy.steps import Step
from roadworthy.workspace import Workspace
from tasks.catalog import route_of
from tasks.exclusive import exclusive
from tasks.leftovers import clear_leftovers, scratch_folder
from tasks.perform import PARAMS_FILE
from tasks.pipeline import LOCK_FILE, Pipeline, watched_files, write_if_stale
from tasks.workers import Worker, quiet_libraries

WORKERS = {"services": 10, "modelling": 0}
"""The worker processes, each with its niceness: two, because there are two heavy sets of libraries, each loaded once.

Great Expectations is needed last of what a release begins by importing: it steps back for Prefect and the first step.
"""


class Outcome(StrEnum):
    """How a step was brought up to date."""

    UNCHANGED = "unchanged"
    RESTORED = "restored"
    PERFORMED = "performed"


class Reporter(Protocol):
    """Tells the people who watch how the work goes."""

    def started(self, step: Step) -> None:
        """A step begins."""

    def said(self, step: Step, text: str) -> None:
        """A step has something to say."""

    def finished(self, step: Step, outcome: Outcome, seconds: float) -> None:
        """A step is up to date."""


class Workshop:
    """Brings the steps of one capability up to date; made by `open_workshop`."""

    def __init__(self, settings: Settings, capability: str, reporter: Reporter, lock: int) -> None:
        self.settings = settings
        self.capability = capability
        self.root: Path = settings.root.resolve()
        self.params: Params = load_params(self.root / PARAMS_FILE)
        self.section = capability_params(self.params, capability)
        self._reporter = reporter
        self._pipeline: Pipeline | None = None
        # DVC sees to one stage at a time, also where two steps are performed at once.
        self._deciding = threading.Lock()
        scratch = scratch_folder(settings.home_path)
        self._workers = {name: Worker(self.root, lock, scratch, niceness) for name, niceness in WORKERS.items()}

    @property
    def workspace(self) -> Workspace:
        """Where the capability's files lie."""
        return Workspace(self.root, self.capability)

    @property
    def _steps(self) -> tuple[Step, ...]:
        return route_of(self.section).to_release

    def warm_up(self) -> None:
        """Start the processes that will be needed, so that they import while others work.

        A guess by the files' times, because DVC takes a second to say for sure; a wrong guess costs time, not truth.
        """
        if self.settings.warm_processes and self._probably_changed():
            self.start_workers()

    def _probably_changed(self) -> bool:
        lock = self.root / LOCK_FILE
        if not lock.is_file() or not self.workspace.bundle.is_dir():
            return True
        committed = lock.stat().st_mtime_ns
        return any(path.stat().st_mtime_ns > committed for path in watched_files(self.root))

    def start_workers(self) -> None:
        """Start both processes now; each imports what its first steps need."""
        quiet_libraries()
        for worker in self._workers.values():
            worker.start()
        for name in WORKERS:
            self._expect(self._steps, name)

    def bring_up_to_date(self, step: Step, parent_run: str | None = None) -> Outcome:
        """Skip, restore or perform the step, whichever its inputs, code and parameters ask for."""
        start = time.monotonic()
        self._reporter.started(step)
        outcome = self._bring_up_to_date(step, parent_run)
        self._reporter.finished(step, outcome, time.monotonic() - start)
        return outcome

    def perform(self, step: Step, parent_run: str | None = None) -> None:
        """Perform the step in its worker process."""

        def announce(text: str) -> None:
            self._reporter.said(step, text)

        coming = self._steps[self._steps.index(step) + 1 :]
        for name in WORKERS:
            if name != step.worker:
                self._expect(coming, name)
        self._workers[step.worker].perform(step, self.capability, announce, parent_run)
        self._expect(coming, step.worker)

    def _expect(self, coming: tuple[Step, ...], name: str) -> None:
        """Tell the process of that name which of the coming steps it will perform next, one after another."""
        later = dropwhile(lambda step: step.worker != name, coming)
        self._workers[name].expect(tuple(takewhile(lambda step: step.worker == name, later)))

    def close(self) -> None:
        """End the worker processes, and remove the temporary files that libraries keep until they end by themselves."""
        for worker in self._workers.values():
            worker.end()
        remove(scratch_folder(self.settings.home_path))

    def _bring_up_to_date(self, step: Step, parent_run: str | None) -> Outcome:
        with self._deciding:
            if self._is_current(step):
                return Outcome.UNCHANGED
            if step.in_dvc and self._dvc().restore(step, self.capability):
                return Outcome.RESTORED
        self.perform(step, parent_run)
        if step.in_dvc:
            with self._deciding:
                self._dvc().commit(step, self.capability)
        return Outcome.PERFORMED

    def _is_current(self, step: Step) -> bool:
        if step.is_done is not None:
            return step.is_done(self.section, self.workspace)
        return self._dvc().is_current(step, self.capability)

    def _dvc(self) -> Pipeline:
        if self._pipeline is None:
            write_if_stale(self.params, self.root)
            self._pipeline = Pipeline(self.root)
        return self._pipeline


_opened: ContextVar[Workshop | None] = ContextVar("opened workshop", default=None)


@contextmanager
def open_workshop(settings: Settings, capability: str, reporter: Reporter | None = None) -> Iterator[Workshop]:
    """Take the work tree's lock, clear away what a killed run left, and yield the workshop.

    The command line opens it before it imports Prefect, so that the processes warm up meanwhile;
    the flow that opens it again gets the same one.
    """
    opened = _opened.get()
    if opened is not None and opened.capability == capability:
        yield opened
        return
    purpose = f"a release of {capability}"
    root, home = settings.root.resolve(), settings.home_path
    with exclusive(home, purpose, clear=lambda: clear_leftovers(root, home)) as lock:
        workshop = Workshop(settings, capability, reporter or LoggingReporter(), lock)
        token = _opened.set(workshop)
        try:
            yield workshop
        finally:
            _opened.reset(token)
            workshop.close()


class LoggingReporter:
    """Tells it to the log; Prefect passes it on to its server."""

    def __init__(self) -> None:
        self._logger = logging.getLogger("roadworthy")

    def started(self, step: Step) -> None:
        """Log that a step begins."""
        self._logger.info("%s: %s", step.name, step.summary)

    def said(self, step: Step, text: str) -> None:
        """Log what a step says."""
        self._logger.info("%s: %s", step.name, text)

    def finished(self, step: Step, outcome: Outcome, seconds: float) -> None:
        """Log that a step is up to date."""
        self._logger.info("%s: %s in %.1f s", step.name, outcome, seconds)
