"""The steps of each kind of capability in their order: what flows run, and what dvc.yaml is rendered from."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from roadworthy.errors import UnknownName
from roadworthy.steps import Step
from tasks.compare import COMPARE
from tasks.evaluate import EVALUATE
from tasks.evaluate_answers import EVALUATE_ANSWERS
from tasks.index import INDEX
from tasks.ingest import INGEST
from tasks.integrate import INTEGRATE
from tasks.package import PACKAGE
from tasks.package_assistant import PACKAGE_ASSISTANT
from tasks.prepare import PREPARE
from tasks.present import PRESENT
from tasks.reference import REFERENCE
from tasks.register import REGISTER
from tasks.train import TRAIN
from tasks.validate import VALIDATE

if TYPE_CHECKING:
    from roadworthy.params.capability import Capability


@dataclass(frozen=True)
class Route:
    """The way of one kind of capability."""

    to_bundle: tuple[Step, ...]
    """From data to a bundle: the stages in dvc.yaml.

    What steps of one process need is imported together where these follow each other.
    """

    @property
    def to_release(self) -> tuple[Step, ...]:
        """From data to a judged release that people can see."""
        return (*self.to_bundle, REGISTER, COMPARE, PRESENT)


ROUTES = {
    "model": Route((INGEST, VALIDATE, PREPARE, TRAIN, EVALUATE, REFERENCE, PACKAGE)),
    "assistant": Route((INGEST, VALIDATE, INDEX, INTEGRATE, EVALUATE_ANSWERS, PACKAGE_ASSISTANT)),
}
"""By the capability's kind."""


def route_of(capability: Capability) -> Route:
    """Return the route that the capability takes."""
    return ROUTES[capability.kind]


def step_called(name: str, capability: Capability) -> Step:
    """Return the step of that name on the capability's route. Raises `UnknownName` with the names that there are."""
    steps = {step.name: step for step in route_of(capability).to_release}
    if name in steps:
        return steps[name]
    near = get_close_matches(name, steps, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    raise UnknownName(f"no step is called {name!r}", remedy=f"{meant}The steps are: {', '.join(steps)}")
