"""Topics: clusters of the reference's embeddings, called by the words that set them apart in the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_SEED = 0
_WORDS = 3
_FEWEST_TEXTS = 5
"""Texts of the reference in which a word of a topic's name stands at least: no name quotes a single person."""
_MOST_ROWS = 20_000
_NO_WORDS = r"(?u)\b[^\W\d_]{3,}\b"


@dataclass(frozen=True)
class TopicModel:
    """The centres of topics, and their names."""

    centres: Floats
    """One row a topic, of length 1."""
    names: tuple[str, ...]

    @classmethod
    def learned_from(cls, embeddings: Floats, texts: Sequence[str], topics: int) -> TopicModel:
        """Cluster rows of length 1 by k-means, and name the clusters by the texts if there are any."""
        # Late imports: start-up time.
        from sklearn.cluster import KMeans

        step = -(-len(embeddings) // _MOST_ROWS)
        some = embeddings[::step]
        topics = min(topics, len(np.unique(some, axis=0)))
        clusters = KMeans(topics, n_init=4, random_state=_SEED).fit(some)
        names = _names(clusters.labels_, texts[::step], topics) if len(texts) else [""] * topics
        return cls(scaled(clusters.cluster_centers_), tuple(_called(at, name) for at, name in enumerate(names)))

    def nearest(self, embeddings: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Return the topic of each row, and its cosine with the topic's centre."""
        cosines = embeddings @ self.centres.T
        places = cosines.argmax(axis=1)
        return places, cosines[np.arange(len(cosines)), places]


def scaled(rows: Floats) -> Floats:
    """Return rows with length 1; those without a direction stay zero."""
    numbers = np.asarray(rows, dtype=np.float64)
    lengths = np.linalg.norm(numbers, axis=1, keepdims=True)
    found: Floats = numbers / np.where(lengths > 0, lengths, 1.0)
    return found


def _called(place: int, words: str) -> str:
    return f"topic {place}: {words}" if words else f"topic {place}"


def _names(places: NDArray[np.intp], texts: Sequence[str], topics: int) -> list[str]:
    """Name each topic by the words that are more frequent in it than elsewhere (log-odds with a prior: Monroe, Colaresi
    and Quinn, Political Analysis 16, 2008)."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(stop_words="english", min_df=_FEWEST_TEXTS, binary=True, token_pattern=_NO_WORDS)
    try:
        there = counter.fit_transform(texts)
    except ValueError:  # No word stands in enough texts.
        return [""] * topics
    words = counter.get_feature_names_out()
    counts = np.stack([np.asarray(there[places == place].sum(axis=0)).ravel() for place in range(topics)])
    return [_words_of(counts, place, words) for place in range(topics)]


def _words_of(counts: NDArray[np.int64], place: int, words: Sequence[str]) -> str:
    inside, outside = counts[place] + 0.5, counts.sum(axis=0) - counts[place] + 0.5
    odds = np.log(inside / inside.sum()) - np.log(outside / outside.sum())
    scores = odds / np.sqrt(1 / inside + 1 / outside)
    known = counts[place] >= _FEWEST_TEXTS
    best = [at for at in np.argsort(-scores, kind="stable") if known[at] and odds[at] > 0]
    return " ".join(words[at] for at in best[:_WORDS])
