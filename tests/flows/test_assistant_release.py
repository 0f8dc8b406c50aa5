"""An assistant on the same path as a model: released, shown, asked, judged, switched and reproduced."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import front_door
from fakes.small_help_desk import CAPABILITY, make_small_help_desk
from fakes.small_project import FirstRelease, SmallProject, forget_releases
from servers.extractive_model import answer, running_extractive_model
from servers.misbehaving_endpoint import Endpoint, Handler, broken, running_endpoint

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

PROMPT = "prompts/desk/answer.md"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """The model behind its endpoint."""
    with running_extractive_model() as running:
        yield running


@pytest.fixture(scope="module")
def released(
    prefect_api_url: str, mlflow_tables: Path, endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> FirstRelease:
    """The help desk, released once."""
    root = tmp_path_factory.mktemp("desk") / "desk"
    project = make_small_help_desk(root, prefect_api_url, endpoint.base_url, mlflow_tables)
    said = project.run("release", CAPABILITY)
    assert said.returncode == 0, said.stdout + said.stderr
    return FirstRelease(project, said)


@pytest.fixture
def desk(released: FirstRelease, tmp_path: Path) -> SmallProject:
    """A copy of its own of the released help desk."""
    return released.project.copy(tmp_path / "desk")


@pytest.fixture(scope="module")
def promoted(released: FirstRelease, tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """The help desk with its first release live; for tests that change nothing in it."""
    project = released.project.copy(tmp_path_factory.mktemp("promoted") / "desk")
    assert project.run("promote", f"{CAPABILITY}@1", "--approve").returncode == 0
    return project


@pytest.fixture
def live_desk(promoted: SmallProject, tmp_path: Path) -> SmallProject:
    """A copy of its own of the help desk whose first release is live."""
    return promoted.copy(tmp_path / "desk")


def edit(project: SmallProject, name: str, old: str, new: str) -> None:
    """Change a file of the project, and commit."""
    path = project.root / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    project.commit(f"Change {name}")


def ask_at(project: SmallProject, base_url: str) -> None:
    """Let the project's model answer at another address, and commit."""
    params = project.root / "params.yaml"
    params.write_text(re.sub(r"http://127.0.0.1:\d+/v1", base_url, params.read_text()))
    project.commit("Ask at another address")


def ask(project: SmallProject, question: str, *options: str) -> dict[str, object]:
    """Ask the latest release, and return the answer."""
    found: dict[str, object] = json.loads(tell(project, "ask", CAPABILITY, question, "--json", *options))["answer"]
    return found


def tell(project: SmallProject, *arguments: str, code: int = 0) -> str:
    """Run a command that starts no process, in this one; return what it says."""
    said = front_door.ask(project.root, *arguments)
    assert said.code == code, said.err
    return said.out


def mlflow_of(project: SmallProject) -> MlflowClient:
    """Return a client of the project's MLflow."""
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{project.root / '.roadworthy' / 'mlflow' / 'mlflow.db'}")


def run_of(project: SmallProject, version: str) -> Run:
    """Return the run of a version in the project's MLflow."""
    client = mlflow_of(project)
    return client.get_run(str(client.get_model_version(CAPABILITY, version).run_id))


def test_a_release_takes_the_assistants_route_and_is_judged(released: FirstRelease) -> None:
    """From documents to a numbered release with metrics, verdicts and the next command."""
    steps = re.findall(r"^(\w+) +[\d.]+ s ", released.said.stdout + released.said.stderr, re.MULTILINE)
    route = ["ingest", "validate", "index", "integrate", "evaluate", "package", "register", "compare", "present"]
    assert steps == route
    assert "help-desk@1  candidate" in released.said.stdout
    assert "roadworthy promote help-desk" in released.said.stdout


def test_its_version_in_mlflow_has_prompts_and_every_answer(released: FirstRelease) -> None:
    """Beside the models: the version with its card, the table of queries, and the prompts in the prompt registry."""
    root, client = released.project.root, mlflow_of(released.project)
    version = client.get_model_version(CAPABILITY, "1")
    assert "Answers questions about four accounts." in version.description
    table = root / ".roadworthy" / "mlflow" / "artifacts" / CAPABILITY / str(version.run_id) / "artifacts"
    content = json.loads((table / "evaluation_table.json").read_text())
    assert {"id", "query", "answer", "sources", "quality"} <= set(content["columns"])
    assert len(content["data"]) == 16
    prompt = client.get_prompt_version("desk.answer", 1)
    assert prompt is not None
    assert "Cite it" in str(prompt.template)


def test_its_run_has_the_traces_of_the_slowest_and_the_worst(released: FirstRelease) -> None:
    """Each part with its time, below the run; with the query, and with what was in production: nothing yet."""
    client, run = mlflow_of(released.project), run_of(released.project, "1")
    traces = client.search_traces(locations=[run.info.experiment_id], run_id=run.info.run_id)
    assert 5 <= len(traces) <= 10
    assert {"slowest"} <= {part for one in traces for part in one.info.tags["roadworthy.why"].split(", ")}
    assert all(one.info.tags["roadworthy.query"].startswith("desk-") for one in traces)
    names = {span.name for one in traces for span in one.data.spans}
    assert {"exchange", "guard the question", "retrieve"} <= names
    assert "nothing in production" in run.data.tags["roadworthy.changes_to"]


def test_it_answers_with_its_sources(desk: SmallProject) -> None:
    """From the bundle alone: the work tree's prompt may be anything."""
    (desk.root / PROMPT).write_text("nothing")
    said = ask(desk, "What monthly fee has the green account?")
    assert "4 dollars" in str(said["text"])
    assert said["citations"] == ["green_fee"]
    traced = desk.run("ask", CAPABILITY, "What monthly fee has the green account?", "--trace").stdout
    assert all(word in traced for word in ("guard the answer", "grounding", "green_fee", "tokens:"))


def test_a_tool_acts_for_the_customer_whom_the_application_names(desk: SmallProject) -> None:
    """With a user the balance is looked up and the call audited; without one, no tool is offered."""
    said = ask(desk, "What is my balance?", "--user", "cust-001")
    assert re.search(r"Your balances are [\d.]+", str(said["text"]))
    assert ask(desk, "What is my balance?")["calls"] == []


def test_unchanged_it_is_not_made_again(desk: SmallProject, endpoint: Endpoint) -> None:
    """Nothing is performed, and the model is not asked."""
    before = len(endpoint.asked)
    said = desk.run("release", CAPABILITY)
    assert said.returncode == 0
    assert len(endpoint.asked) == before
    assert "help-desk@1" in said.stdout


def test_a_prompt_that_makes_it_worse_does_not_pass(live_desk: SmallProject, endpoint: Endpoint) -> None:
    """Only what depends on the prompt runs again; the gate fails on the same queries; diff shows text and scores."""
    edit(live_desk, PROMPT, "Cite it. ", "")
    said = live_desk.run("release", CAPABILITY)
    assert said.returncode == 5, said.stdout + said.stderr
    assert re.search(r"index +[\d.]+ s +unchanged", said.stdout + said.stderr)
    assert "citations_valid" in said.stdout
    shown = tell(live_desk, "diff", f"{CAPABILITY}@1", f"{CAPABILITY}@2")
    assert "-Answer in one sentence from the passages. Cite it." in shown
    assert "desk-01" in shown
    run = run_of(live_desk, "2")
    page = Path(run.info.artifact_uri.removeprefix("file://"), "changes_to_production.md").read_text()
    assert run.data.tags["roadworthy.changes_to"] == f"{CAPABILITY}@1"
    assert "-Answer in one sentence from the passages. Cite it." in page


def test_switches_take_effect_without_a_release(live_desk: SmallProject, endpoint: Endpoint) -> None:
    """Tools off, the previous prompt, the safe template only; and on again."""
    fee = "What monthly fee has the blue account?"
    edit(live_desk, PROMPT, "Answer in one sentence", "Answer with one sentence")
    assert live_desk.run("release", CAPABILITY).returncode == 0
    assert live_desk.run("promote", f"{CAPABILITY}@2", "--approve").returncode == 0
    tell(live_desk, "switch", "off", "tools", CAPABILITY)
    assert ask(live_desk, "What is my balance?", "--user", "cust-001")["calls"] == []
    tell(live_desk, "switch", "off", "prompt", CAPABILITY)
    endpoint.asked.clear()
    ask(live_desk, "What is the interest rate of the silver account, please?")
    assert "Answer in one sentence" in endpoint.asked[-1].body["messages"][0]["content"]
    tell(live_desk, "switch", "off", "model", CAPABILITY)
    endpoint.asked.clear()
    assert ask(live_desk, fee)["text"] == "Please call us."
    assert endpoint.asked == []
    assert "switched off in help-desk: model, prompt, tools" in tell(live_desk, "status")
    for target in ("model", "prompt", "tools"):
        tell(live_desk, "switch", "on", target, CAPABILITY)
    assert "no monthly fee" in str(ask(live_desk, fee)["text"])
    history = tell(live_desk, "history", CAPABILITY)
    assert history.count("switched off") == history.count("switched on") == 3


def test_a_dead_endpoint_stops_the_release_and_leaves_nothing(desk: SmallProject) -> None:
    """One clear error, the exit code of a service that is down, and no second release."""
    ask_at(desk, "http://127.0.0.1:9/v1")
    said = desk.run("release", CAPABILITY)
    assert said.returncode == 6, said.stdout + said.stderr
    assert "127.0.0.1:9" in said.stderr
    assert len(json.loads(tell(desk, "status", "--json"))) == 1


def test_it_is_rebuilt_byte_for_byte(desk: SmallProject, endpoint: Endpoint) -> None:
    """Documents, index, answers and scores: the same bytes; what the model said is kept, and not asked again."""
    before = len(endpoint.asked)
    said = desk.run("reproduce", f"{CAPABILITY}@1")
    assert said.returncode == 0, said.stdout + said.stderr
    assert len(endpoint.asked) == before


def test_a_released_assistant_answers_any_set(desk: SmallProject, tmp_path: Path) -> None:
    """Another evaluation set, with advice on it, and a file with every answer."""
    line = {"id": "mine-1", "query": "Who founded this bank in the mountains?", "kind": "unknown"}
    (tmp_path / "mine.jsonl").write_text(json.dumps(line) + "\n")
    said = desk.run("evaluate", f"{CAPABILITY}@1", "--set", str(tmp_path / "mine.jsonl"))
    assert said.returncode == 0, said.stderr
    assert "advice: 1 queries; 50 to 200 are recommended" in said.stderr
    assert json.loads((tmp_path / "mine.answers.jsonl").read_text())["outcome"] == "unknown"


def test_an_endpoint_that_dies_midway_stops_the_release_and_the_next_run_goes_on(desk: SmallProject) -> None:
    """No release is judged on safe templates; run again, what was answered is not asked again."""

    def failing(handler: Handler) -> None:
        (broken if 8 <= len(handler.endpoint.asked) <= limit[0] else answer)(handler)

    limit = [10_000]
    forget_releases(desk)
    with running_endpoint([failing]) as endpoint:
        ask_at(desk, endpoint.base_url)
        stopped = desk.run("release", CAPABILITY)
        assert stopped.returncode == 6, stopped.stdout + stopped.stderr
        assert re.search(r"\d+ of 16 queries could not be answered", stopped.stderr)
        assert "nothing is released yet" in tell(desk, "status")
        limit[0] = 0
        before = len(endpoint.asked)
        assert desk.run("release", CAPABILITY).returncode == 0
        assert len(endpoint.asked) - before < 17


def test_a_risky_call_runs_once_somebody_else_has_approved_it(desk: SmallProject) -> None:
    """Exactly these arguments, for this customer, once."""
    freeze = ("Please freeze my card cc-1001", "--user", "cust-001", "--conversation", "c1")
    waiting = ask(desk, *freeze)
    assert waiting["outcome"] == "confirm"
    (call,) = waiting["calls"]  # type: ignore[misc]
    assert call["approval_request"] in tell(desk, "queue", "list", CAPABILITY)
    assert "roadworthy queue approve" in tell(desk, "ask", CAPABILITY, *freeze)
    tell(desk, "queue", "approve", call["approval_request"])
    assert [one["verdict"] for one in ask(desk, *freeze)["calls"]] == ["done"]  # type: ignore[union-attr, index]
    assert ask(desk, *freeze)["outcome"] == "confirm"
    tell(desk, "queue", "approve", "nothing", code=2)


def test_real_queries_come_in_anonymised_and_once(desk: SmallProject, tmp_path: Path) -> None:
    """As drafts beside the set, without what is there already, also when they are brought in again."""
    lines = ["query", "Where is my card? Write to ann@example.com", "What monthly fee has the blue account?", "Why?"]
    (tmp_path / "tickets.csv").write_text("\n".join(lines) + "\n")
    evalset = ("evalset", "add", str(tmp_path / "tickets.csv"), "--set", "evalsets/desk.jsonl", "--json")
    first, second = (json.loads(tell(desk, *evalset))["report"] for _ in range(2))
    assert (first["added"], first["redacted"], first["exact_duplicates"]) == (2, 1, 1)
    assert (second["added"], second["exact_duplicates"]) == (0, 3)
    drafts = (desk.root / "evalsets" / "desk.drafts.jsonl").read_text()
    assert "ann@example.com" not in drafts
    assert "[personal: email]" in drafts


def test_commands_for_models_say_what_an_assistant_is_for(desk: SmallProject) -> None:
    """A wrong request is answered with the right one."""
    (desk.root / "rows.csv").write_text("a\n1\n")
    said = desk.run("predict", f"{CAPABILITY}@1", "rows.csv")
    assert said.returncode == 2
    assert "roadworthy ask help-desk@1" in said.stderr
