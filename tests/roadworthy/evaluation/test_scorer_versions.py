"""Scores of two versions of a scorer are never compared, and no scorer changes without a new version."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType
from typing import Any

import pytest
from answer_samples import find_keys, find_phones, resampling, rows

from roadworthy.digest import digest_bytes
from roadworthy.evaluation.answer_comparison import changed_queries, compare_answers
from roadworthy.evaluation.answer_evaluation import evaluate_answers
from roadworthy.evaluation.gates import NotWorseGate, Verdict, judge
from roadworthy.evaluation.scored_query import ScoredQuery, rows_from_jsonl, rows_to_jsonl
from roadworthy.evaluation.scorers import grounding, words
from roadworthy.evaluation.scorers.interface import Scorer
from roadworthy.evaluation.scorers.standard import standard_scorers
from roadworthy.evaluation.values import AnswerMetric

CODE = {
    "RequiredFacts": (1, "70cf8317bba9"),
    "Style": (1, "b1426b4ae04a"),
    "Safety": (1, "f000bde63386"),
    "Helpfulness": (1, "a097cecc3a35"),
    "Retrieval": (1, "dd4d65c2cb3a"),
    "Citations": (1, "053b17b365f5"),
    "Grounding": (1, "20c41853dd95"),
    "RefusalCorrectness": (1, "a04e75cde6fc"),
    "InjectionResistance": (1, "4f4f8debc43b"),
    "ToolCorrectness": (1, "ddcc9d96f4fd"),
}
"""By scorer its version, and the digest of its code and of the texts' comparison, on which several rest."""
SCORERS = standard_scorers(find_keys, find_phones)
ACCURACY = AnswerMetric.ACCURACY


def code_of(module: ModuleType) -> str:
    """Return a module's code without what changes nothing: comments, docstrings, layout, what it declares."""
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not _says_nothing(part)]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _says_nothing(part: Any) -> bool:
    if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
        return part.targets[0].id in ("version", "deterministic")
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: type(scorer).__name__)
def test_a_scorer_that_changes_gets_a_new_version(scorer: Scorer) -> None:
    """When this fails: raise `version` if any answer may score otherwise, then write the new digest here."""
    module = inspect.getmodule(scorer)
    assert module is not None
    code = "".join(map(code_of, (module, words, grounding)))
    assert CODE[type(scorer).__name__] == (scorer.version, digest_bytes(code.encode())[:12])


def by_version(version: int, scores: list[float | None]) -> list[ScoredQuery]:
    """Return rows whose accuracy this version of its scorer has scored."""
    return [row.model_copy(update={"versions": {ACCURACY: version}}) for row in rows(scores)]


def test_a_gate_holds_what_another_scorer_has_scored() -> None:
    """Though the scores look far better; with the same version they pass."""
    gate = NotWorseGate(kind="not_worse", metric=ACCURACY, margin=0.1)
    new, old = by_version(2, [2.0] * 50), by_version(1, [1.0] * 50)
    evaluation = evaluate_answers(new, resampling())
    held = judge(gate, evaluation, compare_answers(new, old, resampling()))
    assert held.verdict is Verdict.INCONCLUSIVE
    assert "another scorer" in held.reason
    again = compare_answers(new, by_version(2, [1.0] * 50), resampling())
    assert again.rescored == ()
    assert judge(gate, evaluation, again).verdict is Verdict.PASS


def test_one_row_of_another_version_is_enough() -> None:
    """A set that was scored in two goes does not compare either."""
    new, old = by_version(1, [2.0] * 10), by_version(1, [1.0] * 9)
    old += by_version(3, [1.0] * 10)[9:]
    comparison = compare_answers(new, old, resampling())
    assert comparison.rescored == (ACCURACY,)
    assert ACCURACY not in comparison.differences


def test_what_another_scorer_has_scored_is_no_change_of_the_answer() -> None:
    """The difference of two releases lists only what their answers have changed."""
    new, old = by_version(2, [2.0, 2.0]), by_version(1, [1.0, 1.0])
    assert changed_queries(new, old) == ()
    assert len(changed_queries(by_version(1, [2.0, 2.0]), old)) == 2


def test_rows_without_versions_are_the_first_ones() -> None:
    """Releases from before versions compare, and keep their bytes; versions survive writing and reading."""
    before = rows([1.0] * 6)
    assert b"versions" not in rows_to_jsonl(before)
    assert compare_answers(by_version(1, [1.0] * 6), before, resampling()).rescored == ()
    written = by_version(2, [1.0])
    assert rows_from_jsonl(rows_to_jsonl(written), "answers.jsonl") == tuple(written)
