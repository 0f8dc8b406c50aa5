"""The step that cuts the documents into passages and makes them searchable by words and by meaning."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.retrieval.settings import RetrievalParams
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.embedding_model import open_embedder

if TYPE_CHECKING:
    from roadworthy.params.assistant import AssistantCapability


DOCUMENTS = "documents"
"""The table with the columns id, title and content."""


def index(params: RetrievalParams, workspace: Workspace, announce: Announce) -> None:
    """Write the index; passages whose text was embedded before are not embedded again."""
    from roadworthy.retrieval.document_reading import read_documents
    from roadworthy.retrieval.index import build_index

    documents = read_documents(workspace.validated / f"{DOCUMENTS}.parquet")
    embedder = open_embedder(params.embedder, Settings(root=workspace.root), announce)
    built = build_index(documents, params, embedder, workspace.index, previous=workspace.index, announce=announce)
    announce(f"{built.documents:,} documents, {built.passages:,} passages, {built.embedded:,} embedded anew")


def _pinned(capability: AssistantCapability) -> Mapping[str, str]:
    files = capability.index.embedder
    return {file.uri: file.sha256 for file in (files.model, files.tokenizer)} if files else {}


def _inputs(capability: AssistantCapability, workspace: Workspace) -> tuple[Path, ...]:
    return (workspace.validated / f"{DOCUMENTS}.parquet",)


INDEX = Step(
    name="index",
    summary="cut the documents into passages, and make them searchable",
    run=index,
    section="index",
    inputs=_inputs,
    pinned=_pinned,
    outputs=lambda capability, workspace: (workspace.index,),
    timeout_seconds=3600,
    # Not onnxruntime: it opens a telemetry session as it is imported, and retrieval by words needs none.
    libraries=("bm25s",),
    attempts=3,
)
