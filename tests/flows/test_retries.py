"""When a step is tried again: only when the outside did not answer, in real flow runs on a real Prefect server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import pytest
from prefect import flow
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

from flows.step_tasks import as_task
from roadworthy.errors import DataError, RoadworthyError, StepFailed, Unavailable
from roadworthy.steps import Step
from tasks.workshop import Outcome, Workshop


@dataclass
class Bench:
    """Stands where the workshop stands: performs a step by failing with each of `errors`, one a call, then doing it."""

    errors: list[Exception]
    parents: list[str | None] = field(default_factory=list)
    """The flow run that each call was told of."""

    def bring_up_to_date(self, step: Step, parent_run: str | None = None) -> Outcome:
        """Fail with the next error, or succeed."""
        self.parents.append(parent_run)
        if self.errors:
            raise self.errors.pop(0)
        return Outcome.PERFORMED


@pytest.fixture(autouse=True)
def _server(prefect_api_url: str) -> Iterator[None]:
    # The log would be sent when this process ends, to a server that is gone by then.
    with temporary_settings({PREFECT_API_URL: prefect_api_url, PREFECT_LOGGING_TO_API_ENABLED: False}):
        yield


def test_a_step_is_tried_again_until_the_outside_answers() -> None:
    """Down twice, then there: the third attempt of three succeeds, and each knows the flow run it belongs to."""
    bench = Bench([Unavailable("down"), Unavailable("still down")])
    run, outcome = _perform(bench, attempts=3)
    assert outcome is Outcome.PERFORMED
    assert bench.parents == [run, run, run]


def test_it_gives_up_after_the_last_attempt() -> None:
    """An outside that stays away: as many attempts as the step allows, then its own error."""
    bench = Bench([Unavailable(f"attempt {number}") for number in range(1, 5)])
    with pytest.raises(Unavailable, match="attempt 3"):
        _perform(bench, attempts=3)
    assert len(bench.parents) == 3


def test_a_step_without_attempts_is_tried_once() -> None:
    """A step that never goes outside is not repeated, whatever it raises."""
    bench = Bench([Unavailable("down")])
    with pytest.raises(Unavailable):
        _perform(bench, attempts=1)
    assert len(bench.parents) == 1


@pytest.mark.parametrize("kind", [DataError, StepFailed])
def test_what_trying_again_can_t_help_is_not_tried_again(kind: type[RoadworthyError]) -> None:
    """Wrong data is wrong the second time too: one attempt, and the error comes out as it was raised."""
    error = kind("so it is", where="customers.csv", remedy="correct it")
    bench = Bench([error])
    with pytest.raises(kind) as raised:
        _perform(bench, attempts=3)
    assert raised.value is error
    assert len(bench.parents) == 1


def _perform(bench: Bench, attempts: int) -> tuple[str, Outcome]:
    """Run a flow of one step that may be tried so often; return the flow run and the outcome."""
    step = Step(
        name="fetch",
        summary="Fetches something.",
        run=lambda section, workspace, announce: None,
        section=None,
        inputs=lambda capability, workspace: (),
        outputs=lambda capability, workspace: (),
        timeout_seconds=60,
        attempts=attempts,
    )
    task = as_task(step).with_options(retry_delay_seconds=0)

    @flow(name="one step", persist_result=False)
    def one_step() -> tuple[str, Outcome]:
        context = FlowRunContext.get()
        assert context is not None
        assert context.flow_run is not None
        return str(context.flow_run.id), task(cast(Workshop, bench))

    return one_step()
