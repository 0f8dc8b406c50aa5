"""Builds the guards of a capability, in the order in which they run, from one section of params.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from roadworthy.guardrails.disallowed import DisallowedGuard
from roadworthy.guardrails.grounding import GroundingGuard
from roadworthy.guardrails.harmful import HarmfulGuard
from roadworthy.guardrails.indirect import IndirectGuard
from roadworthy.guardrails.indirect_phrases import INDIRECT_RULES
from roadworthy.guardrails.injection import InjectionDetector, InjectionGuard, Signal
from roadworthy.guardrails.injection_rules import PhraseDetector
from roadworthy.guardrails.interface import Guard
from roadworthy.guardrails.output_personal_data import OutputPersonalDataGuard
from roadworthy.guardrails.personal_data import PersonalDataGuard
from roadworthy.guardrails.phrasing import PhrasingGuard
from roadworthy.guardrails.policy import Policy
from roadworthy.guardrails.policy_guard import PolicyGuard
from roadworthy.guardrails.prompt_leak import PromptLeakGuard
from roadworthy.guardrails.run import Guardrails
from roadworthy.guardrails.secrets import SecretsGuard
from roadworthy.guardrails.size import SizeGuard
from roadworthy.guardrails.unicode_text import UnicodeGuard

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


@dataclass(frozen=True)
class Parts:
    """What guards are built of, besides their parameters."""

    policy: Policy
    detectors: Sequence[InjectionDetector] = field(default=())
    """Trained detectors of injections, beside the phrase rules."""


def build_guards(params: GuardrailParams, parts: Parts) -> tuple[Guard, ...]:
    """Return the guards that `params` names, in the catalogue's order; heavy libraries are loaded here, not later."""
    makers = _makers(params, parts)
    return tuple(makers[name]() for name in get_args(GuardName) if name in params.guards)


def build_guardrails(params: GuardrailParams, parts: Parts) -> Guardrails:
    """Return the guards with their deadline, ready to run."""
    return Guardrails(build_guards(params, parts), deadline=params.deadline_seconds)


def _makers(params: GuardrailParams, parts: Parts) -> Mapping[GuardName, Callable[[], Guard]]:
    trained = [Signal(detector, params.detector_threshold) for detector in parts.detectors]
    direct = [Signal(PhraseDetector(), params.rules_threshold), *trained]
    indirect = [Signal(PhraseDetector(INDIRECT_RULES), params.rules_threshold)]
    return {
        "size": lambda: SizeGuard(params.size_limit),
        "unicode": UnicodeGuard,
        "injection": lambda: InjectionGuard(direct),
        "harmful": lambda: HarmfulGuard(params.harmful_threshold),
        "policy": lambda: PolicyGuard(parts.policy),
        "indirect-injection": lambda: IndirectGuard(indirect),
        "secrets": SecretsGuard,
        "personal-data": PersonalDataGuard,
        "prompt-leak": lambda: PromptLeakGuard(params.leak_words, params.leak_runs),
        "output-personal-data": OutputPersonalDataGuard,
        "disallowed": lambda: DisallowedGuard(params.disallowed_threshold),
        "grounding": lambda: GroundingGuard(parts.policy, params.grounding_least),
        "phrasing": lambda: PhrasingGuard(parts.policy),
    }
