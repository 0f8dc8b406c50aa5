"""The part of a night that is about assistants: pinned questions are asked, and drift of four kinds is judged."""

# Late imports: start-up time.
from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from roadworthy.errors import RoadworthyError
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import ReleaseRecord, standing_of
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from roadworthy.store import Store
from tasks.model_names import trained_models
from tasks.night import CapabilityNight, Night
from tasks.night_assistants import judge_assistant_night
from tasks.probes import probe_production
from tasks.released_assistant import released_files

if TYPE_CHECKING:
    from roadworthy.retrieval.interface import Embedder


def with_assistants(night: Night, store: Store, settings: Settings, announce: Announce, *, probes: bool) -> Night:
    """Return the night with the drift of each assistant in production.

    `probes` asks its index the pinned questions, which only the night that has just ended may do: an older one is
    judged by what was kept of it. What can't be asked is announced, and the verdict says that it is missing. Raises as
    `judge_assistant_night` does.
    """
    models = trained_models(store, (one.capability for one in night.capabilities))

    def judged(one: CapabilityNight) -> CapabilityNight:
        live = standing_of(one.capability, Ledger(store, one.capability).entries()).production
        if one.capability in models or live is None:
            return one
        if probes:
            _probe(store, one.capability, live, night.night, settings, announce)
        embedder = _embedder(store, live, settings, announce)
        return replace(one, assistant=judge_assistant_night(store, one.capability, night.night, embedder))

    return replace(night, capabilities=tuple(judged(one) for one in night.capabilities))


def _probe(
    store: Store, capability: str, live: ReleaseRecord, night: date, settings: Settings, announce: Announce
) -> None:
    try:
        probe_production(store, capability, live, night, settings, announce)
    except RoadworthyError as error:
        announce(f"{capability}: pinned questions could not be asked: {error.problem}")


def _embedder(store: Store, live: ReleaseRecord, settings: Settings, announce: Announce) -> Embedder | None:
    """Return the release's own embedder; None where it has none, or it can't be opened."""
    from tasks.embedding_model import open_embedder

    try:
        with released_files(store, live, settings) as released:
            return open_embedder(released.capability.index.embedder, settings, announce)
    except RoadworthyError as error:
        announce(f"release {live.number}: topics are not judged: {error.problem}")
        return None
