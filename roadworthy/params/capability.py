"""A capability's section of params.yaml, and the file as a whole."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, field_validator, model_validator

from roadworthy.alerts.settings import AlertParams
from roadworthy.canary.settings import CanaryParams
from roadworthy.evaluation.gates import Gate
from roadworthy.labels.settings import LabelParams
from roadworthy.params.assistant import AssistantCapability
from roadworthy.params.base import Name, Section
from roadworthy.params.data import IngestParams, PrepareParams, ValidateParams
from roadworthy.params.model import Card, EvaluateParams, TrainParams
from roadworthy.params.retention import RetentionParams
from roadworthy.service_levels.objectives import Objective
from roadworthy.spikes.settings import SpikeParams


class ModelCapability(Section):
    """A trained model that ships."""

    kind: Literal["model"]
    description: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    """Who answers for it, and is called when it fails."""
    card: Card
    ingest: IngestParams
    validate_: ValidateParams = Field(default=ValidateParams(), alias="validate")
    prepare: PrepareParams
    train: TrainParams = TrainParams()
    evaluate: EvaluateParams = EvaluateParams()
    gates: tuple[Gate, ...] = Field(min_length=1)
    """What the evaluation must show before the release may move to production."""


Capability = ModelCapability | AssistantCapability
"""Any kind of capability."""
KINDS = ("model", "assistant")
_ByKind = Annotated[Capability, Field(discriminator="kind")]


def parse_capability(content: bytes) -> Capability:
    """Return the section that a bundle keeps as parameters.json. Raises pydantic's `ValidationError`."""
    parsed: Capability = TypeAdapter(_ByKind).validate_json(content)
    return parsed


class ApprovalParams(Section):
    """Who may move a release."""

    require_identity: bool = False
    """Refuse a request whose author the registry did not authenticate."""


class Params(Section):
    """params.yaml."""

    approval: ApprovalParams = ApprovalParams()
    retention: RetentionParams = RetentionParams()
    alerts: AlertParams = AlertParams()
    spikes: SpikeParams = SpikeParams()
    capabilities: dict[Name, _ByKind] = Field(min_length=1)
    canary: dict[Name, CanaryParams] = {}
    """How a capability's canaries go on; others follow the default plan. It is no part of what ships."""
    labels: dict[Name, LabelParams] = {}
    """How late a capability's labels may be; of others a week. It is no part of what ships."""
    objectives: dict[Name, tuple[Objective, ...]] = {}
    """What is promised of a capability; of others what is usual. It is no part of what ships."""

    @model_validator(mode="after")
    def _plans_for_known_capabilities(self) -> Self:
        for section, plans in (("canary", self.canary), ("labels", self.labels), ("objectives", self.objectives)):
            if unknown := sorted(set(plans) - set(self.capabilities)):
                raise ValueError(f"{section} names {', '.join(unknown)}, of which there is no capability")
        return self

    @field_validator("capabilities", mode="before")
    @classmethod
    def _sections(cls, value: object) -> object:
        return value or {}
