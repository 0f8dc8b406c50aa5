"""Reads people's ratings, whatever their format, and draws as many as a judge is to be asked about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from roadworthy.digest import digest_bytes
from roadworthy.errors import DataError
from roadworthy.evaluation.labels.begin import read_begin
from roadworthy.evaluation.labels.feedbackqa import read_feedbackqa
from roadworthy.evaluation.labels.interface import LabelledCase, ReadLabels
from roadworthy.evaluation.labels.own import read_own

LabelFormat = Literal["jsonl", "begin", "feedbackqa"]
READERS: dict[LabelFormat, ReadLabels] = {"jsonl": read_own, "begin": read_begin, "feedbackqa": read_feedbackqa}


@dataclass(frozen=True)
class Labels:
    """People's ratings, and the name by which reports call them."""

    name: str
    """The file's name and the beginning of its digest."""
    sha256: str
    cases: tuple[LabelledCase, ...]


def read_labels(path: Path, how: LabelFormat, passages: Path | None, most: int, seed: int) -> Labels:
    """Return at most `most` of the file's cases, approved and not as often as the file has them.

    The same seed draws the same ones. A case that stands there twice counts once: else it could be both in the half
    that chooses a judge's threshold and in the half that measures it. Raises `DataError` for a file that is missing, or
    not in its format.
    """
    # Late imports: start-up time.
    import numpy as np

    try:
        content = path.read_bytes()
        cases = tuple(dict.fromkeys(READERS[how](path, passages)))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"the ratings can't be read: {type(error).__name__}",
            where=f"params.yaml: evaluate.judge.labels: {path.name}",
            remedy="put the file there, or correct its path",
        ) from None
    places = [int(place) for place in np.random.default_rng(seed).permutation(len(cases))]
    digest = digest_bytes(content)
    drawn = tuple(cases[place] for place in sorted(_in_proportion(places, cases, most)))
    return Labels(f"{path.name} ({digest[:12]})", digest, drawn)


def _in_proportion(places: list[int], cases: tuple[LabelledCase, ...], most: int) -> list[int]:
    """Return the first places of each kind, in the proportion of all."""
    good, bad = ([place for place in places if cases[place].approved is kind] for kind in (True, False))
    share = min(1.0, most / max(len(cases), 1))
    return [*good[: round(len(good) * share)], *bad[: round(len(bad) * share)]]
