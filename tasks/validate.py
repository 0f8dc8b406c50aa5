"""The step that holds every table against its suite: stops at what is wrong, sets aside what is odd."""

# Late imports: start-up time.
# ruff: noqa: S608 (names and texts in queries are quoted by tasks/tabular.py)
from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.errors import ParamsError, ValidationFailed
from roadworthy.params.data import TableExpectations, ValidateParams
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.expectation_suites import HARD, read_suite
from tasks.expectations import Finding, TableFindings, check_table
from tasks.tabular import connect, literal, quoted, write_parquet
from tasks.validation_report import TableReport, write_reports

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from great_expectations import ExpectationSuite
    from pandas import DataFrame

    from roadworthy.params.capability import Capability

REASON = "quarantine_reason"
"""The column that says of a row in quarantine which expectations it did not meet."""


@dataclass(frozen=True)
class CheckedTable:
    """One table after its suite looked at it."""

    name: str
    rows: int
    budget: float
    found: TableFindings
    reasons: dict[int, str]
    """Why a row goes to quarantine, by its position from 0."""

    @property
    def problems(self) -> list[str]:
        """What stops the release: expectations that raised or are hard, and an exceeded budget."""
        hard = [_sentence(finding) for finding in self.found.findings if _stops(finding)]
        share = len(self.reasons) / self.rows if self.rows else 0
        if share > self.budget:
            allowed = f"{self.budget:.3%} may go to quarantine"
            hard.append(f"{len(self.reasons):,} of {self.rows:,} rows ({share:.3%}) are to be set aside, {allowed}")
        return [f"{self.name}: {problem}" for problem in hard]


def validate(params: ValidateParams, workspace: Workspace, announce: Announce) -> None:
    """Write the tables without the rows in quarantine, those rows with their reasons, and the report.

    Raises `ValidationFailed` when a hard expectation fails or a quarantine's budget is exceeded, after writing
    the report to reports/validation/; `ParamsError` when a suite or a derived column can't be used.
    """
    sources = {path.stem: path for path in sorted(workspace.sources.glob("*.parquet"))}
    _check_tables_exist(params, sources)
    suites = {name: read_suite(workspace.root / table.suite, table.suite) for name, table in params.tables.items()}
    with connect() as database:
        checked = [_check(database, name, sources[name], params.tables[name], suites[name]) for name in suites]
        kept = workspace.root / "reports" / "validation" / workspace.capability
        _stop_if_wrong(checked, workspace, kept)
        _write(database, sources, checked, workspace)
    shutil.rmtree(kept, ignore_errors=True)  # It told of an earlier failure.
    for table in checked:
        announce(_summary(table))


def _check(
    database: DuckDBPyConnection, name: str, source: Path, expectations: TableExpectations, suite: ExpectationSuite
) -> CheckedTable:
    frame = _frame(database, name, source, expectations)
    found = check_table(frame, suite, name)
    reasons: dict[int, list[str]] = {}
    for finding in found.findings:
        for row in finding.rows:
            reasons.setdefault(row, []).append(finding.title)
    joined = {row: "; ".join(names) for row, names in sorted(reasons.items())}
    return CheckedTable(name, len(frame), expectations.quarantine_budget, found, joined)


def _frame(database: DuckDBPyConnection, name: str, source: Path, expectations: TableExpectations) -> DataFrame:
    """Read the table with its derived columns, in the file's order."""
    import duckdb

    scan = f"read_parquet({literal(str(source))})"
    own = [str(row[0]) for row in database.execute(f"describe from {scan}").fetchall()]
    for column, expression in expectations.derived.items():
        where = f"params.yaml: validate.tables.{name}.derived.{column}"
        if column in own:
            raise ParamsError(f"{name} has a column {column} of its own", where=where, remedy="choose another name")
        try:
            database.execute(f"select count({expression}) from {scan}").fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise ParamsError(
                f"the expression does not run: {reason}", where=where, remedy=f"correct it; {name} has {', '.join(own)}"
            ) from None
    derived = "".join(f", {expression} as {quoted(column)}" for column, expression in expectations.derived.items())
    frame = database.sql(f"select *{derived} from {scan}").to_arrow_table().to_pandas()
    # Great Expectations compares the widest types at once, and any other value by value.
    narrow = {"int64": ["int8", "int16", "int32", "uint8", "uint16", "uint32"], "float64": ["float32"]}
    wider = {column: wide for wide, kinds in narrow.items() for column in frame.select_dtypes(kinds)}
    return frame.astype(wider)


def _check_tables_exist(params: ValidateParams, sources: dict[str, Path]) -> None:
    for name in params.tables:
        if name not in sources:
            raise ParamsError(
                f"there is no table {name!r} to validate",
                where=f"params.yaml: validate.tables.{name}",
                remedy=f"the sources are {', '.join(sources)}",
            )


def _stop_if_wrong(checked: list[CheckedTable], workspace: Workspace, kept: Path) -> None:
    problems = [problem for table in checked for problem in table.problems]
    if not problems:
        return
    with replacing_folder_or_file(kept) as folder:
        write_reports(folder, [_report(table) for table in checked])
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    raise ValidationFailed(
        f"the data does not meet its expectations: {problems[0]}{more}",
        where="\n          ".join(problems),
        remedy=f"look at {workspace.relative(kept / 'data_docs' / 'index.html')}; "
        "correct the source, or the expectation where it is the one that is wrong",
    )


def _write(
    database: DuckDBPyConnection, sources: dict[str, Path], checked: list[CheckedTable], workspace: Workspace
) -> None:
    """Write all outputs, none of them before everything was checked."""
    reasons = {table.name: table.reasons for table in checked if table.reasons}
    with replacing_folder_or_file(workspace.validated) as folder:
        folder.mkdir()
        for name, source in sources.items():
            if name in reasons:
                _split(database, source, reasons[name], folder / source.name, f"{REASON} is null", leave_out=True)
            else:
                shutil.copyfile(source, folder / source.name)
    with replacing_folder_or_file(workspace.quarantine) as folder:
        folder.mkdir()
        for name, rows in reasons.items():
            source = sources[name]
            _split(database, source, rows, folder / source.name, f"{REASON} is not null", leave_out=False)
    with replacing_folder_or_file(workspace.validation) as folder:
        write_reports(folder, [_report(table) for table in checked])


def _split(
    database: DuckDBPyConnection, source: Path, reasons: dict[int, str], target: Path, which: str, *, leave_out: bool
) -> None:
    database.execute(f"create or replace temp table reasons (position bigint, {REASON} varchar)")
    database.executemany("insert into reasons values (?, ?)", list(reasons.items()))
    columns = f"exclude (file_row_number, position{f', {REASON}' if leave_out else ''})"
    scan = f"read_parquet({literal(str(source))}, file_row_number = true)"
    write_parquet(
        database,
        f"select * {columns} from {scan} left join reasons on position = file_row_number "
        f"where {which} order by file_row_number",
        target,
    )


def _stops(finding: Finding) -> bool:
    return finding.raised is not None or (not finding.success and finding.severity == HARD)


def _sentence(finding: Finding) -> str:
    if finding.raised is not None:
        return f"{finding.title} could not be checked: {finding.raised}"
    if finding.unexpected_count is None:
        return f"{finding.title}: observed {finding.observed}"
    examples = ", ".join(str(example) for example in finding.examples[:3])
    return (
        f"{finding.title}: {finding.unexpected_count:,} rows ({finding.unexpected_percent:.3g} %), such as {examples}"
    )


def _summary(table: CheckedTable) -> str:
    findings = table.found.findings
    noted = [_sentence(finding) for finding in findings if not finding.success and not finding.rows]
    met = f"{sum(finding.success for finding in findings)} of {len(findings)} expectations met"
    aside = f", {len(table.reasons):,} of {table.rows:,} rows to quarantine" if table.reasons else ""
    return f"{table.name}: {met}{aside}" + "".join(f"; noted: {sentence}" for sentence in noted)


def _report(table: CheckedTable) -> TableReport:
    return TableReport(table.name, table.rows, len(table.reasons), table.found)


def _inputs(capability: Capability, workspace: Workspace) -> tuple[Path, ...]:
    suites = {workspace.root / table.suite for table in capability.validate_.tables.values()}
    return (workspace.sources, *sorted(suites))


VALIDATE = Step(
    name="validate",
    summary="hold the tables against their expectations, set odd rows aside",
    run=validate,
    section="validate",
    inputs=_inputs,
    outputs=lambda _capability, workspace: (workspace.validated, workspace.validation, workspace.quarantine),
    timeout_seconds=1800,
    libraries=("tasks.great_expectations_import", "duckdb", "pyarrow.parquet", "openlineage.client.event_v2"),
    worker="services",
)
