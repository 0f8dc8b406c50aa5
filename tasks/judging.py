"""Opens the judge that params.yaml names, asks it about answers, and holds it against people's ratings first."""

# Late imports: start-up time.
from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.canonical import readable_json
from roadworthy.exchange.interface import Answer, Outcome
from roadworthy.settings import Settings
from roadworthy.steps import PASSING, Announce
from tasks.language_model import open_language_model

if TYPE_CHECKING:
    from roadworthy.evaluation.bootstrap import Resampling
    from roadworthy.evaluation.judge_calibration import JudgeCalibration
    from roadworthy.evaluation.judges.interface import Case, Judge
    from roadworthy.evaluation.judging import Calibrated
    from roadworthy.evaluation.queries import Query
    from roadworthy.evaluation.scored_query import Opinion
    from roadworthy.params.judge import JudgeParams
    from roadworthy.providers.interface import Provider

CALIBRATION = "judge_calibration.json"
"""The file of an evaluation with the judge's rating of every case that people rated, and what came of it."""


@dataclass(frozen=True)
class Bench:
    """A judge and all that it needs to be asked."""

    params: JudgeParams
    settings: Settings
    announce: Announce
    keep_answers: bool = True

    def opinions(self, queries: Sequence[Query], answers: Sequence[Answer]) -> tuple[Opinion | None, ...]:
        """Return the judge's opinion of each answer; None of refusals and the like, which claim nothing.

        Raises `ProviderFailed` when its model can't be reached.
        """
        from roadworthy.evaluation.judges.interface import Case

        pairs = zip(queries, answers, strict=True)
        return self._rate(
            [Case.of(query, one) if one.outcome is Outcome.ANSWERED else None for query, one in pairs], "answers"
        )

    def calibrate(self, root: Path, how: Resampling) -> Calibrated:
        """Ask the judge about what people rated. Raises `DataError` for ratings that are missing, broken or too few."""
        from roadworthy.evaluation.judging import calibrate
        from roadworthy.evaluation.labels.reading import read_labels

        given = self.params.labels
        passages = root / given.passages if given.passages else None
        labels = read_labels(root / given.path, given.format, passages, given.most, how.seed)
        opinions = self._rate([labelled.case for labelled in labels.cases], "ratings of people")
        done = calibrate(self._digest(), labels, opinions, self.params.least_kappa, how)
        self.announce(done.calibration.reason)
        return done

    def _rate(self, cases: Sequence[Case | None], what: str) -> tuple[Opinion | None, ...]:
        provider = open_language_model(
            self.params.provider, self.settings, self.announce, keep_answers=self.keep_answers
        )
        progress = _Progress(sum(case is not None for case in cases), what, self.announce)
        return asyncio.run(self._asked(provider, [_redacted(case) for case in cases], progress))

    async def _asked(
        self, provider: Provider, cases: Sequence[Case | None], progress: _Progress
    ) -> tuple[Opinion | None, ...]:
        from roadworthy.evaluation.judging import rate_all

        try:
            at_once = self.params.provider.limits.concurrency + 1
            opinions = await rate_all(judge_of(self.params, provider), cases, at_once, progress.one_more)
        finally:
            # In the loop that used it: its connections belong to that.
            await provider.close()
        return tuple(_without_secrets(opinion) for opinion in opinions)

    def _digest(self) -> str:
        provider = open_language_model(self.params.provider, self.settings, self.announce)
        return judge_of(self.params, provider).digest


def judge_of(params: JudgeParams, provider: Provider) -> Judge:
    """Return the judge that the parameters describe."""
    from roadworthy.evaluation.judges.rubric import RubricJudge
    from roadworthy.evaluation.judges.yes_no import YesNoJudge
    from roadworthy.providers.interface import Sampling

    if params.asks == "yes_no":
        return YesNoJudge(provider)
    sampling = Sampling(temperature=params.temperature, max_tokens=150)
    return RubricJudge(provider, repeats=params.repeats, sampling=sampling)


def calibration_file(done: Calibrated) -> bytes:
    """Return what is kept of a calibration: digests, ratings and people's words, so that anybody can count again."""
    pairs = zip(done.opinions, done.labels.cases, strict=True)
    cases = [{"rating": one.rating if one else None, "approved": labelled.approved} for one, labelled in pairs]
    content = {
        "calibration": done.calibration.model_dump(mode="json"),
        "labels": {"name": done.labels.name, "sha256": done.labels.sha256},
        "cases": cases,
    }
    return readable_json(content)


def kept_calibration(evaluation: Path) -> JudgeCalibration | None:
    """Return the calibration with which a release was evaluated; None when it had no judge."""
    from roadworthy.evaluation.answer_evaluation import AnswerEvaluation

    with suppress(FileNotFoundError):
        return AnswerEvaluation.model_validate_json((evaluation / "evaluation.json").read_bytes()).calibration
    return None


@dataclass
class _Progress:
    """Tells how far the judge is, some twenty times in all."""

    cases: int
    what: str
    announce: Announce
    done: int = 0

    def one_more(self) -> None:
        """Count one."""
        self.done += 1
        if self.done % max(self.cases // 20, 1) == 0 or self.done == self.cases:
            self.announce(f"{self.done} of {self.cases} {self.what} judged {PASSING}")


def _redacted(case: Case | None) -> Case | None:
    """Take secrets and identifiers out: the judge may be somebody else's endpoint."""
    from roadworthy.guardrails.redaction import redact

    if case is None:
        return None
    sources = tuple(redact(source).text for source in case.sources)
    return replace(case, question=redact(case.question).text, answer=redact(case.answer).text, sources=sources)


def _without_secrets(opinion: Opinion | None) -> Opinion | None:
    from roadworthy.guardrails.redaction import redact

    return opinion.model_copy(update={"reason": redact(opinion.reason).text}) if opinion else None
