"""Whether what a release predicted lately lets expect harm: scores that were counted, beside its evaluation."""

# Late imports: start-up time.
from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from roadworthy.drift.served.counting import SCORES
from roadworthy.drift.served.sealing import CountedDay
from roadworthy.errors import DataError, IntegrityError
from roadworthy.modelling.schema import LABEL
from roadworthy.release.bundle import blob_key, fetch_manifest, read_bundle_file
from roadworthy.release.manifest import Manifest
from roadworthy.release.standing import Standing
from roadworthy.replay.settings import ReplaySettings
from roadworthy.store import NotStored, Store

if TYPE_CHECKING:
    import numpy
    import pandas
    from numpy.typing import NDArray

    from roadworthy.performance.served import Promise, ScoreCounts, Truth
    from roadworthy.performance.trigger import Decision, HarmBudget


def decide_harm(
    store: Store,
    capability: str,
    night: date,
    digest: str,
    counted: Callable[[date], CountedDay],
    truth: Truth | None = None,
) -> Decision | None:
    """Decide by the last nights of the release `digest`; None where it has no evaluation to compare with.

    `truth` is what labels have shown of it. Budget and window are those of replays (docs/decisions/0032).
    """
    from roadworthy.performance.served import last_losses
    from roadworthy.performance.trigger import decide

    settings = ReplaySettings()
    promise = promise_of(store, digest, settings.budget) if digest else None
    if promise is None:
        return None
    reach = settings.window + settings.budget.nights - 1
    days = [night - timedelta(days=back) for back in range(reach)]
    nights = {day: scores for day in days for scores in _scores(counted(day), capability, digest)}
    return decide(list(last_losses(night, nights, promise, settings.budget, settings.window, truth)), settings.budget)


def held_until(standing: Standing, night: date) -> date | None:
    """Return until when nothing is retrained, since there is a release so young; None where that is over.

    Retrained too often, models differ by chance (docs/decisions/0032).
    """
    newest = standing.latest()
    if newest is None:
        return None
    until = newest.released_at.date() + timedelta(days=ReplaySettings().wait)
    return until if night < until else None


def _scores(day: CountedDay, capability: str, digest: str) -> list[ScoreCounts]:
    from roadworthy.performance.served import ScoreCounts

    found = [one.scores for one in day.parts if (one.capability, one.digest) == (capability, digest)]
    # Outside 0 to 1 there is nothing: the gateway would not have answered.
    return [ScoreCounts(SCORES.edges, scores.bins[1:-1]) for scores in found if scores is not None]


def promise_of(store: Store, digest: str, budget: HarmBudget) -> Promise | None:
    """Return what a release showed when it was evaluated; None where that can't be read, or is too little."""
    from roadworthy.evaluation.bootstrap import Resampling
    from roadworthy.evaluation.metrics import Scored
    from roadworthy.performance.calibrator import learn_calibrator
    from roadworthy.performance.served import Promise
    from roadworthy.performance.trigger import Level

    try:
        manifest = fetch_manifest(store, digest)
        predictions = _table(read_bundle_file(store, manifest, "evaluation/predictions.parquet"))
        clusters = _clusters(store, manifest)
        labels, scores = predictions[LABEL].to_numpy(), predictions["score"].to_numpy()
        how = Resampling(ReplaySettings().resamples, 2 * budget.confidence - 1, 0, clusters)
        level = Level.measured(Scored.of(labels, scores, clusters), budget.metric, how)
        return Promise(learn_calibrator(labels, scores), level)
    except (NotStored, IntegrityError, DataError):
        return None


def _clusters(store: Store, manifest: Manifest) -> NDArray[numpy.generic] | None:
    """Return the evaluation rows' units, such as their days; None where the rows are gone: then each row is one."""
    from roadworthy.params.capability import ModelCapability, parse_capability
    from tasks.evaluate import resampling

    capability = parse_capability(read_bundle_file(store, manifest, "parameters.json"))
    digest = json.loads(read_bundle_file(store, manifest, "evaluation/rows.json"))["sha256"]
    if not isinstance(capability, ModelCapability) or not store.contains(blob_key(digest)):
        return None
    return resampling(capability.evaluate, _table(store.read(blob_key(digest)))).clusters


def _table(content: bytes) -> pandas.DataFrame:
    import pandas

    return pandas.read_parquet(io.BytesIO(content))
