"""How a case is laid out for a judge: one labelled paragraph for each part, which no text inside can close."""

from __future__ import annotations

from roadworthy.evaluation.judges.interface import Case

MOST_CHARACTERS = 12_000
"""So much of the sources a judge gets to see, in the order of retrieval."""


def support_text(case: Case, prompt: str) -> str:
    """Return sources, answer and prompt: small models judge support far better without question and tags."""
    return _paragraphs({"Knowledge": _sources(case), "Reply": case.answer}, prompt)


def whole_text(case: Case, prompt: str) -> str:
    """Return everything that there is about the case, and the prompt last, where no data comes after it."""
    parts = {"Knowledge": _sources(case), "Question": case.question, "Reply": case.answer}
    return _paragraphs(parts | ({"Rubric": case.rubric} if case.rubric else {}), prompt)


def _sources(case: Case) -> str:
    return " ".join(case.sources)[:MOST_CHARACTERS]


def _paragraphs(parts: dict[str, str], prompt: str) -> str:
    """Join the parts; white space inside them becomes single spaces, so that a text can't start a paragraph of ours."""
    return "\n\n".join([*(f"{name}: {' '.join(text.split())}" for name, text in parts.items()), prompt])
