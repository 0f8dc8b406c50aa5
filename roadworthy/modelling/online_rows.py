"""Reads the rows of a request: a list of records or named columns, each value checked against the model's schema."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from roadworthy.errors import DataError
from roadworthy.modelling.online_values import Value, check_for
from roadworthy.modelling.schema import FeatureSchema

MOST_PROBLEMS = 20
"""So many problems are told of one request."""

_LONGEST_NAME = 60
"""Of a name that a request made up, so many characters are told."""

_SHAPES = 'give {"records": [{…}, …]} or {"columns": {"name": […], …}}'


@dataclass(frozen=True)
class OnlineRows:
    """Checked rows, column by column in the schema's order."""

    columns: tuple[list[Value], ...]
    count: int

    @classmethod
    def joined(cls, parts: Sequence[OnlineRows]) -> OnlineRows:
        """Return the rows of all `parts`, in their order; there is at least one."""
        if len(parts) == 1:
            return parts[0]
        columns = zip(*(part.columns for part in parts), strict=True)
        return cls(tuple(list(chain.from_iterable(column)) for column in columns), sum(part.count for part in parts))


@dataclass(frozen=True)
class RowProblem:
    """What is wrong at one place of a request."""

    pointer: str
    """A JSON pointer (RFC 6901) into the body."""
    problem: str
    row: int | None = None
    field: str | None = None


class InvalidRows(DataError):
    """The rows don't fit the model; `problems` holds the first ones, at most `MOST_PROBLEMS`."""

    def __init__(
        self,
        problem: str,
        *,
        where: str | None = None,
        remedy: str | None = None,
        problems: tuple[RowProblem, ...] = (),
    ) -> None:
        super().__init__(problem, where=where, remedy=remedy)
        self.problems = problems


class RowReader:
    """Reads rows for one model; made once per release."""

    def __init__(self, schema: FeatureSchema, most_rows: int = 1000) -> None:
        self.schema = schema
        self.most_rows = most_rows
        self._checks = tuple((feature.name, check_for(feature)) for feature in schema.features)
        self._names = frozenset(schema.columns)

    def read(self, body: object) -> OnlineRows:
        """Return the rows of a JSON body. Raises `InvalidRows`."""
        if not isinstance(body, dict) or len(body) != 1:
            raise _invalid([RowProblem("", f"should be an object with one member: {_SHAPES}")])
        (shape, content), *_ = body.items()
        if shape == "records" and isinstance(content, list):
            return self._records(content)
        if shape == "columns" and isinstance(content, dict):
            return self._columns(content)
        raise _invalid([RowProblem(_pointer(shape), _SHAPES)])

    def _records(self, records: list[Any]) -> OnlineRows:
        self._check_count(len(records), "/records")
        if not all(type(record) is dict and record.keys() == self._names for record in records):
            raise _invalid(self._misfits(records))
        try:
            return OnlineRows(
                tuple([[check(record[name]) for record in records] for name, check in self._checks]), len(records)
            )
        except ValueError:
            columns = {name: [record[name] for record in records] for name, _ in self._checks}
            found = self._wrong_values(columns, lambda row, name: _pointer("records", row, name))
            raise _invalid(found) from None

    def _columns(self, columns: dict[str, Any]) -> OnlineRows:
        if columns.keys() != self._names:
            raise _invalid(self._misfit(columns, None, "columns"))
        for name, values in columns.items():
            if type(values) is not list:
                raise _invalid([RowProblem(_pointer("columns", name), "should be a list", None, name)])
        lengths = {name: len(values) for name, values in columns.items()}
        first, count = next(iter(lengths.items()), ("", 0))
        self._check_count(count, _pointer("columns", first))
        for name, length in lengths.items():
            if length != count:
                problem = f"has {length} values, where {first!r} has {count}"
                raise _invalid([RowProblem(_pointer("columns", name), problem, None, name)])
        try:
            return OnlineRows(tuple([[check(value) for value in columns[name]] for name, check in self._checks]), count)
        except ValueError:
            found = self._wrong_values(columns, lambda row, name: _pointer("columns", name, row))
            raise _invalid(found) from None

    def _check_count(self, count: int, pointer: str) -> None:
        if not 1 <= count <= self.most_rows:
            raise _invalid([RowProblem(pointer, f"has {count:,} rows; 1 to {self.most_rows:,} are allowed")])

    def _wrong_values(
        self, columns: Mapping[str, list[object]], pointer: Callable[[int, str], str]
    ) -> Iterator[RowProblem]:
        for name, check in self._checks:
            for row, value in enumerate(columns[name]):
                try:
                    check(value)
                except ValueError as error:
                    yield RowProblem(pointer(row, name), str(error), row, name)

    def _misfits(self, records: list[Any]) -> Iterator[RowProblem]:
        for row, record in enumerate(records):
            if type(record) is dict:
                yield from self._misfit(record, row, "records", row)
            else:
                yield RowProblem(_pointer("records", row), "should be an object", row)

    def _misfit(self, given: Mapping[str, object], row: int | None, *place: str | int) -> Iterator[RowProblem]:
        """Name the features that are missing, then what is no feature."""
        for name, _ in self._checks:
            if name not in given:
                yield RowProblem(_pointer(*place, name), "is missing; null says that it is not known", row, name)
        for name in given:
            if name not in self._names:
                yield RowProblem(_pointer(*place, name), self._unknown(name), row, _shown(name))

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(_shown(name), self.schema.columns, n=1)
        return f"is no feature of the model; did you mean {near[0]!r}?" if near else "is no feature of the model"


def _invalid(found: Iterator[RowProblem] | list[RowProblem]) -> InvalidRows:
    problems = tuple(islice(found, MOST_PROBLEMS))
    first = problems[0]
    more = f" (one of {'at least ' * (len(problems) == MOST_PROBLEMS)}{len(problems)})" if len(problems) > 1 else ""
    return InvalidRows(
        f"the rows don't fit the model: {first.pointer or 'the body'} {first.problem}{more}",
        where=first.pointer or "the body",
        remedy="see GET /v1/capabilities/NAME for the features and their types",
        problems=problems,
    )


def _pointer(*parts: str | int) -> str:
    return "".join(f"/{_shown(str(part)).replace('~', '~0').replace('/', '~1')}" for part in parts)


def _shown(name: str) -> str:
    """Return a name that may be anything as it can be told: short, and in characters that every encoding can write."""
    return name[:_LONGEST_NAME].encode("utf-8", "backslashreplace").decode()
