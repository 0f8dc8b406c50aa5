"""Opens a capability's embedder: its two files fetched and checked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from roadworthy.retrieval.settings import EmbedderFiles
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from tasks.sources.pinned import pinned_files

if TYPE_CHECKING:
    from roadworthy.retrieval.minilm import MiniLm


def open_embedder(files: EmbedderFiles | None, settings: Settings, announce: Announce) -> MiniLm | None:
    """Return the embedder; None when retrieval goes by words alone."""
    if files is None:
        return None
    # Late import: start-up time.
    from roadworthy.retrieval.minilm import MiniLm

    paths = pinned_files({"model": files.model, "tokenizer": files.tokenizer}, settings, announce)
    # One text a thread: their number changes no vector.
    return MiniLm(paths["model"], paths["tokenizer"], files.longest, threads=os.cpu_count() or 1)
