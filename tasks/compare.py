"""The step that judges a release: the gates, and the challenger against production on the same rows."""

# Late imports: start-up time.
from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.canonical import readable_json
from roadworthy.digest import digest_bytes, digest_file
from roadworthy.errors import IntegrityError
from roadworthy.release.bundle import Bundle, blob_key, fetch_bundle
from roadworthy.release.entries import EvidenceRecorded
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import ReleaseRecord, Standing, standing_of
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.store import AlreadyStored, Store
from roadworthy.workspace import Workspace
from tasks.actor import local_actor
from tasks.seal import own_release
from tasks.stores import open_store

if TYPE_CHECKING:
    from roadworthy.evaluation.answer_evaluation import AnswerEvaluation
    from roadworthy.evaluation.comparison import Comparison
    from roadworthy.evaluation.judgement import Judgement
    from roadworthy.evaluation.report import Evaluation
    from roadworthy.params.capability import Capability

GATES = "gates"
"""The name under which the ledger keeps what this step finds out."""
PRODUCTION = "production"
"""The fact that names the production release that the evidence compares with."""


def compare(capability: Capability, workspace: Workspace, announce: Announce) -> None:
    """Judge the release that the bundle in the work tree has become, and record it as evidence."""
    settings = Settings(root=workspace.root)
    store = open_store(settings.store_address)
    ledger = Ledger(store, workspace.capability)
    record = own_release(capability, workspace, standing_of(workspace.capability, ledger.entries()))
    if record is None:
        raise IntegrityError(
            "the bundle in the work tree was not registered", where=str(workspace.bundle), remedy="run it again"
        )
    if capability.kind == "model":
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
    from roadworthy.params.capability import parse_capability

    with TemporaryDirectory() as scratch:
        challenger = fetch_bundle(store, record.digest, Path(scratch, "challenger"))
        capability = parse_capability((challenger.folder / "parameters.json").read_bytes())
        evaluation = read_evaluation(capability, challenger.folder / "evaluation")
        comparison = None
        if opponent is not None:
            production = fetch_bundle(store, opponent.digest, Path(scratch, "production"))
            comparison = _compare(store, challenger, production, capability)
    return judge_all(capability.gates, evaluation, opponent.digest if opponent else None, comparison)


def read_evaluation(capability: Capability, folder: Path) -> Evaluation | AnswerEvaluation:
    """Return the evaluation that was kept in `folder`."""
    from roadworthy.evaluation.answer_evaluation import AnswerEvaluation
    from roadworthy.evaluation.report import Evaluation

    kind = Evaluation if capability.kind == "model" else AnswerEvaluation
    return kind.model_validate_json((folder / "evaluation.json").read_bytes())


def _compare(store: Store, challenger: Bundle, production: Bundle, capability: Capability) -> Comparison | None:
    """Compare on the challenger's rows or queries; None when production has no figures on them."""
    if capability.kind == "assistant":
        from tasks.answer_comparison import compare_assistants

        return compare_assistants(challenger, production, capability)
    from tasks.model_comparison import compare_models

    return compare_models(store, challenger, production, capability)


def _is_done(capability: Capability, workspace: Workspace) -> bool:
    store = open_store(Settings(root=workspace.root).store_address)
    standing = standing_of(workspace.capability, Ledger(store, workspace.capability).entries())
    record = own_release(capability, workspace, standing)
    return record is not None and has_fresh_evidence(standing, record.number)


def _inputs(capability: Capability, workspace: Workspace) -> tuple[Path, ...]:
    rows = (workspace.prepared / "evaluate.parquet",) if capability.kind == "model" else ()
    return (workspace.bundle, *rows)


COMPARE = Step(
    name="compare",
    summary="judge the gates, and compare with production on the same rows or queries",
    run=compare,
    section=None,
    inputs=_inputs,
    outputs=lambda capability, workspace: (),
    timeout_seconds=3600,
    libraries=("roadworthy.evaluation.comparison",),
    is_done=_is_done,
)
