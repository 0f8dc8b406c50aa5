"""How a frame's columns become the numbers that an estimator takes."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

MOST_CATEGORIES = 255
"""A histogram gradient boosting model takes no more; the rarest beyond them share one code."""

_WORD = r"(?u)\b\w+\b"
"""Words of one letter too: `I` and `a` tell something."""

RARE = 20
"""With one column a category, those with fewer rows than this share one."""


class TextSettings(Protocol):
    """The part of params.yaml's section `train.text` that says how texts become numbers."""

    @property
    def characters(self) -> tuple[int, int]:
        """The shortest and the longest run of characters within a word."""

    @property
    def words(self) -> tuple[int, int]:
        """The fewest and the most words in a run."""

    @property
    def character_columns(self) -> int:
        """How many columns the runs of characters are hashed to."""

    @property
    def word_columns(self) -> int:
        """How many columns the runs of words are hashed to."""


def text_columns(settings: TextSettings, names: Sequence[str]) -> list[tuple[str, Any, str]]:
    """Return the transformers of each column of text: hashed runs of characters, and hashed runs of words.

    Hashing (Weinberger et al., Feature Hashing for Large Scale Multitask Learning, 2009) keeps no vocabulary: the
    model's file stays small and holds none of the words that it learned from. Rows have length 1 in each half.
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    def hashing(analyzer: str, runs: tuple[int, int], columns: int) -> Any:
        # Runs of characters know no words, and warn of a pattern for them.
        pattern = _WORD if analyzer == "word" else None
        return HashingVectorizer(analyzer=analyzer, ngram_range=runs, n_features=columns, token_pattern=pattern)

    return [
        transformer
        for name in names
        for transformer in (
            (f"characters of {name}", hashing("char_wb", settings.characters, settings.character_columns), name),
            (f"words of {name}", hashing("word", settings.words, settings.word_columns), name),
        )
    ]


def ordinal_columns(estimator: Any, categorical: list[str], numeric: list[str], largest: int | None) -> Any:
    """Return the transformer of categories to codes, categorical columns first.

    `largest` is the number of categories in the column that has most of them, None when that is not known:
    counting how rare each one is takes longer than everything else here, so it is done only where it matters.
    An unknown category is a missing value where the estimator takes these, else a code of its own; then
    numbers are scaled and imputed as well.
    """
    from sklearn.preprocessing import OrdinalEncoder

    most = _most_categories(estimator)
    takes_missing = estimator.__sklearn_tags__().input_tags.allow_nan
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=float("nan") if takes_missing else -1,
        encoded_missing_value=float("nan") if takes_missing else -2,
        max_categories=None if largest is not None and largest <= most else most,
    )
    return _columns(encoder, categorical, "passthrough" if takes_missing else _scaled(), numeric)


def dense_columns(categorical: list[str], numeric: list[str]) -> Any:
    """Return the transformer of categories to one column each, and of numbers to scaled ones without gaps.

    A missing category is a category; an unknown one counts as rare.
    """
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE, sparse_output=False)
    return _columns(encoder, categorical, _scaled(), numeric)


def _columns(encoder: Any, categorical: list[str], numbers: Any, numeric: list[str]) -> Any:
    from sklearn.compose import ColumnTransformer

    return ColumnTransformer([("categorical", encoder, categorical), ("numeric", numbers, numeric)])


def _scaled() -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    # Scaled first: the scaler passes missing values on, and turns booleans with gaps into numbers.
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return Pipeline([("scale", StandardScaler()), ("impute", imputer)])


def _most_categories(estimator: Any) -> int:
    bins = estimator.get_params().get("max_bins")
    return min(MOST_CATEGORIES, bins) if isinstance(bins, int) else MOST_CATEGORIES
