"""prepare: one row an example, in two sets that never change without a reason."""

from pathlib import Path

import duckdb
import pandas
import pytest

from roadworthy.errors import DataError, ParamsError, RoadworthyError
from roadworthy.modelling.schema import FeatureSchema
from roadworthy.params.data import Features, Label, PrepareParams, Split, Window, Windows
from roadworthy.workspace import Workspace
from tasks.prepare import prepare

ROWS = 400


def settings(**changes: object) -> PrepareParams:
    """Parameters for the table that `workspace` holds, with some changed."""
    content: dict[str, object] = {
        "keys": ("id",),
        "split": Split(seed=7, evaluate_share=0.25),
        "label": Label(column="churn", positive="Yes"),
        "features": Features(categorical=("plan",), numeric=("tenure",)),
    }
    return PrepareParams.model_validate(content | changes)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A work tree whose one validated table is `customers`."""
    made = Workspace(tmp_path, "churn")
    write(made, table())
    return made


def table(rows: int = ROWS) -> pandas.DataFrame:
    """A table of customers, one a day."""
    numbers = range(rows)
    return pandas.DataFrame(
        {
            "id": [f"c{number:04}" for number in numbers],
            "at": pandas.date_range("2024-01-01", periods=rows, freq="D", tz="UTC"),
            "plan": [("basic", "plus", None)[number % 3] for number in numbers],
            "tenure": [float(number % 50) for number in numbers],
            "churn": ["Yes" if number % 4 == 0 else "No" for number in numbers],
        }
    )


def write(workspace: Workspace, frame: pandas.DataFrame, name: str = "customers") -> None:
    """Put `frame` where validate would have put it."""
    workspace.validated.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(workspace.validated / f"{name}.parquet", index=False)


def read(workspace: Workspace, name: str) -> pandas.DataFrame:
    """Read one of the two sets."""
    return pandas.read_parquet(workspace.prepared / f"{name}.parquet")


def test_a_split_by_seed_uses_every_row_once(workspace: Workspace) -> None:
    """Without a time column every row is in exactly one set, near the share that was asked for."""
    prepare(settings(), workspace, print)
    train, evaluate = read(workspace, "train"), read(workspace, "evaluate")
    assert sorted([*train["id"], *evaluate["id"]]) == sorted(table()["id"])
    assert 70 <= len(evaluate) <= 130
    assert set(train["label"]) == {0, 1}


def test_more_rows_never_move_the_old_ones(workspace: Workspace) -> None:
    """A row's set depends on its key and the seed alone."""
    prepare(settings(), workspace, print)
    before = set(read(workspace, "evaluate")["id"])
    write(workspace, table(ROWS + 100))
    prepare(settings(), workspace, print)
    after = set(read(workspace, "evaluate")["id"])
    assert {key for key in after if int(key[1:]) < ROWS} == before


def test_equal_rows_in_another_order_give_equal_bytes(workspace: Workspace) -> None:
    """The keys fix the order, so what ingest's order was does not matter."""
    prepare(settings(), workspace, print)
    before = [(workspace.prepared / f"{name}.parquet").read_bytes() for name in ("train", "evaluate")]
    write(workspace, table().sample(frac=1, random_state=3))
    prepare(settings(), workspace, print)
    assert before == [(workspace.prepared / f"{name}.parquet").read_bytes() for name in ("train", "evaluate")]


def test_windows_include_their_start_and_not_their_end(workspace: Workspace) -> None:
    """A row at the end of one window belongs to the next."""
    windows = Windows(
        train=Window(start="2024-01-01T00:00Z", end="2024-03-01T00:00Z"),
        evaluate=Window(start="2024-03-01T00:00Z", end="2024-04-01T00:00Z"),
    )
    prepare(settings(split=None, time_column="at", windows=windows), workspace, print)
    assert len(read(workspace, "train")) == 31 + 29
    assert len(read(workspace, "evaluate")) == 31


def test_a_query_joins_tables(workspace: Workspace) -> None:
    """Several tables become one by a query file in the repository."""
    write(workspace, pandas.DataFrame({"plan": ["basic", "plus"], "price": [10.0, 20.0]}), "plans")
    (workspace.root / "join.sql").write_text("select * from customers left join plans using (plan);\n")
    features = Features(categorical=("plan",), numeric=("price",))
    prepare(settings(query="join.sql", features=features), workspace, print)
    assert set(read(workspace, "train")["price"].dropna()) == {10.0, 20.0}


@pytest.mark.parametrize(
    ("frame", "changes", "message"),
    [
        (table().rename(columns={"tenure": "tenur"}), {}, "did you mean 'tenur'"),
        (table().assign(churn="No"), {}, "single class"),
        (table().assign(churn=None), {}, "label is missing in 400 rows"),
        (table().assign(id="same"), {}, "1 keys name more than one row"),
        (table().assign(tenure=float("inf")), {}, "infinite in 400 rows"),
        (table().assign(tenure=pandas.array([None] * ROWS, dtype="Float64")), {}, "'tenure' has no value in any row"),
        (table().assign(tenure="long"), {}, "VARCHAR, not a number"),
        (table(0), {}, "label is missing|no row is left|not a number"),
        (
            table(),
            {
                "split": None,
                "time_column": "plan",
                "windows": {
                    "train": {"start": "2024-01-01", "end": "2024-02-01"},
                    "evaluate": {"start": "2024-02-01", "end": "2024-03-01"},
                },
            },
            "not a time",
        ),
        (table(), {"features": {"numeric": ["tenure"], "categorical": ["churn"]}}, "both the label and a feature"),
    ],
)
def test_bad_rows_are_refused_with_field_and_remedy(
    workspace: Workspace, frame: pandas.DataFrame, changes: dict[str, object], message: str
) -> None:
    """What can't be learned from is refused by name, and nothing that looks finished is left."""
    write(workspace, frame)
    with pytest.raises(RoadworthyError, match=message) as caught:
        prepare(settings(**changes), workspace, print)
    assert caught.value.where
    assert caught.value.remedy
    assert not workspace.prepared.exists()


def test_a_broken_query_names_its_file_and_the_tables(workspace: Workspace) -> None:
    """The database's own message is passed on, with the file."""
    (workspace.root / "join.sql").write_text("select * from customer")
    with pytest.raises(ParamsError, match="customer") as caught:
        prepare(settings(query="join.sql"), workspace, print)
    assert caught.value.where == "join.sql"


def test_two_tables_need_a_query(workspace: Workspace) -> None:
    """Nobody guesses how tables join."""
    write(workspace, table(), "more")
    with pytest.raises(ParamsError, match="no query that joins them"):
        prepare(settings(), workspace, print)


def test_the_label_is_counted_as_sql_counts_it(workspace: Workspace) -> None:
    """The label in both sets agrees with a plain query over the source."""
    prepare(settings(), workspace, print)
    path = workspace.validated / "customers.parquet"
    wanted = duckdb.sql(f"select count(*) from read_parquet('{path}') where churn = 'Yes'").fetchall()  # noqa: S608
    assert [(read(workspace, "train")["label"].sum() + read(workspace, "evaluate")["label"].sum(),)] == wanted


def test_an_empty_window_says_so(workspace: Workspace) -> None:
    """A window outside the data is refused by name."""
    windows = {
        "train": {"start": "2024-01-01", "end": "2024-03-01"},
        "evaluate": {"start": "2034-03-01", "end": "2034-04-01"},
    }
    with pytest.raises(DataError, match="no row is left to evaluate"):
        prepare(settings(split=None, time_column="at", windows=windows), workspace, print)


def test_a_column_of_text_is_a_feature(workspace: Workspace) -> None:
    """Free text goes to both sets as it is and stands in the schema; another type, or no text at all, is refused."""
    write(workspace, table().assign(note=[f"note {number}" for number in range(ROWS)], blank=None))
    prepare(settings(features=Features(text=("note",))), workspace, print)
    assert set(read(workspace, "train")["note"]) <= {f"note {number}" for number in range(ROWS)}
    schema = FeatureSchema.read(workspace.prepared / "schema.json")
    assert [(feature.name, feature.kind) for feature in schema.features] == [("note", "text")]
    with pytest.raises(DataError, match="'tenure' is DOUBLE, not text"):
        prepare(settings(features=Features(text=("tenure",))), workspace, print)
    write(workspace, table().assign(blank=pandas.Series([None] * ROWS, dtype="string")))
    with pytest.raises(DataError, match="no value in any row"):
        prepare(settings(features=Features(text=("blank",))), workspace, print)


def test_rows_that_belong_together_are_not_torn_apart(workspace: Workspace) -> None:
    """Split by a column, equal values are in one set: what is nearly the same can't be learned and tested."""
    write(workspace, table().assign(household=[f"h{number // 4}" for number in range(ROWS)]))
    prepare(settings(split=Split(seed=7, evaluate_share=0.25, by="household")), workspace, print)
    train, evaluate = (set(read(workspace, name)["household"]) for name in ("train", "evaluate"))
    assert train and evaluate and not train & evaluate
    with pytest.raises(DataError, match="no column 'hosehold'"):
        prepare(settings(split=Split(seed=7, by="hosehold")), workspace, print)
    assert "by" not in Split(seed=7).model_dump()
