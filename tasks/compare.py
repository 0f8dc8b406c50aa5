"""The step that judges a release: the gates, and the challenger against production on the same rows."""

# Late imports: start-up time.
from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.canonical import readable_json
from roadworthy.digest import digest_bytes, digest_file
from roadworthy.errors import DataError, IntegrityError
from roadworthy.modelling.fitted_model import read_bundled_model
from roadworthy.modelling.schema import LABEL
from roadworthy.release.bundle import Bundle, blob_key, fetch_bundle
from roadworthy.release.entries import EvidenceRecorded
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import ReleaseRecord, Standing, standing_of
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.store import AlreadyStored, Store
from roadworthy.workspace import Workspace
from tasks.actor import local_actor
from tasks.evaluate import SCORE, resampling
from tasks.seal import own_release
from tasks.stores import open_store

if TYPE_CHECKING:
    import numpy
    import pandas

    from roadworthy.evaluation.comparison import Comparison
    from roadworthy.evaluation.judgement import Judgement
    from roadworthy.params.capability import ModelCapability

GATES = "gates"
"""The name under which the ledger keeps what this step finds out."""
PRODUCTION = "production"
"""The fact that names the production release that the evidence compares with."""


def compare(capability: ModelCapability, workspace: Workspace, announce: Announce) -> None:
    """Judge the release that the bundle in the work tree has become, and record it as evidence."""
    settings = Settings(root=workspace.root)
    store = open_store(settings.store_address)
    ledger = Ledger(store, workspace.capability)
    record = own_release(capability, workspace, standing_of(workspace.capability, ledger.entries()))
    if record is None:
        raise IntegrityError(
            "the bundle in the work tree was not registered", where=str(workspace.bundle), remedy="run it again"
        )
    keep_rows(store, workspace.prepared / "evaluate.parquet")
    announce(judge_release(ledger, record.number).summary)


def judge_release(ledger: Ledger, number: int) -> Judgement:
    """Judge release `number` against what is in production now, and record it as evidence."""
    standing = standing_of(ledger.capability, ledger.entries())
    record, opponent = standing.release(number), _opponent(standing, number)
    judgement = _judge(ledger.store, record, opponent)
    report = keep_blob(ledger.store, readable_json(judgement.model_dump(mode="json")))
    evidence = EvidenceRecorded(
        release=number,
        name=GATES,
        verdict=judgement.verdict.value,
        summary=judgement.summary,
        report=report,
        facts={PRODUCTION: opponent.digest if opponent else None},
    )
    ledger.record(lambda entries: evidence, by=local_actor())
    return judgement


def has_fresh_evidence(standing: Standing, number: int) -> bool:
    """Tell whether the release was judged against what is in production now."""
    evidence, opponent = standing.release(number).evidence.get(GATES), _opponent(standing, number)
    return evidence is not None and evidence.facts.get(PRODUCTION) == (opponent.digest if opponent else None)


def keep_rows(store: Store, path: Path) -> None:
    """Keep the evaluation rows, so that any later production release can be measured on them."""
    try:
        store.create_from_file(blob_key(digest_file(path)), path)
    except AlreadyStored:
        return


def keep_blob(store: Store, content: bytes) -> str:
    """Keep `content` by its digest, and return that."""
    digest = digest_bytes(content)
    try:
        store.create(blob_key(digest), content)
    except AlreadyStored:
        return digest
    return digest


def _opponent(standing: Standing, number: int) -> ReleaseRecord | None:
    """Return the release to compare with: the one in production, unless it is the same."""
    live = standing.production
    return live if live and live.number != number else None


def _judge(store: Store, record: ReleaseRecord, opponent: ReleaseRecord | None) -> Judgement:
    from roadworthy.evaluation.judgement import judge_all
    from roadworthy.evaluation.report import Evaluation
    from roadworthy.params.capability import ModelCapability

    with TemporaryDirectory() as scratch:
        challenger = fetch_bundle(store, record.digest, Path(scratch, "challenger"))
        content = (challenger.folder / "evaluation" / "evaluation.json").read_bytes()
        capability = ModelCapability.model_validate_json((challenger.folder / "parameters.json").read_bytes())
        comparison = None
        if opponent is not None:
            production = fetch_bundle(store, opponent.digest, Path(scratch, "production"))
            comparison = _compare(store, challenger, production, capability)
    return judge_all(
        capability.gates, Evaluation.model_validate_json(content), opponent.digest if opponent else None, comparison
    )


def _compare(store: Store, challenger: Bundle, production: Bundle, capability: ModelCapability) -> Comparison | None:
    """Compare the two on the challenger's rows; None when the production model does not take them."""
    import pandas

    from roadworthy.evaluation.comparison import compare_predictions

    with TemporaryDirectory() as scratch:
        rows = pandas.read_parquet(_fetch_rows(store, challenger, Path(scratch)))
    try:
        theirs = _predictions_on(rows, challenger, production)
    except DataError:
        return None
    ours = _own_predictions(challenger)
    return compare_predictions(rows[LABEL].to_numpy(), ours, theirs, resampling(capability.evaluate, rows))


def _predictions_on(rows: pandas.DataFrame, challenger: Bundle, production: Bundle) -> numpy.ndarray:
    """Return what the production model predicts on the challenger's rows: known already if they were its own too."""
    if _rows_digest(challenger) == _rows_digest(production) and _predictions_path(production).is_file():
        return _own_predictions(production)
    return read_bundled_model(production.folder).predict(rows)


def _own_predictions(bundle: Bundle) -> numpy.ndarray:
    """Return what the release predicted on the rows that it was evaluated on."""
    import pandas

    return pandas.read_parquet(_predictions_path(bundle))[SCORE].to_numpy()


def _predictions_path(bundle: Bundle) -> Path:
    return bundle.folder / "evaluation" / "predictions.parquet"


def _rows_digest(bundle: Bundle) -> str:
    return str(json.loads((bundle.folder / "evaluation" / "rows.json").read_bytes())["sha256"])


def _fetch_rows(store: Store, bundle: Bundle, folder: Path) -> Path:
    digest = _rows_digest(bundle)
    path = folder / "rows.parquet"
    store.read_to_file(blob_key(digest), path)
    if digest_file(path) != digest:
        raise IntegrityError(
            "the evaluation rows are not what the release was measured on",
            where=f"{store.address}: {blob_key(digest)}",
            remedy="put them back from a copy of the store, or release again",
        )
    return path


def _is_done(capability: ModelCapability, workspace: Workspace) -> bool:
    store = open_store(Settings(root=workspace.root).store_address)
    standing = standing_of(workspace.capability, Ledger(store, workspace.capability).entries())
    record = own_release(capability, workspace, standing)
    return record is not None and has_fresh_evidence(standing, record.number)


COMPARE = Step(
    name="compare",
    summary="judge the gates, and compare with production on the same rows",
    run=compare,
    section=None,
    inputs=lambda capability, workspace: (workspace.bundle, workspace.prepared / "evaluate.parquet"),
    outputs=lambda capability, workspace: (),
    timeout_seconds=3600,
    libraries=("roadworthy.evaluation.comparison",),
    is_done=_is_done,
)
