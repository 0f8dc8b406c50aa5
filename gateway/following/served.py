"""What is served of one capability at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.following.loaded import Loaded
from roadworthy.assistant.switches import CAPABILITY, MODEL, TOOLS
from roadworthy.exchange.assistant import Switches
from roadworthy.serving.opened import Opened
from roadworthy.serving.route import Route


@dataclass(frozen=True)
class Choice:
    """The release that answers one request, and under which name."""

    loaded: Loaded
    arm: str
    switches: Switches


@dataclass(frozen=True)
class Served:
    """Immutable: each request looks once, and so never sees two releases or half a change."""

    route: Route
    loaded: Mapping[str, Loaded]
    """By arm, what is in memory; an arm that could not be loaded is missing, and production answers for it."""

    def choose(self, person: str) -> Choice | None:
        """Return who answers `person`; None while there is nothing in production that could."""
        arm = self.route.arm(person)
        if arm not in self.loaded:
            arm = next(iter(self.loaded), "")
        if not arm:
            return None
        return Choice(self.loaded[arm], self.route.label(arm), self.switches)

    def opened(self, digest: str) -> Opened | None:
        """Return the release with this digest, if it is served."""
        return next((one.opened for one in self.loaded.values() if one.wanted.record.digest == digest), None)

    @property
    def is_off(self) -> bool:
        """Tell whether the whole capability is switched off."""
        return CAPABILITY in self.route.switched_off

    @property
    def switches(self) -> Switches:
        """What is switched off of an assistant."""
        off = self.route.switched_off
        return Switches(tools_off=TOOLS in off, template_only=MODEL in off or CAPABILITY in off)
