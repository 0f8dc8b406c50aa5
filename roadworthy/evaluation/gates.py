"""Gates: what an evaluation must show before a release may move. Three verdicts, and inconclusive holds."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WrapValidator, model_validator
from pydantic_core import PydanticCustomError

from roadworthy.evaluation.values import AnswerMetric, AnyMetric, Metric, NotMeasured, Value, Verdict

if TYPE_CHECKING:
    from roadworthy.evaluation.answer_evaluation import AnswerEvaluation
    from roadworthy.evaluation.comparison import Comparison
    from roadworthy.evaluation.report import Evaluation


def _known_metric(value: object, check: Callable[[object], AnyMetric]) -> AnyMetric:
    """Name the metrics once, of the family that was probably meant; a union would name each family by itself."""
    try:
        return check(value)
    except ValidationError:
        meant = get_close_matches(str(value).lower(), [*Metric, *AnswerMetric], n=1)
        family = AnswerMetric if meant and meant[0] in list(AnswerMetric) else Metric
        expected = ", ".join(f"'{metric}'" for metric in family)
        raise PydanticCustomError("enum", "Input should be {expected}", {"expected": expected}) from None


class _GateParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    metric: Annotated[AnyMetric, WrapValidator(_known_metric)]


class FloorGate(_GateParams):
    """A metric must reach a bound, whatever is in production."""

    kind: Literal["floor"]
    at_least: float | None = None
    """For a metric of which more is better."""
    at_most: float | None = None
    """For a metric of which less is better."""

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        wanted = "at_least" if self.metric.sign > 0 else "at_most"
        other = "at_most" if wanted == "at_least" else "at_least"
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise ValueError(f"a floor for {self.metric} takes {wanted}, and only that")
        return self

    @property
    def bound(self) -> float:
        """The number to reach."""
        bound = self.at_least if self.at_least is not None else self.at_most
        assert bound is not None  # noqa: S101  (the validator holds it)
        return bound


class NotWorseGate(_GateParams):
    """The challenger must not be worse than production by more than a margin, at a confidence."""

    kind: Literal["not_worse"]
    margin: float = Field(gt=0)
    """δ: the smallest loss that matters, in the metric's own unit."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """1 − α: a challenger that is worse by δ passes with probability α at most."""


def _of_models(gate: AnyGate) -> AnyGate:
    if not isinstance(gate.metric, Metric):
        raise ValueError(f"{gate.metric} is measured of assistants; a trained model has {', '.join(Metric)}")
    return gate


def _of_answers(gate: AnyGate) -> AnyGate:
    if not isinstance(gate.metric, AnswerMetric):
        raise ValueError(f"{gate.metric} is measured of trained models; an assistant has {', '.join(AnswerMetric)}")
    return gate


AnyGate = Annotated[FloorGate | NotWorseGate, Field(discriminator="kind")]
Gate = Annotated[AnyGate, AfterValidator(_of_models)]
"""A gate as a trained model's section of params.yaml declares it."""
AnswerGate = Annotated[AnyGate, AfterValidator(_of_answers)]
"""A gate as an assistant's section declares it."""


class GateResult(Value):
    """What one gate says, and why."""

    gate: AnyGate
    verdict: Verdict
    reason: str


def judge(
    gate: AnyGate,
    evaluation: Evaluation | AnswerEvaluation,
    comparison: Comparison | None,
    comparable: bool = True,
) -> GateResult:
    """Judge one gate; `comparison` is None when nothing is in production, or when it is not `comparable`."""
    if isinstance(gate, FloorGate):
        verdict, reason = _judge_floor(gate, evaluation)
    elif comparison is not None:
        verdict, reason = _judge_not_worse(gate, comparison)
    elif comparable:
        verdict, reason = Verdict.PASS, f"{gate.metric}: nothing is in production to compare with"
    else:
        do = "predict these rows" if isinstance(gate.metric, Metric) else "answer these queries"
        verdict, reason = Verdict.INCONCLUSIVE, f"{gate.metric}: the production release can't {do}"
    return GateResult(gate=gate, verdict=verdict, reason=reason)


def overall(results: tuple[GateResult, ...]) -> Verdict:
    """Return fail if any gate fails, else inconclusive if any is, else pass."""
    verdicts = {result.verdict for result in results}
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS


def _judge_floor(gate: FloorGate, evaluation: Evaluation | AnswerEvaluation) -> tuple[Verdict, str]:
    """Pass when the whole interval is on the good side of the bound, fail when all of it is on the bad side."""
    found = evaluation.estimate_of(gate.metric)
    if isinstance(found, NotMeasured):
        return Verdict.INCONCLUSIVE, f"{gate.metric} was not measured: {found.reason}"
    word = "at least" if gate.metric.sign > 0 else "at most"
    worst, best = (found.low, found.high) if gate.metric.sign > 0 else (found.high, found.low)
    distance = gate.metric.sign
    verdict = Verdict.INCONCLUSIVE
    if distance * (worst - gate.bound) >= 0:
        verdict = Verdict.PASS
    elif distance * (best - gate.bound) < 0:
        verdict = Verdict.FAIL
    return verdict, f"{gate.metric} {found.text()}, must be {word} {gate.bound:g}"


def _judge_not_worse(gate: NotWorseGate, comparison: Comparison) -> tuple[Verdict, str]:
    """Non-inferiority by one-sided bounds at level α; Wellek, Testing Statistical Hypotheses of Equivalence (2010)."""
    difference = comparison.differences.get(gate.metric)
    if gate.metric in comparison.rescored:
        return Verdict.INCONCLUSIVE, f"{gate.metric} was not compared: production was scored by another scorer"
    if difference is None:
        return Verdict.INCONCLUSIVE, f"{gate.metric} was not compared: too few queries have it on both sides"
    low, high = difference.quantile(1 - gate.confidence), difference.quantile(gate.confidence)
    verdict = Verdict.INCONCLUSIVE
    if low > -gate.margin:
        verdict = Verdict.PASS
    elif high < -gate.margin:
        verdict = Verdict.FAIL
    better = difference.estimate.value
    how = "better" if better >= 0 else "worse"
    return verdict, (
        f"{gate.metric} {abs(better):.4f} {how} than production "
        f"({low:+.4f} to {high:+.4f} at {gate.confidence:.0%}), at most {gate.margin:g} worse is allowed"
    )
