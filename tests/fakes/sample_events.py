"""Requests as the gateway leaves them, and a gateway's condition, with something in every field that is counted."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from gateway.metrics.condition import Account, Condition, Followed, NotLoaded, Queue, Serving, SwitchedOff
from roadworthy.telemetry.event import Called, Ending, Event, GuardVerdict, Kind, Part, Retrieved, Said

ANSWER = Event(
    id="r1",
    at=datetime(2025, 11, 14, 12, tzinfo=UTC),
    kind=Kind.ANSWER,
    ending=Ending.ANSWERED,
    status=200,
    seconds=0.8,
    tenant="t-1",
    capability="helpdesk",
    release=3,
    digest="d" * 64,
    arm="canary",
    first_text_seconds=0.3,
    parts=(Part("retrieve", 0.01), Part("ask the model", 0.7, "ProviderFailed: timeout")),
    prompt_tokens=120,
    completion_tokens=30,
    cost=Decimal("0.25"),
    currency="USD",
    cached=True,
    fallback="second_provider",
    guards=(GuardVerdict("input", "injection", "allowed", 0.001), GuardVerdict("output", "secrets", "changed", 0.002)),
    retrieved=(Retrieved("fees", 0, 0.7, True), Retrieved("cards", 0, 0.2, False)),
    calls=(Called("balance", "done", "x"),),
)
PREDICTION = Event(
    "r2", ANSWER.at, Kind.PREDICTION, Ending.PREDICTED, 200, 0.0004, "t-2", "", "", "delay", 7, "e" * 64, "production",
    rows=12,
)  # fmt: skip
REJECTED = Event("r3", ANSWER.at, Kind.OTHER, Ending.REJECTED, 429, 0.001, capability="helpdesk", problem="over-budget")
FEEDBACK = Event(
    "r4", ANSWER.at, Kind.FEEDBACK, Ending.NOTED, 200, 0.001, capability="helpdesk", release=3, arm="canary",
    said=Said("r1", "down", False),
)  # fmt: skip
ESCALATION = Event(
    "r5", ANSWER.at, Kind.ESCALATION, Ending.NOTED, 200, 0.001, capability="helpdesk", release=3, arm="canary",
    said=Said("r1"),
)  # fmt: skip
EVERY_EVENT = (ANSWER, PREDICTION, REJECTED, FEEDBACK, ESCALATION)
CONDITION = Condition(
    in_flight=2,
    queues=(Queue("model", 5),),
    lost_events=1,
    lost_spans=4,
    serving=(Serving("helpdesk", 3, "d" * 64, "canary", 0.05),),
    followed=(Followed("helpdesk", 0.4),),
    switched_off=(SwitchedOff("helpdesk", "tools"),),
    not_loaded=(NotLoaded("helpdesk", 4),),
    accounts=(Account("k-1", "USD", Decimal("1.5"), Decimal(5)),),
)
