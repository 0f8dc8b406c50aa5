"""The meeting with Great Expectations: holds a table against a suite, and renders the result as a page."""

# Late imports: start-up time (Great Expectations takes seconds).
from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from tasks.expectation_suites import HARD, POSITION, SOFT, be_quiet

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.core.batch import Batch
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.render.view import DefaultJinjaPageView
    from pandas import DataFrame

EXAMPLES = 5
"""How many unexpected values people see."""


@dataclass(frozen=True)
class Finding:
    """What one expectation found in one table."""

    expectation: str
    """Its type as the suite writes it."""
    columns: tuple[str, ...]
    """Those that it looks at; none when it looks at the table as a whole."""
    severity: str
    success: bool
    raised: str | None
    """Why it could not be checked. That is no failure of the data, and never a success."""
    unexpected_count: int | None
    """Rows that do not meet it; None when it looks at the table as a whole."""
    unexpected_percent: float | None
    observed: Any
    """What it saw of the table as a whole."""
    examples: tuple[Any, ...]
    notes: str
    """Why the suite expects it."""
    rows: tuple[int, ...] = ()
    """The unexpected rows' positions, counted from 0; only of soft expectations that look at rows."""

    @property
    def title(self) -> str:
        """The expectation and its columns, in one line."""
        return f"{self.expectation}({', '.join(self.columns)})"


@dataclass(frozen=True)
class TableFindings:
    """What a suite found in one table."""

    findings: tuple[Finding, ...]
    page: str
    """Great Expectations' own rendering, as HTML; equal findings give equal pages."""


def check_table(frame: DataFrame, suite: ExpectationSuite, table: str) -> TableFindings:
    """Hold every row of `frame` (index 0, 1, 2, …) against the suite."""
    with _batch_of(frame, table) as batch:
        result = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": EXAMPLES})
        result.results.sort(key=lambda one: one.expectation_config.meta[POSITION])
        findings = [_finding(one.to_json_dict()) for one in result.results]
        found = [
            _with_rows(batch, finding, expectation)
            for finding, expectation in zip(findings, suite.expectations, strict=True)
        ]
        return TableFindings(tuple(found), _page(result))


def _with_rows(batch: Batch, finding: Finding, expectation: Expectation) -> Finding:
    """Look a second time, for the rows themselves, where they are needed: it takes ten times as long."""
    from dataclasses import replace

    if finding.success or finding.raised or finding.severity != SOFT or finding.unexpected_count is None:
        return finding
    result = batch.validate(expectation, result_format={"result_format": "COMPLETE"})
    rows = result.result.get("unexpected_index_list") or ()
    return replace(finding, rows=tuple(sorted({int(row) for row in rows})))


def _finding(one: dict[str, Any]) -> Finding:
    configuration, result = one["expectation_config"], one.get("result") or {}
    meta = configuration.get("meta") or {}
    notes = meta.get("notes") or configuration.get("notes") or ""
    return Finding(
        expectation=configuration["type"],
        columns=_columns(configuration["kwargs"]),
        severity=str(configuration.get("severity") or HARD),
        success=bool(one["success"]),
        raised=_raised(one.get("exception_info") or {}),
        unexpected_count=result.get("unexpected_count"),
        unexpected_percent=_plain(result.get("unexpected_percent")),
        observed=_plain(result.get("observed_value")),
        examples=tuple(_plain(value) for value in result.get("partial_unexpected_list") or ())[:EXAMPLES],
        notes=notes if isinstance(notes, str) else " ".join(notes),
    )


def _columns(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    single = [str(kwargs[key]) for key in ("column", "column_A", "column_B") if key in kwargs]
    several = kwargs.get("column_list") or kwargs.get("column_set") or ()
    return (*single, *(str(column) for column in several))


def _raised(info: dict[str, Any]) -> str | None:
    """Return the exception's message; Great Expectations nests it by metric in some cases and not in others."""
    nested = [info, *(value for value in info.values() if isinstance(value, dict))]
    return next((str(one.get("exception_message")) for one in nested if one.get("raised_exception")), None)


def _plain(value: Any) -> Any:
    """Make the value JSON: missing and endless numbers as words."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _page(result: ExpectationSuiteValidationResult) -> str:
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    # Moments and random names would make every page another one.
    result.meta.pop("batch_markers", None)
    html = _view().render(ValidationResultsPageRenderer().render(result))
    html = re.sub(r"\?d=\d{8}T[\d.]+Z", "", html)
    names: dict[str, str] = {}
    return re.sub(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        lambda match: names.setdefault(match.group(), f"part-{len(names)}"),
        html,
    )


@cache
def _view() -> DefaultJinjaPageView:
    """Return the one view: each compiles all of its templates anew."""
    from great_expectations.render.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


@contextmanager
def _batch_of(frame: DataFrame, table: str) -> Iterator[Batch]:
    be_quiet()
    import great_expectations

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas(table)
    definition = source.add_dataframe_asset(table).add_batch_definition_whole_dataframe(table)
    yield definition.get_batch({"dataframe": frame})
