"""The bare script's steps as a Metaflow flow: `python metaflow_release.py run --folder FOLDER`."""

# ruff: noqa: D102 (the steps' names say it)
from __future__ import annotations

import sys
from pathlib import Path

from metaflow import FlowSpec, Parameter, step

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


class Release(FlowSpec):
    """Load, prepare, train and evaluate; what a step leaves for the next is an artifact."""

    folder = Parameter("folder")

    @step
    def start(self) -> None:
        from bare_release import load

        self.rows = load(Path(self.folder))
        self.next(self.prepare)

    @step
    def prepare(self) -> None:
        from bare_release import prepare

        self.rows = prepare(self.rows)
        self.next(self.train)

    @step
    def train(self) -> None:
        from bare_release import train

        self.model = train(self.rows)
        self.next(self.evaluate)

    @step
    def evaluate(self) -> None:
        from bare_release import evaluate

        evaluate(self.model, self.rows)
        self.next(self.end)

    @step
    def end(self) -> None:
        pass


if __name__ == "__main__":
    Release()
