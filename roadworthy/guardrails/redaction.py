"""Takes secrets and identifiers out of what is kept: traces, reports, and the texts of training and evaluation sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roadworthy.guardrails import personal_data, secrets
from roadworthy.guardrails.identifiers import find_identifiers
from roadworthy.guardrails.secrets import find_secrets
from roadworthy.guardrails.spans import replaced


@dataclass(frozen=True)
class Redacted:
    """A text without secrets and identifiers."""

    text: str
    counts: Mapping[str, int] = field(default_factory=dict)
    """By kind, such as `secret: aws-key` or `personal: email`, how many were taken out."""


@dataclass(frozen=True)
class Scrubbing:
    """What was taken out of a set of texts; holds none of it."""

    texts: int
    changed: int
    """How many of the texts held something."""
    counts: Mapping[str, int]
    """By kind, how many were taken out of all texts together."""


@dataclass(frozen=True)
class Scrubbed:
    """The texts without secrets and identifiers, in their order, and the report."""

    texts: tuple[str, ...]
    report: Scrubbing


def redact(text: str) -> Redacted:
    """Put typed placeholders where secrets and identifiers stand. Redacting again changes nothing."""
    hidden = find_secrets(text)
    without = replaced(text, hidden, secrets.FAMILY)
    people = find_identifiers(without)
    counts = Counter(f"{secrets.FAMILY}: {one.kind}" for one in hidden)
    counts.update(f"{personal_data.FAMILY}: {one.kind}" for one in people)
    return Redacted(replaced(without, people, personal_data.FAMILY), dict(sorted(counts.items())))


def scrub(texts: Iterable[str]) -> Scrubbed:
    """Redact every text of a set, and count by kind."""
    redacted = [(text, redact(text)) for text in texts]
    counts: Counter[str] = Counter()
    for _, one in redacted:
        counts.update(one.counts)
    report = Scrubbing(len(redacted), sum(text != one.text for text, one in redacted), dict(sorted(counts.items())))
    return Scrubbed(tuple(one.text for _, one in redacted), report)
