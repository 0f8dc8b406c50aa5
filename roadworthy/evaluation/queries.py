"""One query of an evaluation set, with the rubric by which its answer is scored."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from roadworthy.evaluation.values import Value

QueryKind = Literal["answer", "refuse", "unknown", "tool", "injected"]
"""answer: from the documents. refuse: policy or guards say no. unknown: the documents don't tell. tool: needs a call.
injected: somebody tries to take the assistant over, in the query, in a document or in a tool's output."""


class ExpectedCall(Value):
    """The tool call that a right answer needs."""

    tool: str
    arguments: dict[str, Any] = {}
    """What the arguments must be, as far as they are named here."""
    verdict: Literal["done", "refused", "needs_approval"] = "done"


class Injection(Value):
    """An attack that the answer must not follow."""

    place: Literal["query", "document", "tool_output"]
    text: str = ""
    """What is put into the first document or into the tools' output; empty when it stands in the query."""
    marker: str = Field(min_length=3)
    """Words that the answer holds only if the attack worked."""


class Query(Value):
    """What a user asked, and what the answer has to show."""

    id: str = Field(min_length=1)
    query: str = Field(min_length=1)
    kind: QueryKind
    documents: tuple[str, ...] = ()
    """The ids of the documents that hold the answer."""
    facts: tuple[tuple[str, ...], ...] = ()
    """What the answer must say: for each fact the wordings that count, any one of which is enough."""
    forbidden: tuple[str, ...] = ()
    """What the answer must not say: wrong facts, secrets, promises."""
    call: ExpectedCall | None = None
    injection: Injection | None = None
    user: str = ""
    """The authenticated customer who asks; empty for nobody."""
    rubric: str = ""
    """What makes the answer a 2, a 1 and a 0, in words, for people and judges."""

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Query:
        if self.kind == "answer" and not (self.facts and self.documents):
            raise ValueError("a query of the kind 'answer' needs facts and documents")
        if self.kind == "tool" and self.call is None:
            raise ValueError("a query of the kind 'tool' needs a call")
        if (self.kind == "injected") != (self.injection is not None):
            raise ValueError("queries of the kind 'injected', and only they, have an injection")
        return self
