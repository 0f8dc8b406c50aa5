"""What a judge looks at, what it does, and how it is told apart from other judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes
from roadworthy.evaluation.queries import Query
from roadworthy.evaluation.scored_query import Opinion
from roadworthy.evaluation.scorers.grounding import sources_of
from roadworthy.exchange.interface import Answer


@dataclass(frozen=True)
class Case:
    """What a judge looks at."""

    question: str
    answer: str
    sources: tuple[str, ...]
    rubric: str = ""
    """What makes the answer good, in words; empty for support by the sources alone."""

    @classmethod
    def of(cls, query: Query, answer: Answer) -> Case:
        """Return the case of an answer to a query."""
        return cls(query.query, answer.text, sources_of(answer), query.rubric)


class Judge(Protocol):
    """Rates answers."""

    @property
    def digest(self) -> str:
        """The SHA-256 over everything that its ratings depend on; a calibration holds for one digest."""

    @property
    def deterministic(self) -> bool:
        """Whether it says the same each time; one that does not is asked several times, and averages."""

    async def rate(self, case: Case) -> Opinion:
        """Rate one answer. Raises `ProviderFailed` when the model gives nothing to go by."""


def judge_digest(provider: Mapping[str, Any], prompt: str, how: Mapping[str, Any]) -> str:
    """Return the digest of a judge: its provider's identity, its prompt and its way of asking."""
    return digest_bytes(canonical_json({"provider": dict(provider), "prompt": prompt, "how": dict(how)}))
