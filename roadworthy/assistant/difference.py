"""What differs between two releases of an assistant: the prompts' texts, and the scores query by query."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff

from roadworthy.evaluation.answer_comparison import ChangedQuery, changed_queries, rescored
from roadworthy.evaluation.scored_query import ScoredQuery, rows_from_jsonl
from roadworthy.evaluation.values import AnswerMetric
from roadworthy.release.difference import ReleaseContent

PROMPTS = "assistant/prompts/"
POLICY = "assistant/policy.yaml"
ANSWERS = "evaluation/answers.jsonl"


@dataclass(frozen=True)
class TextChange:
    """A text that differs."""

    name: str
    lines: tuple[str, ...]
    """A unified diff, without line ends."""


@dataclass(frozen=True)
class AssistantDifference:
    """What differs between two releases of an assistant, besides what differs between any two."""

    texts: tuple[TextChange, ...]
    """Prompts and policy."""
    queries: tuple[ChangedQuery, ...]
    """The queries whose scores differ, the greatest loss first."""
    rescored: tuple[AnswerMetric, ...] = ()
    """Metrics that were scored by another scorer: their scores say nothing about the difference."""


def assistant_difference(one: ReleaseContent, other: ReleaseContent) -> AssistantDifference:
    """Return what differs from `one` (old) to `other` (new); nothing for releases that are no assistants."""
    names = sorted(name for name in one.manifest.files.keys() | other.manifest.files.keys() if _is_text(name))
    changes = (TextChange(name.removeprefix("assistant/"), _lines(one, other, name)) for name in names)
    old, new = _rows(one), _rows(other)
    common = {(row.id, row.query) for row in old} & {(row.id, row.query) for row in new}
    return AssistantDifference(
        texts=tuple(change for change in changes if change.lines),
        queries=changed_queries(new, old) if common else (),
        rescored=rescored(new, old) if common else (),
    )


def _is_text(name: str) -> bool:
    return name.startswith(PROMPTS) or name == POLICY


def _lines(one: ReleaseContent, other: ReleaseContent, name: str) -> tuple[str, ...]:
    old, new = (_text(content, name).splitlines() for content in (one, other))
    return tuple(unified_diff(old, new, "before", "after", lineterm="", n=1))


def _text(content: ReleaseContent, name: str) -> str:
    return content.read(name).decode(errors="replace") if name in content.manifest.files else ""


def _rows(content: ReleaseContent) -> tuple[ScoredQuery, ...]:
    return rows_from_jsonl(content.read(ANSWERS), ANSWERS) if ANSWERS in content.manifest.files else ()
