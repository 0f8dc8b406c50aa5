"""The drift watch of a replay: what a night is compared with are the nights from which the live model learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from roadworthy.drift.alarms import AlarmPolicy, judge
from roadworthy.drift.baseline import Baseline, Night
from roadworthy.drift.profile.laying_out import Watched, make_layout
from roadworthy.drift.profile.profile import Layout, Profile
from roadworthy.drift.profile.scanning import profile_files
from roadworthy.modelling.schema import FeatureSchema
from roadworthy.replay.report import DriftSeen

ALARM = "drift"
"""The verdict that is an alarm."""


class DriftWatch(Protocol):
    """Judges nights against the nights before a moment."""

    def compare_with_nights_until(self, until: date) -> None:
        """Take all nights up to and with `until` for the reference."""

    def judge(self, night: date) -> DriftSeen:
        """Judge a night, which may have no rows."""


@dataclass
class FeatureDrift:
    """Watches a model's features, a Parquet file a night."""

    files: Mapping[date, Path]
    schema: FeatureSchema
    policy: AlarmPolicy = field(default_factory=AlarmPolicy)
    _layout: Layout | None = None
    _baseline: Baseline | None = None
    _profiles: dict[date, Profile] = field(default_factory=dict)

    def compare_with_nights_until(self, until: date) -> None:
        """Lay the reference out and profile its nights; bins and categories are the first reference's."""
        nights = [night for night in sorted(self.files) if night <= until]
        if self._layout is None:
            watched = [Watched(feature.name, feature.kind) for feature in self.schema.features]
            self._layout = make_layout([self.files[night] for night in nights], watched)
        self._baseline = Baseline(self._layout, [Night(night, self._profile(night)) for night in nights])

    def judge(self, night: date) -> DriftSeen:
        """Judge a night."""
        assert self._baseline is not None  # noqa: S101  (the replay sets the reference first)
        found = judge(Night(night, self._profile(night)), self._baseline, self.policy)
        return DriftSeen(verdict=found.verdict.value, causes=found.causes)

    def _profile(self, night: date) -> Profile:
        assert self._layout is not None  # noqa: S101  (the replay sets the reference first)
        if night not in self._profiles:
            files = [self.files[night]] if night in self.files else []
            self._profiles[night] = profile_files(files, self._layout)
        return self._profiles[night]
