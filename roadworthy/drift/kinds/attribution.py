"""Attribution: of all kinds that moved on one night, which is the root, and who is to be looked at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.drift.kinds.interface import Culprit, DriftKind, KindVerdict, State

_UPSTREAM: dict[DriftKind, frozenset[DriftKind]] = {
    DriftKind.FEATURES: frozenset(),
    DriftKind.TOPICS: frozenset(),
    DriftKind.LABELS: frozenset({DriftKind.FEATURES}),
    DriftKind.PROMPTS: frozenset({DriftKind.TOPICS, DriftKind.RETRIEVAL, DriftKind.TOOLS}),
    DriftKind.RETRIEVAL: frozenset({DriftKind.TOPICS}),
    DriftKind.TOOLS: frozenset({DriftKind.TOPICS, DriftKind.PROMPTS}),
}
"""What may bring about the part of a kind's drift that is not its own."""


@dataclass(frozen=True)
class Attribution:
    """What is to be looked at, the likeliest root first."""

    ranked: tuple[KindVerdict, ...]
    """The kinds that raise an alarm."""
    explained: tuple[DriftKind, ...] = ()
    """Those of them that may follow from one that stands before them."""

    @property
    def kind(self) -> DriftKind | None:
        """The likeliest root; None when nothing drifts."""
        return self.ranked[0].kind if self.ranked else None

    @property
    def culprit(self) -> Culprit | None:
        """The first of its culprits."""
        return next(iter(self.ranked[0].culprits), None) if self.ranked else None


def attribute(verdicts: Sequence[KindVerdict]) -> Attribution:
    """Rank the kinds that raise an alarm.

    A kind whose drift is its own comes before one whose drift may follow from another; among equals the larger effect.
    """
    drifting = [one for one in verdicts if one.state is State.DRIFT]
    kinds = {one.kind for one in drifting}
    explained = {one.kind for one in drifting if not one.own and kinds & _UPSTREAM[one.kind]}
    ranked = sorted(drifting, key=lambda one: (one.kind in explained, -one.effect))
    return Attribution(tuple(ranked), tuple(one.kind for one in ranked if one.kind in explained))
