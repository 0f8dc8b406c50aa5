"""Where the tests find the third-party corpora, and how they are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CORPORA = Path(__file__).resolve().parents[4] / "shared" / "corpora"


def rows(name: str) -> list[dict[str, Any]]:
    """Read a corpus; skips the test where there is none."""
    path = CORPORA / name / "dev.jsonl"
    if not path.exists():
        pytest.skip(f"the corpus {name} is not here")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
