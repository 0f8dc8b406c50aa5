"""Builds the guards of a capability, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

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
from roadworthy.guardrails.run import QUICK_CHARACTERS, Guardrails
from roadworthy.guardrails.secrets import SecretsGuard
from roadworthy.guardrails.settings import GuardName, GuardrailParams
from roadworthy.guardrails.size import SizeGuard
from roadworthy.guardrails.unicode_text import UnicodeGuard


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
    guards = build_guards(params, parts)
    return Guardrails(guards, deadline=params.deadline_seconds, quick_characters=QUICK_CHARACTERS)


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
