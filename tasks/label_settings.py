"""What is assumed of each capability's labels: what params.yaml states of it, else what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from roadworthy.labels.settings import LabelSettings
from roadworthy.params.loading import load_params
from tasks.perform import PARAMS_FILE

LabelsOf = Mapping[str, LabelSettings]
"""By capability; of one that isn't there what is usual is assumed."""


def label_settings_in(root: Path) -> LabelsOf:
    """Return what params.yaml in `root` states; nothing where there is no such file, as where only a store is.

    Raises `ParamsError`.
    """
    path = root / PARAMS_FILE
    stated = load_params(path).labels if path.exists() else {}
    return {name: LabelSettings(delay_days=params.delay_days) for name, params in stated.items()}


def label_settings_of(capability: str, root: Path) -> LabelSettings:
    """Return what is assumed of one capability's labels. Raises `ParamsError`."""
    return label_settings_in(root).get(capability, LabelSettings())
