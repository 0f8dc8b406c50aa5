"""validate: wrong data stops the release, odd rows are set aside with the reason, and both can be looked at."""

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest

from roadworthy.digest import digest_files
from roadworthy.errors import ParamsError, RoadworthyError, ValidationFailed
from roadworthy.params.data import ValidateParams
from roadworthy.params.loading import capability_params, load_params
from roadworthy.workspace import Workspace
from tasks.validate import VALIDATE, validate

REPOSITORY = Path(__file__).parents[2]
EXCERPTS = REPOSITORY / "tests" / "data"
BETWEEN = "expect_column_values_to_be_between"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A work tree whose one source is a table of ten customers."""
    made = Workspace(tmp_path, "shop")
    save(made, table())
    return made


def table(**columns: list[Any]) -> pandas.DataFrame:
    """Ten customers, with some columns changed."""
    content: dict[str, list[Any]] = {
        "id": list(range(10)),
        "age": [20.0 + number for number in range(10)],
        "plan": ["basic", "plus"] * 5,
    }
    return pandas.DataFrame(content | columns)


def save(workspace: Workspace, frame: pandas.DataFrame) -> None:
    """Make `frame` the source `customers`."""
    workspace.sources.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(workspace.sources / "customers.parquet")


def expecting(workspace: Workspace, *expectations: dict[str, Any], **changes: Any) -> ValidateParams:
    """Parameters with a suite of these expectations for `customers`."""
    (workspace.root / "suite.json").write_text(json.dumps({"name": "customers", "expectations": list(expectations)}))
    return ValidateParams.model_validate({"tables": {"customers": {"suite": "suite.json"} | changes}})


def expect(kind: str, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    """One expectation as a suite writes it."""
    return {"type": kind, "kwargs": kwargs, "severity": severity}


def run(params: ValidateParams, workspace: Workspace) -> list[str]:
    """Validate; return what was announced."""
    said: list[str] = []
    validate(params, workspace, said.append)
    return said


def refused(params: ValidateParams, workspace: Workspace) -> RoadworthyError:
    """Validate data that must not pass; return the error, after checking that no output looks valid."""
    outputs = (workspace.validated, workspace.validation, workspace.quarantine)
    with pytest.raises(RoadworthyError) as caught:
        validate(params, workspace, lambda _: None)
    assert not any(path.exists() for path in outputs)
    assert caught.value.remedy
    return caught.value


def rows(path: Path) -> list[tuple[Any, ...]]:
    """The rows of a Parquet file."""
    with duckdb.connect() as database:
        return database.execute(f"from '{path}'").fetchall()


def report(folder: Path) -> Any:
    """What validation.json says."""
    return json.loads((folder / "validation.json").read_text())["tables"]["customers"]


# What holds


def test_a_table_that_meets_its_suite_is_passed_on_unchanged(workspace: Workspace) -> None:
    """Its bytes are the source's, the report says so, and a page shows it."""
    params = expecting(workspace, expect(BETWEEN, column="age", min_value=0, max_value=120))
    assert run(params, workspace) == ["customers: 1 of 1 expectations met"]
    assert digest_files(workspace.validated) == digest_files(workspace.sources)
    assert digest_files(workspace.quarantine) == {}
    content = report(workspace.validation)
    assert (content["rows"], content["quarantined"], content["expectations"][0]["success"]) == (10, 0, True)
    assert "customers.html" in (workspace.validation / "data_docs" / "index.html").read_text()


def test_a_table_without_a_suite_is_passed_on(workspace: Workspace) -> None:
    """Nobody expects anything of it."""
    assert run(ValidateParams(), workspace) == []
    assert digest_files(workspace.validated) == digest_files(workspace.sources)


def test_equal_tables_give_equal_bytes(workspace: Workspace) -> None:
    """No moment, no random name: neither in the report nor in the pages nor in the quarantine."""
    save(workspace, table(age=[20.0] * 9 + [999.0]))
    soft = expect(BETWEEN, "warning", column="age", max_value=120)
    params = expecting(workspace, soft, quarantine_budget=0.5)
    outputs = (workspace.validated, workspace.validation, workspace.quarantine)
    run(params, workspace)
    first = [digest_files(path) for path in outputs]
    run(params, workspace)
    assert [digest_files(path) for path in outputs] == first


# What is odd


def test_odd_rows_are_set_aside_with_their_reasons(workspace: Workspace) -> None:
    """A row that misses two soft expectations names both; the others go on, in their order."""
    save(
        workspace, table(age=[-1.0, 21.0, 22.0, 23.0, 24.0, 25.0, 26.0, 27.0, 28.0, 999.0], plan=["x"] + ["basic"] * 9)
    )
    params = expecting(
        workspace,
        expect(BETWEEN, "warning", column="age", min_value=0, max_value=120),
        expect("expect_column_values_to_be_in_set", "warning", column="plan", value_set=["basic", "plus"]),
        quarantine_budget=0.2,
    )
    assert run(params, workspace) == ["customers: 0 of 2 expectations met, 2 of 10 rows to quarantine"]
    assert [row[0] for row in rows(workspace.validated / "customers.parquet")] == list(range(1, 9))
    aside = rows(workspace.quarantine / "customers.parquet")
    assert [row[0] for row in aside] == [0, 9]
    assert aside[0][-1] == f"{BETWEEN}(age); expect_column_values_to_be_in_set(plan)"
    assert aside[1][-1] == f"{BETWEEN}(age)"
    assert report(workspace.validation)["expectations"][0]["examples"] == [-1.0, 999.0]


@pytest.mark.parametrize(
    ("kind", "kwargs", "expected"),
    [
        ("expect_column_values_to_be_unique", {"column": "plan"}, list(range(10))),
        ("expect_compound_columns_to_be_unique", {"column_list": ["plan", "half"]}, [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]),
        ("expect_column_pair_values_to_be_equal", {"column_A": "id", "column_B": "five"}, [0, 1, 2, 3, 4, 6, 7, 8, 9]),
        ("expect_column_values_to_not_be_null", {"column": "gap"}, [3]),
    ],
)
def test_every_kind_of_row_expectation_names_its_rows(
    workspace: Workspace, kind: str, kwargs: dict[str, Any], expected: list[int]
) -> None:
    """One column, a pair, several columns, missing values: the rows are found, through derived columns too."""
    derived = {"five": "5", "half": "id // 10", "gap": "nullif(id, 3)"}
    params = expecting(workspace, expect(kind, "warning", **kwargs), derived=derived, quarantine_budget=1)
    run(params, workspace)
    aside = [row[0] for row in rows(workspace.quarantine / "customers.parquet")]
    assert sorted(aside) == sorted(expected)


def test_more_odd_rows_than_the_budget_stop_the_release(workspace: Workspace) -> None:
    """The budget is a share of the rows; exactly the budget still passes."""
    save(workspace, table(age=[-1.0, -2.0] + [20.0] * 8))
    soft = expect(BETWEEN, "warning", column="age", min_value=0)
    error = refused(expecting(workspace, soft, quarantine_budget=0.19), workspace)
    assert "2 of 10 rows (20.000%) are to be set aside, 19.000% may go to quarantine" in str(error)
    run(expecting(workspace, soft, quarantine_budget=0.2), workspace)


def test_a_soft_expectation_of_the_whole_table_is_noted(workspace: Workspace) -> None:
    """There is no row to set aside: it is announced and reported."""
    said = run(expecting(workspace, expect("expect_table_row_count_to_equal", "warning", value=11)), workspace)
    assert said == [
        "customers: 0 of 1 expectations met; noted: expect_table_row_count_to_equal(): observed 10",
    ]
    assert digest_files(workspace.validated) == digest_files(workspace.sources)


# What is wrong


def test_a_hard_expectation_stops_the_release_and_can_be_looked_at(workspace: Workspace) -> None:
    """The error names table, expectation, column, count and examples; report and pages are kept elsewhere."""
    save(workspace, table(age=[-1.0, -2.0] + [20.0] * 8))
    params = expecting(workspace, expect(BETWEEN, column="age", min_value=0))
    error = refused(params, workspace)
    assert isinstance(error, ValidationFailed)
    assert f"customers: {BETWEEN}(age): 2 rows (20 %), such as -1.0, -2.0" in str(error)
    kept = workspace.root / "reports" / "validation" / "shop"
    assert "reports/validation/shop/data_docs/index.html" in str(error.remedy)
    assert report(kept)["expectations"][0]["unexpected_count"] == 2
    assert (kept / "data_docs" / "customers.html").is_file()
    save(workspace, table())
    run(params, workspace)
    assert not kept.exists()


def test_a_failure_leaves_the_earlier_outputs_as_they_were(workspace: Workspace) -> None:
    """The state is as before."""
    params = expecting(workspace, expect(BETWEEN, column="age", min_value=0))
    run(params, workspace)
    before = digest_files(workspace.data / "validated"), digest_files(workspace.validation)
    save(workspace, table(age=[-1.0] * 10))
    with pytest.raises(ValidationFailed):
        validate(params, workspace, lambda _: None)
    assert (digest_files(workspace.validated), digest_files(workspace.validation)) == before


def test_duplicate_rows_are_caught(workspace: Workspace) -> None:
    """A table that was appended to itself does not pass."""
    save(workspace, pandas.concat([table(), table().head(2)], ignore_index=True))
    unique = expect("expect_compound_columns_to_be_unique", column_list=["id", "plan"])
    assert "4 rows (33.3 %)" in str(refused(expecting(workspace, unique), workspace))


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_an_expectation_that_can_not_be_checked_never_passes(workspace: Workspace, severity: str) -> None:
    """Raised is not failed, and not passed: whatever its severity, it stops the release and says why."""
    params = expecting(workspace, expect("expect_column_values_to_not_be_null", severity, column="agee"))
    error = refused(params, workspace)
    assert "expect_column_values_to_not_be_null(agee) could not be checked" in str(error)
    assert '"agee"' in str(error)


WRONG_SUITES: dict[str, tuple[str, str]] = {
    "not json": ("{", "is not JSON"),
    "no list": ('{"name": "x"}', "no list of expectations"),
    "unknown key": ('{"name": "x", "expectation": []}', "unknown key 'expectation'"),
    "unknown type": (
        '{"expectations": [{"type": "expect_column_values_to_be_betwen", "kwargs": {}}]}',
        "did you mean 'expect_column_values_to_be_between'",
    ),
    "unknown argument": (
        '{"expectations": [{"type": "expect_column_values_to_be_between", "kwargs": {"colum": "age"}}]}',
        "did you mean 'column'",
    ),
    "missing argument": ('{"expectations": [{"type": "expect_column_values_to_be_unique"}]}', "expectations[0].kwargs"),
    "wrong argument": (
        '{"expectations": [{"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "a", "value_set": 3}}]}',
        "value_set",
    ),
    "unknown severity": (
        '{"expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "a"}, "severity": "critcal"}]}',
        "did you mean 'critical'",
    ),
    "no expectation": ('{"expectations": [7]}', "expectations[0]"),
}


@pytest.mark.parametrize("case", WRONG_SUITES)
def test_a_wrong_suite_is_said_by_file_and_field(workspace: Workspace, case: str) -> None:
    """Great Expectations itself would log it and go on with fewer expectations."""
    text, said = WRONG_SUITES[case]
    params = expecting(workspace)
    (workspace.root / "suite.json").write_text(text)
    error = refused(params, workspace)
    assert isinstance(error, ParamsError)
    assert "suite.json" in str(error.where)
    assert said in str(error)


def test_wrong_parameters_are_said_by_field(workspace: Workspace) -> None:
    """A missing suite, a table that there is not, a derived column that does not run or hides another."""
    params = expecting(workspace)
    (workspace.root / "suite.json").unlink()
    assert "there is no file suite.json" in str(refused(params, workspace))
    other = ValidateParams.model_validate({"tables": {"custmers": {"suite": "suite.json"}}})
    assert "validate.tables.custmers" in str(refused(other, workspace).where)
    error = refused(expecting(workspace, derived={"double": "agee * 2"}), workspace)
    assert "validate.tables.customers.derived.double" in str(error.where)
    assert "agee" in str(error)
    assert "of its own" in str(refused(expecting(workspace, derived={"age": "1"}), workspace))


# The suites of flight-delay


def flights_of(year: int, root: Path) -> tuple[ValidateParams, Workspace]:
    """The excerpt of a year, and flight-delay's own parameters and suites, but for the size of a whole year."""
    workspace = Workspace(root, "flight-delay")
    shutil.copytree(EXCERPTS / f"flights-{year}", workspace.sources, ignore=shutil.ignore_patterns("LICENSE"))
    params = capability_params(load_params(REPOSITORY / "params.yaml"), "flight-delay").validate_
    for name, one in params.tables.items():
        suite = json.loads((REPOSITORY / one.suite).read_text())
        suite["expectations"] = [entry for entry in suite["expectations"] if "row_count" not in entry["type"]]
        (root / "expectations").mkdir(exist_ok=True)
        (root / "expectations" / f"{name}.json").write_text(json.dumps(suite))
    content = params.model_dump()
    content["tables"]["weather"]["quarantine_budget"] = 0.01
    return ValidateParams.model_validate(content), workspace


def test_the_flights_of_2013_pass_but_for_one_impossible_wind(tmp_path: Path) -> None:
    """The report of 1,048 miles an hour goes to quarantine; everything else is as expected."""
    params, workspace = flights_of(2013, tmp_path)
    said = run(params, workspace)
    assert [line for line in said if "quarantine" in line] == [
        "weather: 16 of 17 expectations met, 1 of 216 rows to quarantine"
    ]
    assert 1048.36058 in rows(workspace.quarantine / "weather.parquet")[0]


def test_the_defects_of_2023_are_caught(tmp_path: Path) -> None:
    """Flights' local time labelled UTC, weather's hour in UTC, and gusts that nobody measured: all are named."""
    params, workspace = flights_of(2023, tmp_path)
    error = refused(params, workspace)
    assert "flights: expect_column_pair_values_to_be_equal(new_york_hour, hour): 646 rows (100 %)" in str(error)
    assert "weather: expect_column_pair_values_to_be_equal(new_york_hour, hour): 216 rows (100 %)" in str(error)
    assert "weather: expect_column_unique_value_count_to_be_between(gust_ratio): observed 1" in str(error)


def test_the_step_reads_the_suites_and_writes_three_folders(workspace: Workspace) -> None:
    """DVC and lineage see the suites as inputs and the quarantine as an output."""
    params = expecting(workspace)
    capability = type("Capability", (), {"validate_": params})
    assert VALIDATE.inputs(capability, workspace) == (workspace.sources, workspace.root / "suite.json")
    outputs = (workspace.validated, workspace.validation, workspace.quarantine)
    assert VALIDATE.outputs(capability, workspace) == outputs
