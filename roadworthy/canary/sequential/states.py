"""Reads states that were kept as JSON."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from roadworthy.canary.sequential.interface import State
from roadworthy.errors import IntegrityError

_State = TypeVar("_State", bound=State)


def parsed_state(kind: type[_State], state: Any) -> _State:
    """Return a state of this kind from itself, or from what its JSON reads as. Raises `IntegrityError`."""
    try:
        return kind.model_validate(state.model_dump() if isinstance(state, State) else state)
    except ValidationError:
        raise not_its_state() from None


def not_its_state() -> IntegrityError:
    """Return the error for a state that a test can't go on from."""
    return IntegrityError(
        "This is not the state of this test, or its settings have changed since.",
        where="canary: state",
        remedy="Start anew from the telemetry since the canary began.",
    )
