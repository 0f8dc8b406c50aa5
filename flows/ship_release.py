"""The occasion: a capability's data, code or parameters changed, and a new release should be made from them."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.release_artifacts import publish_artifacts
from flows.step_tasks import as_task
from roadworthy.settings import Settings
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
from tasks.reason import checked_reason, record_reason
from tasks.reference import REFERENCE
from tasks.register import REGISTER
from tasks.shipped import Shipped, describe_shipped
from tasks.train import TRAIN
from tasks.validate import VALIDATE
from tasks.workshop import Workshop, open_workshop

ingest = as_task(INGEST)
validate = as_task(VALIDATE)
prepare = as_task(PREPARE)
reference = as_task(REFERENCE)
train = as_task(TRAIN)
evaluate = as_task(EVALUATE)
package = as_task(PACKAGE)
index = as_task(INDEX)
integrate = as_task(INTEGRATE)
evaluate_answers = as_task(EVALUATE_ANSWERS)
package_assistant = as_task(PACKAGE_ASSISTANT)
register = as_task(REGISTER)
compare = as_task(COMPARE)
present = as_task(PRESENT)


@flow(name="ship_release", flow_run_name="ship {capability}", validate_parameters=False, persist_result=False)
def ship_release(capability: str, reason: str | None = None) -> Shipped:
    """Make a release of `capability` and the evidence about it; what is up to date already is left as it is.

    `reason` says what it is made for when an event started it, and is recorded with the release.
    """
    checked = checked_reason(reason)
    with open_workshop(Settings(), capability) as workshop:
        ingest(workshop)
        validate(workshop)
        if workshop.section.kind == "model":
            prepare(workshop)
            # Beside the training: it needs another process, and about a second.
            profiled = reference.submit(workshop)
            train(workshop)
            evaluate(workshop)
            profiled.result()
            package(workshop)
        else:
            index(workshop)
            integrate(workshop)
            evaluate_answers(workshop)
            package_assistant(workshop)
        register(workshop)
        if checked:
            note(workshop, checked)
        compare(workshop)
        present(workshop)
        shipped = describe_shipped(workshop)
    publish_artifacts(shipped)
    return shipped


@task(name="note the reason", cache_policy=NO_CACHE, persist_result=False)
def note(workshop: Workshop, reason: str) -> None:
    """Record with the release what it was made for."""
    record_reason(workshop, reason)
