"""Events about a capability; on some of them deployments/prefect.yaml starts a new release."""

from __future__ import annotations

from prefect.events import emit_event

RESOURCE = "roadworthy.capability."
DRIFT_CONFIRMED = "drift.confirmed"
QUALITY_DROPPED = "quality.dropped"
DRIFT_SEEN = "drift.seen"
"""Drift that lasts and does no harm that is known: it informs, and starts nothing."""


def tell_drift_confirmed(capability: str, reason: str) -> None:
    """Say that drift which does harm is confirmed: `ship_release` starts, and records `reason`, without contents."""
    _tell(DRIFT_CONFIRMED, capability, reason)


def tell_quality_dropped(capability: str, reason: str) -> None:
    """Say that quality in production is below what was promised: `ship_release` starts, and records `reason`."""
    _tell(QUALITY_DROPPED, capability, reason)


def tell_drift_seen(capability: str, reason: str) -> None:
    """Say that drift lasts, with `reason`; nothing starts, as retraining without harm makes no better model."""
    _tell(DRIFT_SEEN, capability, reason)


def _tell(event: str, capability: str, reason: str) -> None:
    resource = {"prefect.resource.id": f"{RESOURCE}{capability}", "prefect.resource.name": capability}
    emit_event(event=event, resource=resource, payload={"reason": reason})
