"""params.yaml: typed and closed, and an error says where, what is allowed and what was meant."""

from pathlib import Path

import pytest

from roadworthy.errors import ParamsError, UnknownName
from roadworthy.params.loading import capability_params, check_params, load_params


def capability(**changes: object) -> dict[str, object]:
    """A small capability's section, with some keys changed."""
    section: dict[str, object] = {
        "kind": "model",
        "description": "Predicts churn.",
        "owner": "ml@example.com",
        "card": {"intended_use": "tests", "limitations": "many", "licence_of_data": "CC0"},
        "ingest": {"sources": {"customers": {"uri": "customers.csv", "sha256": "0" * 64, "format": "csv"}}},
        "prepare": {
            "keys": ["id"],
            "split": {"seed": 1},
            "label": {"column": "churn", "positive": "Yes"},
            "features": {"numeric": ["tenure"]},
        },
        "gates": [{"kind": "floor", "metric": "auc", "at_least": 0.6}],
    }
    return section | changes


def whole(**changes: object) -> dict[str, object]:
    """A params file with that one capability."""
    return {"capabilities": {"churn": capability(**changes)}}


def test_a_right_file_loads(tmp_path: Path) -> None:
    """What is right is taken, and what is left out gets its default."""
    params = check_params(whole(), "params.yaml")
    assert params.capabilities["churn"].train.estimator.endswith("HistGradientBoostingClassifier")
    assert params.approval.require_identity is False


def test_an_unknown_key_is_reported_with_path_allowed_keys_and_suggestion() -> None:
    """A misspelt key names its path, what is allowed there, and what was probably meant."""
    with pytest.raises(ParamsError) as caught:
        check_params(whole(train={"estimater": "x"}), "params.yaml")
    text = str(caught.value)
    assert "capabilities.churn.train.estimater: unknown key" in text
    assert "did you mean 'estimator'?" in text
    assert "threads" in text


def test_a_wrong_key_inside_a_gate_is_found_through_its_kind() -> None:
    """The suggestion knows which kind of gate the key stands in."""
    gate = {"kind": "not_worse", "metric": "auc", "margn": 0.01}
    with pytest.raises(ParamsError, match="margn: unknown key"):
        check_params(whole(gates=[gate]), "params.yaml")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"owner": ""}, "owner"),
        ({"train": {"threads": 0}}, "train.threads"),
        ({"train": {"encoding": "hash"}}, "train.encoding"),
        ({"gates": []}, "gates"),
        ({"prepare": None}, "prepare"),
    ],
)
def test_a_wrong_value_names_its_path(changes: dict[str, object], message: str) -> None:
    """A value of the wrong type or out of range is reported where it stands."""
    with pytest.raises(ParamsError, match=message):
        check_params(whole(**changes), "params.yaml")


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"train": {"encoding": "onehot"}}, "did you mean 'one_hot'? allowed here: ordinal, one_hot"),
        ({"train": {"encoding": "hash"}}, "allowed here: ordinal, one_hot"),
        ({"kind": "Model"}, "did you mean 'model'? allowed here: model, assistant"),
        (
            {"gates": [{"kind": "floor", "metric": "acu", "at_least": 0.6}]},
            "did you mean 'auc'? allowed here: auc, log_loss, brier",
        ),
        ({"gates": [{"kind": "flor", "metric": "auc"}]}, "did you mean 'floor'? allowed here: floor, not_worse"),
        ({"train": {"threads": 0}}, "allowed here: at least 1"),
        ({"train": {"seed": "a"}}, "give a whole number"),
    ],
)
def test_a_wrong_value_gets_the_allowed_ones_and_a_suggestion(changes: dict[str, object], remedy: str) -> None:
    """Nobody has to read the code to learn what may stand there; the nearest value is named where one is near."""
    with pytest.raises(ParamsError) as caught:
        check_params(whole(**changes), "params.yaml")
    assert caught.value.problem == "params.yaml has 1 wrong key or value"
    assert caught.value.remedy == remedy


def test_each_of_several_errors_gets_its_own_remedy() -> None:
    """A key and a value that are wrong stand on a line each, with what is to be done about just that one."""
    with pytest.raises(ParamsError) as caught:
        check_params(whole(train={"encoding": "onehot", "estimater": "x"}), "params.yaml")
    first, second = (caught.value.where or "").splitlines()
    assert "train.encoding: " in first
    assert "did you mean 'one_hot'?" in first
    assert "train.estimater: unknown key; did you mean 'estimator'?" in second


def test_overlapping_windows_are_refused() -> None:
    """Rows must not both train and evaluate the model."""
    prepare = capability()["prepare"]
    assert isinstance(prepare, dict)
    window = {"start": "2013-01-01", "end": "2013-02-01"}
    timed = {key: value for key, value in prepare.items() if key != "split"}
    timed |= {"time_column": "at", "windows": {"train": window, "evaluate": window}}
    with pytest.raises(ParamsError, match="overlap"):
        check_params(whole(prepare=timed), "params.yaml")


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """YAML that says a thing twice means neither."""
    path = tmp_path / "params.yaml"
    path.write_text("approval:\n  require_identity: true\napproval:\n  require_identity: false\n")
    with pytest.raises(ParamsError, match="readable as YAML"):
        load_params(path)


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    """Outside a repository the remedy is named."""
    with pytest.raises(ParamsError, match="run this in the repository's root"):
        load_params(tmp_path / "params.yaml")


def test_an_unknown_capability_gets_a_suggestion() -> None:
    """A misspelt capability is answered with the nearest one."""
    params = check_params(whole(), "params.yaml")
    with pytest.raises(UnknownName, match="did you mean 'churn'"):
        capability_params(params, "chrun")
