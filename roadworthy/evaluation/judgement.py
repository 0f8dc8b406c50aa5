"""The judgement of a release: every gate's verdict, and the comparison on which it rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.evaluation.comparison import Comparison
from roadworthy.evaluation.gates import AnyGate, GateResult, judge, overall
from roadworthy.evaluation.values import Value, Verdict

if TYPE_CHECKING:
    from roadworthy.evaluation.answer_evaluation import AnswerEvaluation
    from roadworthy.evaluation.report import Evaluation


class Judgement(Value):
    """What the gates say of a release, and against which one it was compared."""

    production: str | None
    """The digest of the production release on the other side; None when there was none."""
    comparison: Comparison | None
    """None, too, when production can't predict these rows."""
    gates: tuple[GateResult, ...]
    verdict: Verdict

    @property
    def summary(self) -> str:
        """The verdict and what it rests on, in one line."""
        held = [result.reason for result in self.gates if result.verdict is not Verdict.PASS]
        return f"{self.verdict}: " + ("; ".join(held) if held else f"all {len(self.gates)} gates")


def judge_all(
    gates: tuple[AnyGate, ...],
    evaluation: Evaluation | AnswerEvaluation,
    production: str | None,
    comparison: Comparison | None,
) -> Judgement:
    """Judge every gate. With production but no comparison, a gate that needs one is inconclusive."""
    comparable = production is None or comparison is not None
    results = tuple(judge(gate, evaluation, comparison, comparable) for gate in gates)
    return Judgement(production=production, comparison=comparison, gates=results, verdict=overall(results))
