"""How a case is laid out for a judge: sources, question and answer as data that can't close their own frame."""

from __future__ import annotations

from roadworthy.evaluation.judges.interface import Case

MOST_CHARACTERS = 12_000
"""So much of the sources a judge gets to see, in the order of retrieval."""


def frame(case: Case) -> str:
    """Return the case for the model; what looks like one of our tags inside the data loses its brackets."""
    sources = "\n\n".join(case.sources)[:MOST_CHARACTERS]
    parts = {"knowledge": sources, "question": case.question, "reply": case.answer}
    if case.rubric:
        parts["rubric"] = case.rubric
    return "\n\n".join(f"<{name}>\n{_tame(text)}\n</{name}>" for name, text in parts.items())


def _tame(text: str) -> str:
    for name in ("knowledge", "question", "reply", "rubric"):
        text = text.replace(f"<{name}>", name).replace(f"</{name}>", name)
    return text
