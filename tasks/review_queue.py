"""The review queue of a capability: read from telemetry and cases, emptied into drafts beside its evaluation set."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from roadworthy.errors import UnknownName, UsageError
from roadworthy.params.loading import capability_params, load_params
from roadworthy.settings import Settings
from roadworthy.store import Store
from roadworthy.telemetry.opening import OPEN
from tasks.perform import PARAMS_FILE

if TYPE_CHECKING:
    from roadworthy.review.candidates import Candidate


@dataclass(frozen=True)
class Places:
    """The files of one set."""

    queries: Path
    drafts: Path
    reviewed: Path


@dataclass(frozen=True)
class ReviewQueue:
    """What waits, and where it goes."""

    places: Places
    waiting: tuple[Candidate, ...]

    def chosen(self, ids: tuple[str, ...]) -> tuple[Candidate, ...]:
        """Return the candidates with these ids. Raises `UnknownName` for one that does not wait."""
        by_id = {one.id: one for one in self.waiting}
        unknown = [one for one in ids if one not in by_id]
        if unknown:
            remedy = "`roadworthy evalset review list CAPABILITY` shows what waits"
            raise UnknownName(f"no query {unknown[0]} waits", where="id", remedy=remedy)
        return tuple(by_id[one] for one in dict.fromkeys(ids))


def review_queue(store: Store, settings: Settings, capability: str, since: datetime) -> ReviewQueue:
    """Return what has waited since then: where contents are kept, anonymised, without what is there or was decided.

    Raises `UsageError` for a trained model, and as `read_events` and `read_query_set` do.
    """
    from roadworthy.evaluation.draft_query import read_drafts
    from roadworthy.evaluation.query_sets import read_query_set
    from roadworthy.guardrails.redaction import redact
    from roadworthy.review.candidates import candidates, complaints, questions_of
    from roadworthy.review.decisions import read_decisions
    from roadworthy.telemetry.reading import Window, read_contents, read_events

    places = _places(settings, capability)
    window, segments = Window(since, datetime.now(UTC)), settings.home_path / OPEN
    found = complaints(read_events(store, window, segments=segments), capability)
    questions = questions_of(read_contents(store, window, capability, segments))
    texts = [query.query for query in read_query_set(places.queries)] if places.queries.exists() else []
    texts += [draft.query for draft in read_drafts(places.drafts)]
    decided = frozenset(one.id for one in read_decisions(places.reviewed))
    return ReviewQueue(places, candidates(found, _question(store, capability, questions), texts, redact, decided))


def decide(
    queue: ReviewQueue, ids: tuple[str, ...], verdict: Literal["accepted", "rejected"], by: str, reason: str = ""
) -> tuple[Candidate, ...]:
    """Take candidates as drafts with a rubric to fill, or leave them for good; return them. Raises `UnknownName`.

    Drafts come first: killed in between, what is a draft does not wait any more. The reason is kept without secrets
    and identifiers: it stands beside the set, for everybody.
    """
    from roadworthy.evaluation.adding import append_drafts, draft_of
    from roadworthy.handover.words import kept
    from roadworthy.review.decisions import Decision, append_decisions

    chosen = queue.chosen(ids)
    if verdict == "accepted":
        append_drafts(queue.places.drafts, tuple(draft_of(one.query) for one in chosen))
    said, now = kept(reason), datetime.now(UTC)
    decisions = (Decision(id=one.id, verdict=verdict, by=by, at=now, reason=said) for one in chosen)
    append_decisions(queue.places.reviewed, tuple(decisions))
    return chosen


def _places(settings: Settings, capability: str) -> Places:
    from roadworthy.evaluation.draft_query import DRAFTS
    from roadworthy.review.decisions import reviewed_path

    root = settings.root.resolve()
    params = capability_params(load_params(root / PARAMS_FILE), capability)
    if params.kind != "assistant":
        raise UsageError(f"{capability} is a trained model: it has no set of queries", where=capability)
    queries = root / params.evaluate.queries
    return Places(queries, queries.with_name(queries.name.removesuffix(".jsonl") + DRAFTS), reviewed_path(queries))


def _question(store: Store, capability: str, questions: Mapping[str, str]) -> Callable[[str], str]:
    """Return what gives a request's question: its contents, or the end of what a person was handed."""
    from roadworthy.handover.case_files import CaseFiles, Place

    files = CaseFiles(store)

    def question(request: str) -> str:
        if request in questions:
            return questions[request]
        try:
            transcript = files.case(Place(capability, request)).opened.transcript
        except UnknownName:
            return ""
        return next((turn.text for turn in reversed(transcript) if turn.role == "user"), "")

    return question
