"""The `provider` section of params.yaml, and the provider that it describes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from roadworthy.errors import ParamsError
from roadworthy.providers.answer_cache import Cached
from roadworthy.providers.embedded import EmbeddedProvider
from roadworthy.providers.interface import Provider
from roadworthy.providers.openai_endpoint import LengthLimitField, OpenAIProvider
from roadworthy.providers.prices import Price
from roadworthy.providers.resilience import Limits, Resilient, Seconds

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    limits: Limits = Limits()
    price: Price | None = Field(default=None, exclude_if=lambda price: price is None)
    """Not written out where it is not given: releases that say nothing about prices keep their digests."""


class OpenAIConfiguration(_Section):
    """A model behind an OpenAI-compatible endpoint."""

    kind: Literal["openai"]
    base_url: str
    """The API's address, often with /v1 at its end."""
    model: str = Field(min_length=1)
    key_variable: str | None = Field(default="OPENAI_API_KEY", min_length=1)
    """The environment variable that holds the key; null for an endpoint without one."""
    length_limit_field: LengthLimitField = "max_tokens"

    @field_validator("base_url")
    @classmethod
    def _is_a_plain_address(cls, base_url: str) -> str:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("give an address that starts with https:// or http://")
        if parts.username or parts.password or parts.query or parts.fragment:
            # The address is in manifests, traces and error messages.
            raise ValueError("an address holds no user, password or query; the key belongs into the environment")
        return base_url.rstrip("/")


class Part(BaseModel):
    """One file of weights: where it comes from, and its pin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str = Field(min_length=1)
    sha256: Digest


class EmbeddedLimits(Limits):
    """Limits that suit a model that answers one request at a time: the others' waiting is not part of their time."""

    timeout_seconds: Seconds = 600
    attempts: int = Field(default=1, ge=1, le=10)
    concurrency: int = Field(default=1, ge=1)


class EmbeddedConfiguration(_Section):
    """A GGUF model that runs in this process."""

    kind: Literal["embedded"]
    model: str = Field(min_length=1)
    """Its name for people and for the price table."""
    weights: tuple[Part, ...] = Field(min_length=1)
    """One file, or the parts of one in their order."""
    sha256: Digest
    """Of the whole file."""
    context_tokens: int = Field(default=4096, ge=256)
    threads: int = Field(default=1, ge=1, le=256)
    """Changes the speed, not the answers; more than there are idle cores makes it far slower."""
    limits: EmbeddedLimits = EmbeddedLimits()

    @model_validator(mode="after")
    def _has_one_digest_for_one_file(self) -> EmbeddedConfiguration:
        if len(self.weights) == 1 and self.weights[0].sha256 != self.sha256:
            raise ValueError("weights are one file, so its sha256 and that of the whole have to be the same")
        return self


ProviderConfiguration = Annotated[OpenAIConfiguration | EmbeddedConfiguration, Field(discriminator="kind")]


def open_provider(
    configuration: OpenAIConfiguration | EmbeddedConfiguration,
    weights: Path | None,
    environment: Mapping[str, str],
    answers: Path | None = None,
) -> Provider:
    """Return the provider with its limits around it, and its answers kept in the folder `answers` if one is given.

    `weights` is the embedded model's whole file. Raises `ParamsError` for a key or a file that is missing; connects to
    nothing and loads nothing.
    """
    if isinstance(configuration, OpenAIConfiguration):
        provider: Provider = _openai(configuration, environment)
    else:
        provider = _embedded(configuration, weights)
    limited = Resilient(provider, configuration.limits)
    return Cached(limited, answers) if answers is not None else limited


def _openai(configuration: OpenAIConfiguration, environment: Mapping[str, str]) -> OpenAIProvider:
    return OpenAIProvider(
        configuration.base_url,
        configuration.model,
        _key(configuration.key_variable, environment),
        timeout_seconds=configuration.limits.timeout_seconds,
        length_limit_field=configuration.length_limit_field,
    )


def _key(variable: str | None, environment: Mapping[str, str]) -> str | None:
    if variable is None:
        return None
    key = environment.get(variable, "").strip()
    if not key:
        raise ParamsError(
            f"the environment variable {variable} with the endpoint's key is not set",
            where="params.yaml: provider.key_variable",
            remedy=f"export {variable}, or set key_variable to null for an endpoint without a key",
        )
    return key


def _embedded(configuration: EmbeddedConfiguration, weights: Path | None) -> EmbeddedProvider:
    if weights is None:
        raise ParamsError(
            "an embedded model needs its weights",
            where="params.yaml: provider.weights",
            remedy="fetch them first; they are a source like any other",
        )
    return EmbeddedProvider(
        weights,
        configuration.sha256,
        name=configuration.model,
        context_tokens=configuration.context_tokens,
        threads=configuration.threads,
    )
