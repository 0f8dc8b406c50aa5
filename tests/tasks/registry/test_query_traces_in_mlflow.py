"""The slowest and the worst queries as real traces in MLflow, on SQLite and through a server."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from servers.mlflow_server import MlflowServer

from roadworthy.digest import digest_bytes
from roadworthy.evaluation.query_traces import QueryTrace, TracedPart, answer_digest
from roadworthy.evaluation.scored_query import ScoredQuery, rows_to_jsonl
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.exchange.interface import Outcome
from roadworthy.release.entries import Stage
from roadworthy.settings import Settings
from tasks.evaluate_answers import ANSWERS
from tasks.kept_traces import find_traces, keep_traces, traces_folder
from tasks.mlflow_server import await_mlflow
from tasks.registry.connect import Registry, connect
from tasks.registry.experiment import open_experiment
from tasks.registry.facts import ReleaseFacts
from tasks.registry.text_changes import TextChange, TextChanges
from tasks.registry.traces import MOST, QUERY, WHY, log_traces

NAME = "traced-desk"
FACTS = ReleaseFacts(NAME, 1, "d" * 64, "c" * 40, True, Stage.CANDIDATE, datetime(2026, 7, 1, tzinfo=UTC), "tests", {})


def scored(number: int, quality: float) -> ScoredQuery:
    """Return a row."""
    return ScoredQuery(
        id=f"q{number}",
        kind="answer",
        query=f"What costs {number}?",
        answer=f"It costs {number}.",
        outcome=Outcome.ANSWERED,
        citations=("fees",),
        scores={AnswerMetric.QUALITY: quality, AnswerMetric.GROUNDING: 0.5},
        reasons={AnswerMetric.GROUNDING: "1 of 2 sentences are supported"},
    )


def traced(row: ScoredQuery, seconds: float) -> QueryTrace:
    """Return its trace: two parts, one of which failed."""
    parts = (
        TracedPart(name="retrieve", seconds=0.1, detail="fees, limits"),
        TracedPart(name="ask the model", seconds=seconds, failure="CallFailed: timeout"),
    )
    return QueryTrace(
        id=row.id, answer=answer_digest(row), seconds=seconds + 0.1, cached=False, prompt_tokens=7, parts=parts
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle with the answers to twelve queries; the later, the slower and the better."""
    rows = [scored(number, number / 11) for number in range(12)]
    content = rows_to_jsonl(rows)
    (tmp_path / "bundle" / "evaluation").mkdir(parents=True)
    (tmp_path / "bundle" / "evaluation" / ANSWERS).write_bytes(content)
    traces = [traced(row, float(number)) for number, row in enumerate(rows)]
    keep_traces(traces_folder(Settings(root=tmp_path)), NAME, digest_bytes(content), traces)
    return tmp_path / "bundle"


def check(registry: Registry, bundle: Path) -> None:
    """Log twice, as after a kill, and look at what people find."""
    experiment = open_experiment(registry, NAME)
    run = str(registry.client.create_run(experiment).info.run_id)
    for _ in range(2):
        assert log_traces(registry, experiment, run, FACTS, bundle) == 2 * MOST
    found = {one.info.tags[QUERY]: one for one in registry.client.search_traces(locations=[experiment], run_id=run)}
    assert sorted(found, key=lambda name: int(name[1:])) == [
        f"q{number}" for number in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)
    ]
    assert (found["q0"].info.tags[WHY], found["q11"].info.tags[WHY]) == ("worst", "slowest")
    slow = registry.client.get_trace(found["q11"].info.trace_id)
    assert [span.name for span in slow.data.spans] == ["exchange", "retrieve", "ask the model"]
    assert slow.data.spans[0].inputs == {"query": "What costs 11?"}
    assert slow.data.spans[2].parent_id == slow.data.spans[0].span_id
    assert "timeout" in str(slow.data.spans[2].status.description)
    assert slow.info.execution_duration == 11_100
    assert slow.info.token_usage == {"input_tokens": 7, "output_tokens": 0, "total_tokens": 7}
    feedback = {one.name: one for one in slow.info.assessments}
    assert (feedback["grounding"].value, feedback["quality"].value) == (0.5, 1.0)
    assert feedback["grounding"].rationale == "1 of 2 sentences are supported"


def test_they_are_traces_of_the_run_in_a_local_mlflow(bundle: Path, mlflow_tables: Path) -> None:
    """Once each, however often they are logged; tagged with the query and why; with parts, tokens and scores."""
    home = bundle.parent / ".roadworthy" / "mlflow"
    home.mkdir(parents=True)
    shutil.copyfile(mlflow_tables, home / "mlflow.db")
    check(connect(Settings(root=bundle.parent, tracking_uri=f"sqlite:///{home / 'mlflow.db'}")), bundle)


def test_they_are_traces_of_the_run_on_a_server(bundle: Path, plain_mlflow: MlflowServer) -> None:
    """The same through HTTP."""
    assert plain_mlflow.process is not None
    await_mlflow(plain_mlflow.process)
    check(connect(Settings(root=bundle.parent, tracking_uri=plain_mlflow.url)), bundle)


def test_a_release_of_another_machine_has_none_and_is_shown_all_the_same(bundle: Path, mlflow_tables: Path) -> None:
    """Nothing is invented, and nothing fails."""
    shutil.rmtree(traces_folder(Settings(root=bundle.parent)))
    registry = connect(Settings(root=bundle.parent, tracking_uri=f"sqlite:///{mlflow_tables}"))
    assert log_traces(registry, "0", "none", FACTS, bundle) == 0


def test_scored_again_without_asking_again_the_times_stay(tmp_path: Path) -> None:
    """A table of answers that is scored otherwise has another digest; its answers took as long as before."""
    row = scored(1, 1.0)
    asked, kept = traced(row, 5.0), traced(row, 0.0).model_copy(update={"cached": True})
    keep_traces(tmp_path, NAME, "a" * 64, [asked])
    for _ in range(2):
        keep_traces(tmp_path, NAME, "b" * 64, [kept])
        assert find_traces(tmp_path, NAME, "b" * 64) == (asked,)


def test_the_page_of_changes_can_not_be_left_by_a_prompt() -> None:
    """A fence inside a prompt does not end ours."""
    change = TextChange("prompts/desk/answer.md", ("+```", "+# Approved", "+```"))
    page = TextChanges("desk@1", (change,)).page()
    assert page.count("````diff") == 1
    assert page.rstrip().endswith("\n````")
    assert "Nothing was in production" in TextChanges("").page()
    assert "They are the same." in TextChanges("desk@1").page()
