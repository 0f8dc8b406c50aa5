"""The sections about an assistant: its parts, how its answers are measured, and how good they have to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import Field, SerializerFunctionWrapHandler, StringConstraints, model_serializer, model_validator

from roadworthy.evaluation.gates import AnswerGate
from roadworthy.guardrails.settings import GuardrailParams
from roadworthy.params.base import RelativePath, Section
from roadworthy.params.data import IngestParams, ValidateParams
from roadworthy.params.judge import JudgeParams
from roadworthy.params.model import Card
from roadworthy.providers.configuration import EmbeddedConfiguration, ProviderConfiguration
from roadworthy.retrieval.settings import RetrievalParams

PromptName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)*$")]
"""A prompt's path below prompts/, without the ending: bank_helpdesk/answer."""


class Pin(Protocol):
    """A file from elsewhere that the assistant needs."""

    @property
    def uri(self) -> str:
        """Where it comes from."""

    @property
    def sha256(self) -> str:
        """Its digest."""


class ToolParams(Section):
    """Which tools the assistant may use, and how it asks for them."""

    declared: RelativePath
    """A file in tools/; the capability's name in it lists what may be called."""
    backend: Literal["bank"]
    """Where the tools do their work: the sample bank."""
    choose: PromptName
    """Variables: question, tools."""
    word: PromptName
    """Variables: question, tool, output."""
    most_calls: int = Field(default=1, ge=1, le=8)
    """So many calls an exchange."""


class IntegrateParams(Section):
    """What the assistant is made of."""

    provider: ProviderConfiguration
    fallback_provider: ProviderConfiguration | None = None
    """Asked when the first one fails. An evaluation asks the first alone: evaluate this one as a release of its own."""
    prompt: PromptName
    """Variables: question, passages."""
    policy: RelativePath
    """What it can and can't do, and its reviewed words: a file in policies/."""
    guardrails: GuardrailParams = GuardrailParams()
    injection_guard: RelativePath | None = None
    """The folder of a frozen release of an injection guard; without one the phrase rules stand alone."""
    tools: ToolParams | None = None

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a second provider that there is not: releases from before there were any keep their digests."""
        written: dict[str, Any] = write(self)
        if self.fallback_provider is None:
            del written["fallback_provider"]
        return written


class EvaluateAnswersParams(Section):
    """How the assistant is measured."""

    queries: RelativePath
    """A file in evalsets/: a query with its rubric a line."""
    resamples: int = Field(default=1000, ge=100, le=100_000)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    seed: int = 0
    # Left out of records where there is none: releases without a judge keep their digests.
    judge: JudgeParams | None = Field(default=None, exclude_if=lambda judge: judge is None)
    """A language model's opinion of each answer; without it nobody is asked."""


class AssistantCapability(Section):
    """An assistant that ships: prompts, provider, retrieval, tools and guardrails."""

    kind: Literal["assistant"]
    description: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    """Who answers for it, and is called when it fails."""
    card: Card
    ingest: IngestParams
    """One table is called documents, with the columns id, title and content."""
    validate_: ValidateParams = Field(default=ValidateParams(), alias="validate")
    index: RetrievalParams
    integrate: IntegrateParams
    evaluate: EvaluateAnswersParams
    gates: tuple[AnswerGate, ...] = Field(min_length=1)
    """What the evaluation must show before the release may move to production."""

    @model_validator(mode="after")
    def _has_documents(self) -> Self:
        if "documents" not in self.ingest.sources:
            raise ValueError("ingest.sources has no table 'documents', with the columns id, title and content")
        return self

    @property
    def weights(self) -> Mapping[str, Pin]:
        """The files of models that it needs besides its bundle, by what they are."""
        embedder = self.index.embedder
        pins: dict[str, Pin] = {}
        if embedder:
            pins |= {"embedder": embedder.model, "tokenizer": embedder.tokenizer}
        judge = self.evaluate.judge
        models = {
            "language model": self.integrate.provider,
            "second language model": self.integrate.fallback_provider,
            "judge": judge.provider if judge else None,
        }
        for name, provider in models.items():
            if isinstance(provider, EmbeddedConfiguration):
                pins |= {f"{name}, part {number}": part for number, part in enumerate(provider.weights, 1)}
        return pins
