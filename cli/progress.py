"""Live progress in the terminal: a line a step, with what it says and how long it took."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.text import Text

from roadworthy.steps import PASSING, Step
from tasks.workshop import Outcome


class _Seconds(ProgressColumn):
    """How long the step has taken."""

    def render(self, task: Task) -> Text:
        """Return the seconds with one decimal."""
        seconds = task.fields.get("seconds", task.elapsed or 0.0)
        return Text(f"{seconds:5.1f} s", style="dim")


class TerminalReporter:
    """Shows each step as it goes; plain lines where the output is not a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✔"),
            TextColumn("{task.fields[step]:<9}"),
            _Seconds(),
            TextColumn("[dim]{task.fields[text]}"),
            console=console,
        )
        self._lines: dict[str, TaskID] = {}
        self._texts: dict[str, list[str]] = {}

    def __enter__(self) -> Self:
        """Start to draw, if somebody looks."""
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to draw; what was drawn stays."""
        self._progress.stop()

    def started(self, step: Step) -> None:
        """Show the step with its spinner."""
        self._texts[step.name] = []
        self._lines[step.name] = self._progress.add_task(step.name, total=1, step=step.name, text=step.summary)

    def said(self, step: Step, text: str) -> None:
        """Show what the step says beside it."""
        if not text.endswith(PASSING):
            self._texts[step.name].append(text)
        elif not self._console.is_terminal:
            self._console.print(f"{step.name:<9} {text}", highlight=False, soft_wrap=True)
        self._progress.update(self._lines[step.name], text=text)

    def finished(self, step: Step, outcome: Outcome, seconds: float) -> None:
        """Show that the step is up to date, and how that came."""
        said = "; ".join(self._texts[step.name]) or step.summary
        text = said if outcome is Outcome.PERFORMED else f"{outcome}"
        self._progress.update(self._lines[step.name], completed=1, text=text, seconds=seconds)
        if not self._console.is_terminal:
            self._console.print(f"{step.name:<9} {seconds:6.1f} s  {text}", highlight=False, soft_wrap=True)
