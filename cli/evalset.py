"""`roadworthy evalset`: real queries brought into an evaluation set, anonymised, and a set looked over."""

from __future__ import annotations

from pathlib import Path

from cli.output import print_json
from roadworthy.evaluation.adding import add_queries, append_drafts
from roadworthy.evaluation.draft_query import DRAFTS, read_drafts
from roadworthy.evaluation.query_sets import advice, read_query_set
from roadworthy.guardrails.redaction import redact


def add_real_queries(source: Path, queries_path: Path, column: str | None, as_json: bool) -> int:
    """Append the queries of a CSV or JSONL as drafts beside the set: anonymised, without what is there already."""
    queries = read_query_set(queries_path) if queries_path.exists() else ()
    drafts_path = queries_path.with_name(queries_path.name.removesuffix(".jsonl") + DRAFTS)
    known = [query.query for query in queries] + [draft.query for draft in read_drafts(drafts_path)]
    added = add_queries(source, known, redact, column)
    append_drafts(drafts_path, added.drafts)
    if as_json:
        print_json({"report": added.report, "drafts": drafts_path})
        return 0
    for name, value in added.report.model_dump(mode="json").items():
        print(f"{name}: {value}")
    print(what_next(drafts_path, queries_path))
    return 0


def what_next(drafts: Path, queries: Path) -> str:
    """Return what a person does with drafts; names of people are not recognised, so that somebody has to look."""
    take_out = "take names of people out, which nothing here recognises"
    return f"next: {take_out}, fill kind, documents, facts and rubric in {drafts}, and move the lines to {queries}"


def check_queries(queries_path: Path, as_json: bool) -> int:
    """Say whether a set can be read, and what to mend in it."""
    queries = read_query_set(queries_path)
    found = advice(queries)
    if as_json:
        print_json({"queries": len(queries), "advice": found})
        return 0
    print(f"{len(queries)} queries")
    for line in found:
        print(f"advice: {line}")
    return 0
