"""Who a person is: MLflow's own word, where it runs with authentication."""

# Late import: start-up time.
from __future__ import annotations

import os
from typing import TYPE_CHECKING

from roadworthy.errors import RuleBroken, Unavailable
from roadworthy.release.entries import Actor
from roadworthy.settings import Settings
from tasks.actor import local_actor
from tasks.registry.connect import tracking_uri

if TYPE_CHECKING:
    from requests import Response

USER, PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"


def identify_person(settings: Settings) -> Actor:
    """Return who runs this command: the user whom MLflow lets in with these credentials, else an unauthenticated one.

    Raises `RuleBroken` when MLflow refuses the credentials, `Unavailable` when it does not answer.
    """
    import requests

    uri, user, password = tracking_uri(settings), os.environ.get(USER), os.environ.get(PASSWORD)
    if not uri.startswith(("http://", "https://")) or not user or not password:
        return local_actor(settings)
    address = f"{uri.rstrip('/')}/api/2.0/mlflow/users/get"
    try:
        response = requests.get(address, params={"username": user}, auth=(user, password), timeout=10)
    except requests.RequestException as error:
        problem = f"MLflow does not answer: {type(error).__name__}"
        raise Unavailable(problem, where=address, remedy="see that it runs") from None
    if response.status_code in (401, 403):
        raise RuleBroken(f"MLflow does not let {user!r} in", where=address, remedy=f"correct {USER} and {PASSWORD}")
    if response.status_code >= 500:
        problem = f"MLflow can't say who {user!r} is: it answers {response.status_code}"
        raise Unavailable(problem, where=address, remedy="see MLflow's log")
    # A server without authentication takes any credentials, and has no users to tell about.
    return Actor(name=user, authenticated=True) if _names(response, user) else local_actor(settings)


def _names(response: Response, user: str) -> bool:
    """Tell whether this is MLflow's word on `user`, and not a page that some server gives to everybody."""
    try:
        return response.status_code == 200 and response.json()["user"]["username"] == user
    except (ValueError, KeyError, TypeError):
        return False
