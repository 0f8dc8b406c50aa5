"""What is promised of each capability: what params.yaml states of it, else what is usual for what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal

from roadworthy.params.loading import load_params
from roadworthy.service_levels.objectives import LatencyObjective, Objective, SuccessObjective
from tasks.perform import PARAMS_FILE

Promised = Mapping[str, tuple[Objective, ...]]
"""By capability; one that isn't there is promised what is usual."""
Asked = Literal["answer", "prediction"]

_SUCCESS = SuccessObjective(target=0.99)
USUAL: Mapping[Asked, tuple[Objective, ...]] = {
    "answer": (_SUCCESS, LatencyObjective(target=0.95, seconds=15)),
    "prediction": (_SUCCESS, LatencyObjective(target=0.99, seconds=0.25)),
}


def promised_in(root: Path) -> Promised:
    """Return what params.yaml in `root` promises; nothing where there is no such file, as where only a store is."""
    path = root / PARAMS_FILE
    return load_params(path).objectives if path.exists() else {}


def promises_of(capability: str, asked: Asked, promised: Promised) -> tuple[Objective, ...]:
    """Return what is promised of a capability of which this is asked."""
    return promised.get(capability) or USUAL[asked]


def longest_window(promised: Promised) -> timedelta:
    """Return how far back one has to look to judge every promise."""
    stated = (objective for objectives in promised.values() for objective in objectives)
    usual = (objective for objectives in USUAL.values() for objective in objectives)
    return max(objective.window for objective in (*stated, *usual))
