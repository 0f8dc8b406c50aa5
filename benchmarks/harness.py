"""Our evaluation against MLflow's on the same rows with the same trivial model and scorers, and against a bare loop.

`python -m benchmarks.harness [--queries 200]` writes benchmarks/results/harness.json.

- *Against `mlflow.genai.evaluate`*: both ask the same assistant, whose model answers at once by rules, and score with
  the same scorers. What differs is the harness alone. MLflow's is measured as it comes, with traces in a fresh SQLite
  file, after a first run of five rows that warms it up; ours with everything that a release does: exchange, guards,
  scores, redaction, intervals.
- *Throughput*: queries per minute against an endpoint on the loopback that answers after a fixed time, beside a loop
  that sends the same prompts to the same provider, as many at once, and does nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from fakes.scripted_provider import ScriptedProvider  # noqa: E402
from fakes.small_assistant import small_assistant  # noqa: E402
from servers.slow_endpoint import running_slow_endpoint  # noqa: E402

from roadworthy.evaluation.answer_evaluation import AnswerEvaluation, evaluate_answers  # noqa: E402
from roadworthy.evaluation.answering import answer_queries  # noqa: E402
from roadworthy.evaluation.bootstrap import Resampling  # noqa: E402
from roadworthy.evaluation.queries import Query  # noqa: E402
from roadworthy.evaluation.scored_query import ScoredQuery, score_answer  # noqa: E402
from roadworthy.evaluation.scorers.interface import Scorer  # noqa: E402
from roadworthy.evaluation.scorers.standard import standard_scorers  # noqa: E402
from roadworthy.exchange.assistant import Assistant  # noqa: E402
from roadworthy.exchange.exchange import exchange  # noqa: E402
from roadworthy.exchange.interface import Answer, Question  # noqa: E402
from roadworthy.guardrails.catalogue import Parts, build_guardrails  # noqa: E402
from roadworthy.guardrails.identifiers import find_identifiers  # noqa: E402
from roadworthy.guardrails.policy import load_policy  # noqa: E402
from roadworthy.guardrails.redaction import redact  # noqa: E402
from roadworthy.guardrails.secrets import find_secrets  # noqa: E402
from roadworthy.guardrails.settings import GuardrailParams  # noqa: E402
from roadworthy.providers.configuration import OpenAIConfiguration, open_provider  # noqa: E402
from roadworthy.providers.interface import Completion, Provider, Request  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "harness.json"
REPEATS = 3
AT_ONCE = 8
LATENCY = 0.5
"""Seconds: a quick endpoint's short answer."""
HOW = Resampling(1000, 0.95, 0)


def queries(count: int) -> tuple[Query, ...]:
    """Return queries that differ, so that nothing is answered from memory."""
    asked = (
        "What monthly fee has the blue account",
        "What is the daily limit at cash machines",
        "Is a lost card blocked",
    )
    facts = (("no monthly fee",),), (("500 dollars",),), (("blocked",),)
    documents = ("fees", "limits", "cards")
    return tuple(
        Query(
            id=f"q{number:03}",
            query=f"{asked[number % 3]}, asks customer {number}?",
            kind="answer",
            facts=facts[number % 3],
            documents=(documents[number % 3],),
        )
        for number in range(count)
    )


def scorers() -> tuple[Scorer, ...]:
    """Return the scorers of every release."""
    return standard_scorers(find_secrets, find_identifiers, "You answer from passages; the password is swordfish.")


def ours(assistant: Assistant, asked: Sequence[Query]) -> AnswerEvaluation:
    """Evaluate as a release does: ask, score, take secrets out, measure with intervals."""
    return evaluate_answers(_scored(asked, asyncio.run(_answered(assistant, asked))), HOW)


async def _answered(assistant: Assistant, asked: Sequence[Query]) -> tuple[Answer, ...]:
    try:
        return await answer_queries(lambda query: assistant, asked, AT_ONCE + 1, lambda query, answer: None)
    finally:
        await assistant.close()


def _scored(asked: Sequence[Query], answers: Sequence[Answer]) -> list[ScoredQuery]:
    using = scorers()
    rows = [score_answer(query, answer, using) for query, answer in zip(asked, answers, strict=True)]
    redacted = [{"query": redact(row.query).text, "answer": redact(row.answer).text} for row in rows]
    return [row.model_copy(update=update) for row, update in zip(rows, redacted, strict=True)]


def theirs(assistant: Assistant, asked: Sequence[Query]) -> dict[str, float]:
    """Evaluate with `mlflow.genai.evaluate`, the same scorers as its own; return the metrics' means."""
    import mlflow
    from mlflow.genai import scorer

    by_text = {query.query: query for query in asked}
    using = scorers()

    def predict_fn(question: str) -> dict[str, str]:
        said = asyncio.run(exchange(assistant, Question(question)))
        row = score_answer(by_text[question], said, using)
        return {"answer": said.text, "scores": json.dumps({m.value: row.share(m) for m in row.scores})}

    names = [metric.value for metric in ours(assistant, asked[:5]).metrics]

    def made(name: str) -> Any:
        def read(outputs: dict[str, str]) -> float | None:
            return json.loads(outputs["scores"])[name]

        read.__name__ = name
        return scorer(read)

    rows = [{"inputs": {"question": query.query}} for query in asked]
    found = mlflow.genai.evaluate(data=rows, scorers=[made(name) for name in names], predict_fn=predict_fn)
    return {name: float(found.metrics[f"{name}/mean"]) for name in names if f"{name}/mean" in found.metrics}


@dataclass
class Recording:
    """A provider that remembers what it was asked."""

    provider: Provider
    requests: list[Request] = field(default_factory=list)

    @property
    def identity(self) -> Any:
        """See `Provider`."""
        return self.provider.identity

    async def complete(self, request: Request) -> Completion:
        """See `Provider`."""
        self.requests.append(request)
        return await self.provider.complete(request)

    async def close(self) -> None:
        """See `Provider`."""
        await self.provider.close()


def guarded(provider: Any) -> Assistant:
    """Return the small assistant with the guards that an assistant is released with, but for the trained detector."""
    guards = build_guardrails(GuardrailParams(), Parts(load_policy(ROOT / "policies" / "bank_helpdesk.yaml")))
    return small_assistant(provider, guards.guards)


def evaluated(base_url: str, asked: Sequence[Query]) -> tuple[float, list[Request]]:
    """Evaluate against the endpoint; return the seconds, and what it was asked."""
    recording = Recording(_provider(base_url))
    assistant = guarded(recording)
    start = time.perf_counter()
    ours(assistant, asked)
    seconds = time.perf_counter() - start
    assistant.guards.close()
    return seconds, recording.requests


def bare(base_url: str, requests: Sequence[Request]) -> float:
    """Send the requests, as many at once, and do nothing with the answers; return the seconds."""
    provider = _provider(base_url)

    async def send() -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(request: Request) -> None:
            async with gate:
                await provider.complete(request)

        await asyncio.gather(*(one(request) for request in requests))
        await provider.close()

    start = time.perf_counter()
    asyncio.run(send())
    return time.perf_counter() - start


def _provider(base_url: str) -> Provider:
    configuration = OpenAIConfiguration(kind="openai", base_url=base_url, model="small", key_variable=None)
    return open_provider(configuration, None, {})


def throughput(count: int) -> dict[str, Any]:
    """Measure both in turn, several times."""
    asked = queries(count)
    pairs = []
    with _endpoint() as base_url:
        evaluated(base_url, asked[:AT_ONCE])
        for _ in range(REPEATS):
            seconds, requests = evaluated(base_url, asked)
            pairs.append((seconds, bare(base_url, requests)))
    mine, loop = (statistics.median(side) for side in zip(*pairs, strict=True))
    return {
        "queries": count,
        "endpoint's seconds an answer": LATENCY,
        "at once": AT_ONCE,
        "queries a minute": round(60 * count / mine, 1),
        "queries a minute, bare loop": round(60 * count / loop, 1),
        "ratio": round(statistics.median(loop / mine for mine, loop in pairs), 3),
        "ratios": [round(loop / mine, 3) for mine, loop in pairs],
    }


def against_mlflow(count: int) -> dict[str, Any]:
    """Measure both harnesses on the same rows, and compare every mean."""
    asked = queries(count)
    assistant = small_assistant(ScriptedProvider(otherwise="The Blue Account has no monthly fee [1]."))
    ours(assistant, asked[:5])
    mine = statistics.median(_timed(lambda: ours(assistant, asked)) for _ in range(REPEATS))
    found = ours(assistant, asked).metrics
    with TemporaryDirectory() as folder, _quiet_mlflow(Path(folder)):
        theirs(assistant, asked[:5])
        start = time.perf_counter()
        means = theirs(assistant, asked)
        other = time.perf_counter() - start
    return {
        "rows": count,
        "seconds": round(mine, 3),
        "seconds, mlflow.genai.evaluate": round(other, 3),
        "times as fast": round(other / mine, 1),
        "metrics compared": len(means),
        "largest difference of a mean": max(abs(found[name].value - mean) for name, mean in means.items()),  # type: ignore[index]
    }


def _timed(run: Any) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


@contextmanager
def _quiet_mlflow(folder: Path) -> Iterator[None]:
    import mlflow

    os.environ["MLFLOW_GENAI_EVAL_MAX_WORKERS"] = str(AT_ONCE)
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.set_experiment("harness")
    with mlflow.start_run():
        yield
    mlflow.flush_trace_async_logging(terminate=True)


@contextmanager
def _endpoint() -> Iterator[str]:
    """Run the endpoint in a process of its own: it must not take the evaluation's turns."""
    from multiprocessing import get_context

    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("stop")
        process.join(10)


def serve(connection: Any) -> None:
    """Serve until somebody says stop."""
    with running_slow_endpoint(LATENCY, "The Blue Account has no monthly fee [1].") as endpoint:
        connection.send(endpoint.base_url)
        connection.recv()


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="Measure our evaluation's harness.")
    parser.add_argument("--queries", type=int, default=200)
    count = parser.parse_args().queries
    result = {"against mlflow.genai.evaluate": against_mlflow(count), "throughput": throughput(count)}
    text = json.dumps(result, indent=2) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
