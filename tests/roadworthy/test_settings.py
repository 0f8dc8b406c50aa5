"""Settings: read from the environment, and a variable that means nothing is refused."""

from __future__ import annotations

import pytest

from roadworthy.errors import ParamsError
from roadworthy.settings import Settings


@pytest.fixture(autouse=True)
def _no_inherited_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"ROADWORTHY_{field.upper()}", raising=False)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("ROADWORTHY_TRACKING_URL", "ROADWORTHY_TRACKING_URI"),
        ("ROADWORTHY_STOR", "ROADWORTHY_STORE"),
        ("roadworthy_actr", "ROADWORTHY_ACTOR"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, meant: str
) -> None:
    """It would be ignored otherwise, and the release would go to another server without a word."""
    monkeypatch.setenv(variable, "x")
    with pytest.raises(ParamsError, match="no such setting") as caught:
        Settings()
    assert caught.value.where == variable
    assert (caught.value.remedy or "").startswith(f"did you mean {meant}? there are: ROADWORTHY_ROOT, ")


def test_a_variable_like_none_of_ours_is_refused_with_all_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prefix that all share makes no name near."""
    monkeypatch.setenv("ROADWORTHY_ZZZ", "x")
    with pytest.raises(ParamsError) as caught:
        Settings()
    assert (caught.value.remedy or "").startswith("unset it; there are: ")


def test_every_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real names are taken in either case, and the variables of others don't matter."""
    monkeypatch.setenv("ROADWORTHY_TRACKING_URI", "http://mlflow.example.com")
    monkeypatch.setenv("roadworthy_prefect_port", "4201")
    monkeypatch.setenv("ROADWORTHYISH", "x")
    assert Settings().tracking_uri == "http://mlflow.example.com"
    assert Settings().prefect_port == 4201
