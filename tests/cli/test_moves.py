"""What the commands do that move a release: back to the one before, and never twice for one wish."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from fakes.front_door import ask
from fakes.small_project import SmallProject
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from tasks.exclusive import exclusive


@pytest.fixture
def live_project(promoted_project: SmallProject, tmp_path: Path) -> SmallProject:
    """A copy of the project with two releases that a test may change."""
    return promoted_project.copy(tmp_path / "churn")


def test_rollback_puts_the_first_release_back(live_project: SmallProject) -> None:
    """One command, and the release before is live again, with the reason in the ledger; MLflow follows."""
    answer = ask(live_project.root, "rollback", "churn", "--reason", "wrong for new customers", "--json")
    assert answer.code == 0
    fact = json.loads(answer.out)["entry"]["fact"]
    assert (fact["release"], fact["to"], fact["reason"]) == (2, 1, "wrong for new customers")
    stages = {line["release"]: line["stage"] for line in json.loads(ask(live_project.root, "status", "--json").out)}
    assert stages == {1: "production", 2: "retired"}
    _alias_follows(live_project, version=1)


def test_a_second_rollback_is_refused_with_a_way_out(live_project: SmallProject) -> None:
    """Before the first release there was nothing: exit 5, what to do instead, and the ledger as before."""
    assert ask(live_project.root, "rollback", "churn").code == 0
    before = ask(live_project.root, "history", "churn").out
    answer = ask(live_project.root, "rollback", "churn")
    assert answer.code == 5
    assert "nothing to roll back to" in answer.err
    assert "remedy:" in answer.err
    assert ask(live_project.root, "history", "churn").out == before
    _alias_follows(live_project, version=1)


def test_a_rollback_to_a_tampered_release_is_refused(live_project: SmallProject) -> None:
    """Nobody is sent back to files that are not what was released; the live release stays live."""
    params = json.loads(ask(live_project.root, "diff", "2", "1", "--json").out)["difference"]["files"]
    (model,) = (change["new"] for change in params if change["name"] == "model/model.skops")
    blob = live_project.root / ".roadworthy" / "store" / "blobs" / "sha256" / model
    blob.chmod(0o644)
    blob.write_bytes(b"another model")
    answer = ask(live_project.root, "rollback", "churn")
    assert answer.code == 4
    assert "model/model.skops" in answer.err
    assert "release 1 can't be served" in answer.err
    assert json.loads(ask(live_project.root, "status", "--json").out)[0]["release"] == 2


def test_two_releases_at_once(copied_project: SmallProject) -> None:
    """The second is refused at once with exit 7 and is told who holds the work tree."""
    with exclusive(copied_project.root / ".roadworthy", "a release of churn"):
        answer = ask(copied_project.root, "release", "churn")
    assert answer.code == 7
    assert "a release of churn" in answer.err
    assert "process" in answer.err


def test_a_prefect_that_does_not_answer(copied_project: SmallProject) -> None:
    """A server that is named and not there: exit 6, its address and a remedy, and nothing was done."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/api"
        said = copied_project.run("release", "churn", PREFECT_API_URL=address)
    assert said.returncode == 6
    assert address in said.stderr
    assert "unset it to use a local server" in said.stderr
    assert "Traceback" not in said.stderr


def _alias_follows(project: SmallProject, version: int) -> None:
    """Wait until the synchronisation that rollback starts in the background has told MLflow."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project.root}/.roadworthy/mlflow/mlflow.db")

    @retry(retry=retry_if_exception_type(AssertionError), stop=stop_after_delay(60), wait=wait_fixed(0.2), reraise=True)
    def look() -> None:
        assert client.get_registered_model("churn").aliases.get("production") == version

    look()
