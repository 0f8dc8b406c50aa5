"""Prefect's tasks, each made from the one definition of its step."""

from __future__ import annotations

from typing import Any

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.tasks import exponential_backoff

from roadworthy.errors import Unavailable
from roadworthy.steps import Step
from tasks.workshop import Outcome, Workshop


def as_task(step: Step) -> Task[[Workshop], Outcome]:
    """Return the task that brings `step` up to date; it is tried again only when the outside did not answer."""

    # DVC decides whether a step has to run (rule 1), so Prefect's own cache stays out of it.
    @task(
        name=step.name,
        description=step.summary,
        retries=step.attempts - 1,
        retry_delay_seconds=exponential_backoff(backoff_factor=2),
        retry_jitter_factor=0.5,
        retry_condition_fn=_the_outside_failed,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def bring_up_to_date(workshop: Workshop) -> Outcome:
        context = TaskRunContext.get()
        flow_run = context.task_run.flow_run_id if context else None
        return workshop.bring_up_to_date(step, parent_run=str(flow_run) if flow_run else None)

    return bring_up_to_date


def _the_outside_failed(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.result(raise_on_failure=False), Unavailable)
