"""The parameters of the guards: which run, and their thresholds. Light, since every command reads params.yaml."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

GuardName = Literal[
    "size",
    "unicode",
    "injection",
    "harmful",
    "policy",
    "indirect-injection",
    "secrets",
    "personal-data",
    "prompt-leak",
    "output-personal-data",
    "disallowed",
    "grounding",
    "phrasing",
]
"""The guards that there are, in the order in which they run: size first, what blocks before what changes."""


class GuardrailParams(BaseModel):
    """The guards of a capability, their thresholds and limits; thresholds are frozen, chosen on development data."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    guards: tuple[GuardName, ...] = get_args(GuardName)
    """Which guards run; their order is the catalogue's, whatever the order here."""
    deadline_seconds: float = Field(default=1.0, gt=0, le=60)
    """For all guards of a place together, for one text; what takes longer is held back."""
    size_limit: int = Field(default=16_000, ge=1, le=1_000_000)
    """In characters, for a text at any place."""
    rules_threshold: float = Field(default=0.7, gt=0, le=1)
    """Of the phrase rules for injections, in questions, documents and tool outputs."""
    detector_threshold: float = Field(default=0.5, gt=0, le=1)
    """Of a trained detector, where one is given; its release knows the right one."""
    harmful_threshold: float = Field(default=0.6, gt=0, le=1)
    disallowed_threshold: float = Field(default=0.7, gt=0, le=1)
    leak_words: int = Field(default=6, ge=3, le=50)
    """The length of a run of words of the system prompt that counts as leaked."""
    leak_runs: int = Field(default=3, ge=1)
    """How many different runs block."""
    grounding_least: float = Field(default=0.4, ge=0, le=1)
    """The mean support of an answer by its passages."""

    @model_validator(mode="after")
    def _each_once(self) -> GuardrailParams:
        if len(set(self.guards)) != len(self.guards):
            raise ValueError("a guard stands twice in guards")
        return self
