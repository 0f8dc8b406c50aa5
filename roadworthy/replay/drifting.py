"""The drift watch of a replay: what a night is compared with are the nights from which the live model learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from roadworthy.drift.alarms import AlarmPolicy
from roadworthy.drift.baseline import Night
from roadworthy.drift.profile.laying_out import Watched, make_layout
from roadworthy.drift.profile.profile import Layout, Profile
from roadworthy.drift.profile.scanning import profile_files
from roadworthy.drift.reference import Reference
from roadworthy.drift.report import DriftReport, NightSaid, Origin
from roadworthy.drift.reporting import Tonight, report_night
from roadworthy.modelling.schema import FeatureSchema
from roadworthy.replay.report import DriftSeen

ALARM = NightSaid.DRIFT.value
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

    capability: str
    files: Mapping[date, Path]
    schema: FeatureSchema
    policy: AlarmPolicy = field(default_factory=AlarmPolicy)
    reports: dict[date, DriftReport] = field(default_factory=dict)
    """Of the nights that were judged, all that is known of their drift."""
    _reference: Reference | None = None
    _profiles: dict[date, Profile] = field(default_factory=dict)

    def compare_with_nights_until(self, until: date) -> None:
        """Lay the reference out and profile its nights; bins and categories are the first reference's."""
        nights = [night for night in sorted(self.files) if night <= until]
        if self._reference is None:
            watched = [Watched(feature.name, feature.kind) for feature in self.schema.features]
            self._reference = Reference(make_layout([self.files[night] for night in nights], watched), ())
        layout = self._reference.layout
        self._reference = Reference(layout, tuple(Night(night, self._profile(night, layout)) for night in nights))

    def judge(self, night: date) -> DriftSeen:
        """Judge a night."""
        assert self._reference is not None  # noqa: S101  (the replay sets the reference first)
        profile = self._profile(night, self._reference.layout)
        found = report_night(Tonight(self.capability, night, Origin.DATA, profile), self._reference, self.policy)
        self.reports[night] = found
        return DriftSeen(verdict=found.verdict.value, causes=found.causes)

    def _profile(self, night: date, layout: Layout) -> Profile:
        if night not in self._profiles:
            files = [self.files[night]] if night in self.files else []
            # A file holds more than features: the label and keys are no unknown columns.
            found = profile_files(files, layout)
            self._profiles[night] = found.model_copy(update={"unknown": ()})
        return self._profiles[night]
