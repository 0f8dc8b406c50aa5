"""Predicts a whole table, batch by batch, so that memory does not grow with its rows."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.errors import DataError
from roadworthy.modelling.fitted_model import FittedModel
from roadworthy.modelling.schema import FeatureSchema

if TYPE_CHECKING:
    import pyarrow

SCORE = "score"
"""The column that is added: the probability of the positive class."""
FORMATS = (".parquet", ".csv")


def predict_table(
    model: FittedModel, source: Path, target: Path, batch_rows: int, tell: Callable[[int], None] = lambda rows: None
) -> int:
    """Write the table at `source` to `target` as Parquet, with a column `score` at the end; return its rows.

    At most `batch_rows` rows are held at a time; after each batch `tell` gets the number of rows so far. Raises
    `DataError` naming file and column, and leaves what was at `target`, when the rows don't fit the model.
    """
    rows = 0
    with replacing_folder_or_file(target) as temporary:
        with _Writer(temporary) as writer:
            for batch in _batches(source, model.schema, batch_rows):
                writer.write(_scored(model, batch, source))
                rows += batch.num_rows
                tell(rows)
        if not rows:
            raise DataError("the table has no rows", where=str(source), remedy="give one with rows to predict")
    return rows


class _Writer:
    """Writes Parquet, whose columns are those of the first batch."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: pyarrow.parquet.ParquetWriter | None = None

    def write(self, batch: pyarrow.RecordBatch) -> None:
        import pyarrow.parquet

        if self._file is None:
            self._file = pyarrow.parquet.ParquetWriter(self._path, batch.schema)
        self._file.write_batch(batch)

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()


def _scored(model: FittedModel, batch: pyarrow.RecordBatch, source: Path) -> pyarrow.RecordBatch:
    import pyarrow

    try:
        scores = model.predict(batch.to_pandas())
    except DataError as error:
        raise DataError(error.problem, where=str(source), remedy=error.remedy) from None
    return batch.append_column(SCORE, pyarrow.array(scores))


def _batches(source: Path, schema: FeatureSchema, batch_rows: int) -> Iterator[pyarrow.RecordBatch]:
    """Yield the table's batches that have rows. Raises `DataError` when the file can't be read as a table."""
    import pyarrow
    import pyarrow.dataset

    if source.suffix not in FORMATS or not source.is_file():
        problem = "there is no such table" if source.suffix in FORMATS else "only Parquet and CSV can be predicted"
        raise DataError(problem, where=str(source), remedy=f"name a file that ends with {' or '.join(FORMATS)}")
    try:
        table = pyarrow.dataset.dataset(source, format=_format(source, schema))
        if SCORE in table.schema.names:
            raise DataError(
                f"the table has a column {SCORE} of its own", where=f"{source}: {SCORE}", remedy="rename that column"
            )
        yield from (batch for batch in table.to_batches(batch_size=batch_rows) if batch.num_rows)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(
            f"the table can't be read: {error}", where=str(source), remedy="write the file anew, or correct that row"
        ) from error


def _format(source: Path, schema: FeatureSchema) -> pyarrow.dataset.FileFormat:
    import pyarrow
    import pyarrow.csv
    import pyarrow.dataset

    if source.suffix == ".parquet":
        return pyarrow.dataset.ParquetFileFormat()
    # From the first rows a reader would guess types that later rows may not have.
    names = pyarrow.csv.open_csv(source).schema.names
    numeric = schema.names("numeric")
    kinds = {name: pyarrow.float64() if name in numeric else pyarrow.string() for name in names}
    options = pyarrow.csv.ConvertOptions(column_types=kinds, strings_can_be_null=True)
    return pyarrow.dataset.CsvFileFormat(convert_options=options)
