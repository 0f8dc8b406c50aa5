"""The pins of Prefect's neighbours hold: with the wrong ones its server looks healthy and does nothing."""

from __future__ import annotations

import httpx
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed


def test_a_scheduled_deployment_gets_runs(prefect_api_url: str) -> None:
    """With SQLAlchemy 2.1 no scheduled run is ever created, and nothing says so; with a newer FastAPI it is a 422."""
    with httpx.Client(base_url=prefect_api_url, timeout=30) as client:
        flow = client.post("/flows/", json={"name": "nightly"}).raise_for_status().json()
        schedule = {"schedule": {"cron": "0 3 * * *", "timezone": "UTC"}, "active": True}
        content = {"name": "nightly", "flow_id": flow["id"], "schedules": [schedule], "entrypoint": "flows.py:nightly"}
        deployment = client.post("/deployments/", json=content).raise_for_status().json()
        try:
            assert _scheduled_runs(client, deployment["id"])
        finally:
            client.delete(f"/deployments/{deployment['id']}").raise_for_status()


@retry(retry=retry_if_result(lambda runs: not runs), stop=stop_after_delay(90), wait=wait_fixed(0.5))
def _scheduled_runs(client: httpx.Client, deployment: str) -> list[object]:
    """Return the runs that the scheduler has created; its loop comes by once a minute."""
    wanted = {"deployments": {"id": {"any_": [deployment]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    runs: list[object] = client.post("/flow_runs/filter", json=wanted).raise_for_status().json()
    return runs
