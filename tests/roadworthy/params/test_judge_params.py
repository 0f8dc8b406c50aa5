"""A judge in params.yaml: off by default, closed to unknown keys, and with settings that go together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from roadworthy.params.assistant import EvaluateAnswersParams
from roadworthy.params.judge import JudgeParams

PROVIDER: dict[str, Any] = {"kind": "openai", "base_url": "https://one.example/v1", "model": "a"}
JUDGE: dict[str, Any] = {"provider": PROVIDER, "labels": {"path": "corpora/judge/labels.jsonl"}}


def test_without_a_judge_nothing_is_written() -> None:
    """So that digests of releases from before stay what they were; with one it comes back as it was."""
    queries = {"queries": "evalsets/desk.jsonl"}
    assert "judge" not in EvaluateAnswersParams.model_validate(queries).model_dump(mode="json")
    judged = EvaluateAnswersParams.model_validate({**queries, "judge": JUDGE})
    assert EvaluateAnswersParams.model_validate(judged.model_dump(mode="json")) == judged


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"temperature": 0.7}, "yes_no reads probabilities"),
        ({"asks": "rubric", "temperature": 0.7}, "go together"),
        ({"asks": "rubric", "repeats": 3}, "go together"),
        ({"asks": "vibes"}, "yes_no"),
        ({"least_kappa": 0.19}, "greater than or equal to 0.2"),
        ({"surprise": 1}, "Extra inputs"),
        ({"labels": {"path": "/etc/passwd"}}, "not a path inside the repository"),
        ({"labels": {"path": "a.jsonl", "format": "feedbackqa"}}, "passages"),
        ({"labels": {"path": "a.jsonl", "passages": "b.jsonl"}}, "passages"),
        ({"labels": {"path": "a.jsonl", "most": 10}}, "greater than or equal to 80"),
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict[str, Any], said: str) -> None:
    """With what is wrong."""
    with pytest.raises(ValidationError, match=said):
        JudgeParams.model_validate({**JUDGE, **changes})


def test_a_judge_that_draws_what_it_says_is_asked_several_times() -> None:
    """The two settings that make it one."""
    params = JudgeParams.model_validate({**JUDGE, "asks": "rubric", "temperature": 0.7, "repeats": 3})
    assert (params.temperature, params.repeats) == (0.7, 3)
