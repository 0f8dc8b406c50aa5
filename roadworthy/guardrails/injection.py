"""The guard against injections: detectors with thresholds, over every way to read the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from roadworthy.guardrails.encodings import views
from roadworthy.guardrails.interface import Context, Place, Scan, Verdict


class InjectionDetector(Protocol):
    """Says how likely a text tries to take the assistant over."""

    @property
    def name(self) -> str:
        """What it is called in reasons."""

    def score(self, text: str) -> float:
        """Return a number between 0 and 1; higher is more likely."""


@dataclass(frozen=True)
class Signal:
    """A detector, and the score from which on it blocks."""

    detector: InjectionDetector
    threshold: float


class InjectionGuard:
    """Blocks a text when any signal reaches its threshold on any view of it: raw, cleaned or decoded."""

    name = "injection"

    def __init__(self, signals: Sequence[Signal], places: frozenset[Place] = frozenset({Place.INPUT})) -> None:
        self.places = places
        self._signals = tuple(signals)

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Take the highest score over the views; the reason names detector and view, never the words."""
        for view in views(text):
            for signal in self._signals:
                score = signal.detector.score(view.text)
                if not score < signal.threshold:
                    reason = f"{signal.detector.name} {score:.2f}, at most {signal.threshold:g} passes ({view.name})"
                    return Scan(Verdict.BLOCKED, text, reason)
        return Scan(Verdict.ALLOWED, text)
