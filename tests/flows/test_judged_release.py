"""A release whose answers a judge has looked at: held against people's ratings, and shown wherever people look."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.small_help_desk import CAPABILITY, make_small_help_desk
from fakes.small_project import SmallProject
from servers.extractive_model import answer
from servers.misbehaving_endpoint import FINISHED, Endpoint, Handler, running_endpoint

JUDGE = """
      judge:
        provider:
          kind: openai
          base_url: "{base_url}"
          model: judge
          key_variable: null
        asks: rubric
        labels: {{path: evalsets/judge_labels.jsonl}}
        least_kappa: 0.4"""


def judge_or_answer(handler: Handler) -> None:
    """Judge by the presence of a number, which people are said to like; answer as the help desk's model otherwise."""
    body = handler.asked.body
    if body["model"] != "judge":
        answer(handler)
        return
    asked = body["messages"][-1]["content"]
    reply = re.sub(r"\[\d+\]", "", asked.partition("Reply: ")[2].partition("\n\n")[0])
    score = 2 if any(letter.isdigit() for letter in reply) else 0
    said = json.dumps({"reason": "write to ann@example.com", "score": score})
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
    handler.send(200, json.dumps(FINISHED | {"model": "judge", "choices": [choice]}).encode())


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """The help desk's model and the judge."""
    with running_endpoint([judge_or_answer]) as running:
        yield running


@pytest.fixture(scope="module")
def released(
    prefect_api_url: str, mlflow_tables: Path, endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> SmallProject:
    """The help desk with a judge, released once."""
    root = tmp_path_factory.mktemp("judged") / "desk"
    project = make_small_help_desk(root, prefect_api_url, endpoint.base_url, mlflow_tables)
    labels = root / "evalsets" / "judge_labels.jsonl"
    rated = [
        {"question": "q", "answer": f"It is {number}." if yes else f"It is {'n' * (number + 1)}.", "approved": yes}
        for number in range(40)
        for yes in (True, False)
    ]
    labels.write_text("".join(json.dumps(line) + "\n" for line in rated))
    params = root / "params.yaml"
    text = params.read_text().replace(
        "evaluate: {queries: evalsets/desk.jsonl, resamples: 200}",
        "evaluate:\n      queries: evalsets/desk.jsonl\n      resamples: 200"
        + JUDGE.format(base_url=endpoint.base_url),
    )
    params.write_text(text + "      - {kind: floor, metric: judge, at_least: 0.3}\n")
    assert project.run("render").returncode == 0
    project.commit("Ask a judge")
    said = project.run("release", CAPABILITY)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "all 3 gates" in said.stdout
    return project


def test_its_calibration_is_kept_and_its_metric_gates(released: SmallProject) -> None:
    """Every rating beside what people said, with the digest of their file; the gate on `judge` passed."""
    folder = released.root / "data" / CAPABILITY / "bundle" / "evaluation"
    evaluation = json.loads((folder / "evaluation.json").read_bytes())
    kept = json.loads((folder / "judge_calibration.json").read_bytes())
    assert kept["calibration"] == evaluation["calibration"]
    assert evaluation["calibration"]["kappa"]["value"] == 1
    assert len(kept["cases"]) == 80
    assert len(kept["labels"]["sha256"]) == 64
    assert evaluation["metrics"]["judge"]["value"] > 0.5
    card = (folder.parent / "ASSISTANT_CARD.md").read_text()
    assert "agrees with judge_labels.jsonl" in card
    assert "and gates" in card


def test_mlflow_shows_what_it_thinks_of_each_answer(released: SmallProject) -> None:
    """In the table, without what nobody should read, and κ among the metrics."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{released.root / '.roadworthy' / 'mlflow' / 'mlflow.db'}")
    run = client.get_run(str(client.get_model_version(CAPABILITY, "1").run_id))
    assert run.data.metrics["judge.kappa"] == 1
    assert run.data.metrics["judge.approves"] > 0.5
    text = Path(run.info.artifact_uri.removeprefix("file://"), "evaluation_table.json").read_text()
    table = json.loads(text)
    place = table["columns"].index("judge approves")
    assert {row[place] for row in table["data"]} == {True, False, None}
    assert "gates" in text
    assert "ann@example.com" not in text


def test_unchanged_nobody_is_asked_again_and_it_is_rebuilt_byte_for_byte(
    released: SmallProject, endpoint: Endpoint
) -> None:
    """Opinions are kept like answers."""
    before = len(endpoint.asked)
    said = released.run("reproduce", f"{CAPABILITY}@1")
    assert said.returncode == 0, said.stdout + said.stderr
    assert len(endpoint.asked) == before
