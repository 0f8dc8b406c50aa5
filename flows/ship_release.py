"""The occasion: a capability's data, code or parameters changed, and a new release should be made from them."""

from __future__ import annotations

from prefect import flow

from flows.release_artifacts import publish_artifacts
from flows.step_tasks import as_task
from roadworthy.settings import Settings
from tasks.compare import COMPARE
from tasks.evaluate import EVALUATE
from tasks.ingest import INGEST
from tasks.package import PACKAGE
from tasks.prepare import PREPARE
from tasks.present import PRESENT
from tasks.register import REGISTER
from tasks.shipped import Shipped, describe_shipped
from tasks.train import TRAIN
from tasks.validate import VALIDATE
from tasks.workshop import open_workshop

ingest = as_task(INGEST)
validate = as_task(VALIDATE)
prepare = as_task(PREPARE)
train = as_task(TRAIN)
evaluate = as_task(EVALUATE)
package = as_task(PACKAGE)
register = as_task(REGISTER)
compare = as_task(COMPARE)
present = as_task(PRESENT)


@flow(name="ship_release", flow_run_name="ship {capability}", validate_parameters=False, persist_result=False)
def ship_release(capability: str) -> Shipped:
    """Make a release of `capability` and the evidence about it; what is up to date already is left as it is."""
    with open_workshop(Settings(), capability) as workshop:
        ingest(workshop)
        validate(workshop)
        prepare(workshop)
        train(workshop)
        evaluate(workshop)
        package(workshop)
        register(workshop)
        compare(workshop)
        present(workshop)
        shipped = describe_shipped(workshop)
    publish_artifacts(shipped)
    return shipped
