"""Reads a suite in Great Expectations' JSON format, and refuses what Great Expectations would only log."""

# Late imports: start-up time (Great Expectations takes seconds).
from __future__ import annotations

import json
import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadworthy.errors import ParamsError

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

HARD = "critical"
"""Stops the release."""

SOFT = "warning"
"""Sends the rows to quarantine. The third severity, info, is only reported."""

POSITION = "position"
"""The key in an expectation's meta under which its place in the suite travels through Great Expectations."""


def read_suite(path: Path, where: str) -> ExpectationSuite:
    """Read a suite in Great Expectations' JSON format. Raises `ParamsError` naming file and field."""
    be_quiet()
    from great_expectations import ExpectationSuite

    content = _read_json(path, where)
    unknown = sorted(set(content) - {"name", "expectations", "meta", "notes", "id"})
    entries = content.get("expectations")
    if unknown or not isinstance(entries, list):
        problem = f"unknown key {unknown[0]!r}" if unknown else "no list of expectations"
        raise ParamsError(
            f"{where} is no suite: {problem}", where=where, remedy='write {"name": …, "expectations": […]}'
        )
    # One by one: the suite itself only logs an expectation that it does not understand, and goes on without it.
    expectations = [_build(entry, f"{where}: expectations[{position}]") for position, entry in enumerate(entries)]
    suite = ExpectationSuite(name=str(content.get("name") or path.stem), meta=content.get("meta"))
    for position, expectation in enumerate(expectations):
        expectation.meta = {**(expectation.meta or {}), POSITION: position}
        suite.expectations.append(expectation)
    return suite


def be_quiet() -> None:
    """Before the first import: it reads this when it is loaded."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")


def _build(entry: object, where: str) -> Expectation:
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise ParamsError("not an expectation", where=where, remedy='write {"type": …, "kwargs": {…}}')
    _check_names(entry, where)
    try:
        return ExpectationConfiguration(**{"kwargs": {}, **entry}).to_domain_obj()
    # GX brings its own copy of pydantic 1, whose errors are ValueErrors.
    except (GreatExpectationsError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise ParamsError(
            f"{entry['type']} is set up wrongly: {reason}",
            where=f"{where}.kwargs",
            remedy="correct it by Great Expectations' description of that expectation",
        ) from None


def _check_names(entry: dict[str, Any], where: str) -> None:
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    _check_name(entry["type"], list_registered_expectation_implementations(), f"{where}.type", "expectation")
    _check_name(str(entry.get("severity", HARD)), [HARD, SOFT, "info"], f"{where}.severity", "severity")
    keys = ["type", "kwargs", "severity", "meta", "notes", "description", "id", "rendered_content"]
    for key in entry:
        _check_name(key, keys, where, "key")
    fields = list(get_expectation_impl(entry["type"]).__fields__)
    for key in entry.get("kwargs") or {}:
        _check_name(key, fields, f"{where}.kwargs", f"argument of {entry['type']}")


def _check_name(name: str, known: list[str], where: str, what: str) -> None:
    if name in known:
        return
    near = get_close_matches(name, known, n=1)
    raise ParamsError(
        f"there is no {what} {name!r}",
        where=where,
        remedy=f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(known)[:20])}",
    )


def _read_json(path: Path, where: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(
            f"there is no file {where}", where=where, remedy="create it, or correct validate.tables"
        ) from None
    except ValueError as error:
        raise ParamsError(f"{where} is not JSON: {error}", where=where, remedy="correct that place") from None
    if not isinstance(content, dict):
        raise ParamsError(f"{where} is no suite", where=where, remedy='write {"name": …, "expectations": […]}')
    return content
