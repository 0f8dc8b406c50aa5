"""Pinned questions: asked of the index of what is in production once a night, and what they found is kept."""

# Late imports: start-up time.
from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes
from roadworthy.drift.kinds.retrieval import Found, RetrievalNight
from roadworthy.errors import IntegrityError
from roadworthy.release.standing import ReleaseRecord
from roadworthy.retrieval.searching import Index
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from roadworthy.store import AlreadyStored, NotStored, Store
from tasks.embedding_model import open_embedder
from tasks.released_assistant import released_files

PROBES = "watch/probes"
"""Where they lie in the store: ids and digests of documents, kept as long as events."""
MOST = 100
"""So many pinned questions are asked at most: the first of the release's evaluation set."""


def probe_production(
    store: Store, name: str, record: ReleaseRecord, night: date, settings: Settings, announce: Announce
) -> RetrievalNight:
    """Ask a release's index the questions with which it was evaluated, and keep what they find under the night.

    A night that was kept before stays as it was kept. Raises `UsageError` when the release is no assistant.
    """
    from roadworthy.evaluation.query_sets import read_query_set
    from roadworthy.retrieval.searching import open_index
    from tasks.evaluate_answers import QUERIES

    with released_files(store, record, settings) as released:
        params = released.capability.index
        index = open_index(released.files.index, open_embedder(params.embedder, settings, announce))
        queries = read_query_set(released.files.index.parent / "evaluation" / QUERIES)
        found = probe(index, {one.id: one.query for one in queries[:MOST]}, night)
    return keep_probes(store, name, found)


def probe(index: Index, questions: dict[str, str], night: date) -> RetrievalNight:
    """Return what the questions, by their ids, find in an index; no text of it."""
    count = index.params.count
    return RetrievalNight(
        night,
        {
            probe: [Found(hit.passage.document, round(hit.score, 9)) for hit in index.search(question, count)]
            for probe, question in sorted(questions.items())
        },
        documents={
            name: digest_bytes(f"{document.title}\n{document.text}".encode("utf-8", "surrogatepass"))
            for name, document in sorted(index.documents.items())
        },
        index=digest_bytes(canonical_json(index.params.model_dump(mode="json"))),
    )


def keep_probes(store: Store, capability: str, night: RetrievalNight) -> RetrievalNight:
    """Keep what pinned questions found on a night, and return it; or what was kept of that night before."""
    content = {
        "documents": dict(night.documents),
        "index": night.index,
        "probes": {probe: [[one.document, one.score] for one in some] for probe, some in night.probes.items()},
        "schema": night.schema,
    }
    with suppress(AlreadyStored):
        store.create(_key(capability, night.day), canonical_json(content))
        return night
    return read_probes(store, capability, [night.day])[0]


def read_probes(store: Store, capability: str, days: Sequence[date]) -> list[RetrievalNight]:
    """Return what was kept of these days; nothing of those on which nobody asked.

    Raises `IntegrityError` for what can't be read, which names it.
    """
    found = []
    for day in days:
        key = _key(capability, day)
        with suppress(NotStored):
            found.append(_parsed(store.read(key), day, f"{store.address}/{key}"))
    return found


def _parsed(content: bytes, day: date, where: str) -> RetrievalNight:
    try:
        kept = json.loads(content)
        probes = {
            probe: [Found(document, float(score)) for document, score in some] for probe, some in kept["probes"].items()
        }
        return RetrievalNight(day, probes, (), kept["documents"], kept["index"], int(kept["schema"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise IntegrityError(
            "what pinned questions found can't be read", where=where, remedy="restore it from a copy, or remove it"
        ) from None


def _key(capability: str, day: date) -> str:
    return f"{PROBES}/{capability}/date={day.isoformat()}.json"
