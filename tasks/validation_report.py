"""Writes down what the suites found: validation.json for programs, the Data Docs for people; no clock in either."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from tasks.expectations import Finding, TableFindings


@dataclass(frozen=True)
class TableReport:
    """What a suite found in one table, and what became of its rows."""

    name: str
    rows: int
    quarantined: int
    found: TableFindings


def write_reports(folder: Path, tables: Iterable[TableReport]) -> None:
    """Write validation.json and data_docs/ with a page a table into `folder`."""
    reports = sorted(tables, key=lambda table: table.name)
    content = {"tables": {table.name: _content(table) for table in reports}}
    write_bytes(folder / "validation.json", readable_json(content))
    for table in reports:
        write_bytes(folder / "data_docs" / f"{table.name}.html", table.found.page.encode())
    write_bytes(folder / "data_docs" / "index.html", _index(reports).encode())


def _content(table: TableReport) -> dict[str, Any]:
    return {
        "rows": table.rows,
        "quarantined": table.quarantined,
        "expectations": [_expectation(finding) for finding in table.found.findings],
    }


def _expectation(finding: Finding) -> dict[str, Any]:
    return {
        "expectation": finding.expectation,
        "column": ", ".join(finding.columns) or None,
        "severity": finding.severity,
        "success": finding.success,
        "raised": finding.raised,
        "unexpected_count": finding.unexpected_count,
        "unexpected_percent": finding.unexpected_percent,
        "observed": finding.observed,
        "examples": list(finding.examples),
        "notes": finding.notes,
    }


def _index(tables: list[TableReport]) -> str:
    rows = "\n".join(
        f'<tr><td><a href="{escape(table.name)}.html">{escape(table.name)}</a></td><td>{table.rows:,}</td>'
        f"<td>{table.quarantined:,}</td><td>{_met(table)}</td></tr>"
        for table in tables
    )
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Data Docs</title>
<style>body {{ font-family: sans-serif; margin: 2rem }} td, th {{ padding: .3rem 1rem; text-align: left }}</style>
<h1>Data Docs</h1>
<table>
<tr><th>table</th><th>rows</th><th>to quarantine</th><th>expectations met</th></tr>
{rows}
</table>
</html>
"""


def _met(table: TableReport) -> str:
    findings = table.found.findings
    return f"{sum(finding.success for finding in findings)} of {len(findings)}"
