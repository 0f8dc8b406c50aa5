"""One row of an evaluation's table: a query, what was answered, every score and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from statistics import fmean

from pydantic import Field, ValidationError, model_validator

from roadworthy.errors import DataError
from roadworthy.evaluation.queries import Query, QueryKind
from roadworthy.evaluation.repeating import REPEATS, Repeated
from roadworthy.evaluation.scorers.interface import Score, Scorer, averaged, on_scale
from roadworthy.evaluation.values import RUBRIC, AnswerMetric, Value
from roadworthy.exchange.interface import Answer, Outcome


class Opinion(Value):
    """What a judge thinks of an answer; it informs, and gates only where its agreement with people was shown."""

    judge: str = Field(min_length=1)
    """The judge's digest: over its provider, its prompt and its way of asking."""
    rating: float = Field(allow_inf_nan=False)
    """Higher is better, in the judge's own unit."""
    reason: str = ""
    repeated: Repeated | None = Field(default=None, exclude_if=lambda repeated: repeated is None)
    """How the rating varied, where the judge was asked several times."""


class ScoredQuery(Value):
    """A query and its answer with scores."""

    id: str
    kind: QueryKind
    query: str
    answer: str
    outcome: Outcome
    citations: tuple[str, ...]
    scores: dict[AnswerMetric, float | None]
    """0 to 2 for rubric dimensions and whatever else has `top` 2, 0 to 1 for shares; None does not apply."""
    reasons: dict[AnswerMetric, str]
    opinion: Opinion | None = None
    versions: dict[AnswerMetric, int] = Field(default_factory=dict, exclude_if=lambda versions: not versions)
    """By metric the version of the scorer; a score without one was given by the first."""
    repeated: dict[AnswerMetric, Repeated] = Field(default_factory=dict, exclude_if=lambda repeated: not repeated)
    """By metric how the score varied, where it is the mean of several."""

    @model_validator(mode="after")
    def _scores_mean_something(self) -> ScoredQuery:
        if AnswerMetric.JUDGE in self.scores:
            raise ValueError("what a judge thinks is an opinion, not a score")
        for metric, value in self.scores.items():
            between = metric in self.repeated and 0 <= value <= metric.top if value is not None else False
            if value is not None and not (
                between or on_scale(metric, value) or (metric is AnswerMetric.QUALITY and 0 <= value <= 1)
            ):
                raise ValueError(f"{value} is no score of {metric}")
        return self

    def share(self, metric: AnswerMetric) -> float | None:
        """Return the score on the scale from 0 to 1; None where it does not apply."""
        value = self.scores.get(metric)
        return None if value is None else value / metric.top

    def version(self, metric: AnswerMetric) -> int:
        """Return which version of the metric's scorer this row has its score from."""
        return self.versions.get(metric, 1)


def score_answer(
    query: Query,
    answer: Answer,
    scorers: Sequence[Scorer],
    opinion: Opinion | None = None,
    repeats: int = REPEATS,
) -> ScoredQuery:
    """Score one answer with every scorer; the quality is the mean of the rubric dimensions that apply.

    A scorer that varies from one time to the next is asked `repeats` times, and its mean counts.
    """
    scored = [(scorer.version, score) for scorer in scorers for score in _scores(scorer, query, answer, repeats)]
    found = [score for _, score in scored]
    versions = {score.metric: version for version, score in scored}
    scores: dict[AnswerMetric, float | None] = {score.metric: score.value for score in found}
    rubric = [value / metric.top for metric in RUBRIC if (value := scores.get(metric)) is not None]
    quality = fmean(rubric) if rubric else None
    return ScoredQuery(
        id=query.id,
        kind=query.kind,
        query=query.query,
        answer=answer.text,
        outcome=answer.outcome,
        citations=answer.citations,
        scores={AnswerMetric.QUALITY: quality, **scores},
        reasons={score.metric: score.reason for score in found},
        opinion=opinion,
        repeated={score.metric: score.repeated for score in found if score.repeated},
        # Quality is made of the rubric: every step of one of its scorers is one of its own.
        versions={AnswerMetric.QUALITY: 1 + sum(versions.get(metric, 1) - 1 for metric in RUBRIC), **versions},
    )


def _scores(scorer: Scorer, query: Query, answer: Answer, repeats: int) -> tuple[Score, ...]:
    if scorer.deterministic or repeats < 2:
        return scorer.score(query, answer)
    found = [score for _ in range(repeats) for score in scorer.score(query, answer)]
    # One that varies may leave out a metric at times, or name them in another order.
    metrics = dict.fromkeys(score.metric for score in found)
    return tuple(averaged([score for score in found if score.metric is metric]) for metric in metrics)


def rows_to_jsonl(rows: Iterable[ScoredQuery]) -> bytes:
    """Return one line of JSON a row, keys sorted: the same rows give the same bytes."""
    lines = (json.dumps(row.model_dump(mode="json"), sort_keys=True, ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def rows_from_jsonl(content: bytes, where: str) -> tuple[ScoredQuery, ...]:
    """Read what `rows_to_jsonl` wrote. Raises `DataError` that names `where` and the line."""
    rows = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(ScoredQuery.model_validate_json(line))
        except ValidationError as error:
            raise DataError(
                f"line {number} is no scored query: {error.errors()[0]['msg']}",
                where=f"{where}:{number}",
                remedy="evaluate again",
            ) from None
    return tuple(rows)
