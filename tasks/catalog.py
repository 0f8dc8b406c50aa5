"""The steps of a capability in their order: what flows run, and what dvc.yaml is rendered from."""

from __future__ import annotations

from difflib import get_close_matches

from roadworthy.errors import UnknownName
from roadworthy.steps import Step
from tasks.compare import COMPARE
from tasks.evaluate import EVALUATE
from tasks.ingest import INGEST
from tasks.package import PACKAGE
from tasks.prepare import PREPARE
from tasks.present import PRESENT
from tasks.register import REGISTER
from tasks.train import TRAIN
from tasks.validate import VALIDATE

MODEL_STEPS = (INGEST, VALIDATE, PREPARE, TRAIN, EVALUATE, PACKAGE)
"""From data to a bundle, for a trained model."""
RELEASE_STEPS = (*MODEL_STEPS, REGISTER, COMPARE, PRESENT)
"""From data to a judged release that people can see."""


def step_called(name: str) -> Step:
    """Return the step of that name. Raises `UnknownName` with the names that there are."""
    steps = {step.name: step for step in RELEASE_STEPS}
    if name in steps:
        return steps[name]
    near = get_close_matches(name, steps, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    raise UnknownName(f"no step is called {name!r}", remedy=f"{meant}The steps are: {', '.join(steps)}")
