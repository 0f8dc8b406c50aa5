"""What a model takes and gives: the features by name, kind and type, and the label."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from roadworthy.errors import DataError

if TYPE_CHECKING:
    import pandas


Kind = Literal["categorical", "numeric", "text"]
"""What a feature is: one of a set of values, a number, or free text."""

LABEL = "label"
"""The column that holds the label in prepared rows: 1 is positive, 0 is negative."""


class Feature(BaseModel):
    """One column that the model looks at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    type: str
    """The column's DuckDB type."""


class FeatureSchema(BaseModel):
    """The input and the output of a model that tells two classes apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[Feature, ...]
    label: str
    """What is predicted: the probability that this column has the positive value."""
    positive: str | int | bool

    @classmethod
    def read(cls, path: Path) -> FeatureSchema:
        """Read the schema that was written as JSON at `path`."""
        return cls.model_validate_json(path.read_bytes())

    def names(self, kind: Kind) -> list[str]:
        """Return the names of the features of one kind, in order."""
        return [feature.name for feature in self.features if feature.kind == kind]

    @property
    def columns(self) -> list[str]:
        """Every feature's name, in the order in which the model takes them."""
        return [feature.name for feature in self.features]

    def select(self, frame: pandas.DataFrame) -> pandas.DataFrame:
        """Return the features' columns: categories as text or missing, numbers as float64, texts never missing.

        Raises `DataError` naming the columns that are missing, or hold text where numbers belong.
        """
        missing = [name for name in self.columns if name not in frame.columns]
        if missing:
            raise DataError(
                f"the rows lack {len(missing)} of the model's features: {', '.join(missing)}",
                where="the rows' columns",
                remedy="give every feature that schema.json names",
            )
        import pandas

        # Column by column: a copy of the whole would be let go at once.
        selected = {feature.name: _converted(frame[feature.name], feature) for feature in self.features}
        return pandas.DataFrame(selected, index=frame.index)


def _converted(column: pandas.Series, feature: Feature) -> pandas.Series:
    if feature.kind == "text":
        # Nothing said is an empty text: a vectorizer takes no gaps.
        return column.astype("object").map(str, na_action="ignore").fillna("")
    if feature.kind == "categorical":
        texts = column.astype("object")
        if column.dtype != "str":
            texts = texts.map(_text, na_action="ignore")
        # NaN, as Parquet readers give it: scikit-learn's encoders take None for a category of its own.
        return texts.where(texts.notna(), float("nan"))
    try:
        return column.astype("float64")
    except (TypeError, ValueError) as error:
        raise DataError(
            f"the feature {feature.name!r} holds a value that is not a number: {error}",
            where=f"the rows' column {feature.name}",
            remedy="give numbers, or nothing where a value is missing",
        ) from None


def _text(category: object) -> str:
    """Write whole numbers alike: pandas reads 3 as 3.0 when another row of the column is missing."""
    return str(int(category)) if isinstance(category, float) and category.is_integer() else str(category)
