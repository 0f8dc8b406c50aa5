"""The model card: it says what is in the parameters and the evaluation, and nothing half filled in."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import UndefinedError

from roadworthy.modelling.card import model_card
from roadworthy.params.capability import ModelCapability

EVALUATION = {
    "rows": 28_009,
    "positives": 7_501,
    "metrics": {
        "auc": {"value": 0.74812, "low": 0.71, "high": 0.79, "confidence": 0.95},
        "brier": {"value": 0.187, "low": 0.17, "high": 0.2, "confidence": 0.95},
    },
}
MODEL = {
    "estimator": "sklearn.linear_model.LogisticRegression",
    "arguments": {"C": 0.5, "max_iter": 200},
    "encoding": "one_hot",
    "seed": 7,
    "threads": 1,
    "training_rows": 160_123,
}
WINDOWS = {
    "train": {"start": "2013-01-01T00:00:00-05:00", "end": "2013-07-01T00:00:00-04:00"},
    "evaluate": {"start": "2013-07-01T00:00:00-04:00", "end": "2013-08-01T00:00:00-04:00"},
}


def capability(**prepare: Any) -> ModelCapability:
    """Return a small capability; without windows it splits by seed."""
    split = {} if "windows" in prepare else {"split": {"seed": 11, "evaluate_share": 0.3}}
    return ModelCapability.model_validate(
        {
            "kind": "model",
            "description": "Tells who <leaves> & who stays.",
            "owner": "release-team",
            "card": {
                "intended_use": "Calling customers who may leave.",
                "limitations": "Learned in one country.",
                "licence_of_data": "CC0-1.0",
            },
            "ingest": {"sources": {"customers": {"uri": "customers.csv", "sha256": "ab" * 32, "format": "csv"}}},
            "prepare": {
                "keys": ["customer"],
                "label": {"column": "Churn", "positive": "Yes"},
                "features": {"categorical": ["contract"], "numeric": ["tenure", "charges"]},
                **split,
                **prepare,
            },
            "gates": [{"kind": "floor", "metric": "auc", "at_least": 0.7}],
        }
    )


def card(model: dict[str, Any] = MODEL, **prepare: Any) -> str:
    """Return the card of the small capability."""
    return model_card("churn", capability(**prepare), EVALUATION, model)


def section(text: str, title: str) -> str:
    """Return what stands under a heading."""
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def test_all_sections_in_their_order() -> None:
    """What it is for, the model, the data, how good it is, and what it can't do."""
    text = card()
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert headings == ["Intended use", "Model", "Data", "Evaluation", "Limitations"]
    assert text.startswith("# churn\n\nTells who <leaves> & who stays.\n\nOwner: release-team\n")
    assert "Calling customers who may leave." in section(text, "Intended use")
    assert "Learned in one country." in section(text, "Limitations")


def test_the_model_and_what_it_looks_at() -> None:
    """Estimator, arguments, seed, rows, label and features by name."""
    found = section(card(), "Model")
    assert (
        "sklearn.linear_model.LogisticRegression with one_hot encoding, seed 7, 1 thread, trained on 160,123" in found
    )
    assert "- `C`: 0.5\n- `max_iter`: 200\n" in found
    assert "`Churn` is `Yes`" in found
    assert "1 categorical and 2 numeric features: contract, tenure, charges." in " ".join(found.split())
    assert "2 threads" in section(card({**MODEL, "threads": 2}), "Model")


def test_a_model_of_texts_says_how_it_reads_them() -> None:
    """The card names the columns of text, and what becomes of them."""
    text = {"characters": [3, 5], "words": [1, 2], "character_columns": 131_072, "word_columns": 65_536}
    found = " ".join(section(card({**MODEL, "text": text}, features={"text": ["prompt"]}), "Model").split())
    assert "0 categorical and 0 numeric features and 1 of text: prompt." in found
    assert "runs of 3 to 5 characters, hashed to 131,072 columns, and of 1 to 2 words, hashed to 65,536." in found


def test_the_data_with_its_pin_and_its_split() -> None:
    """Each source with its digest; chosen by seed where there are no windows."""
    found = section(card(), "Data")
    assert "| customers | `customers.csv` | `abababababab` |" in found
    assert "Evaluated on 30% of the rows, chosen by seed 11." in found
    assert "Licence of the data: CC0-1.0" in found


def test_the_windows_where_there_is_time() -> None:
    """Both windows by day."""
    found = section(card(time_column="day", windows=WINDOWS), "Data")
    assert "Trained on 2013-01-01 to 2013-07-01, evaluated on 2013-07-01 to 2013-08-01" in found
    assert "seed" not in found


def test_every_metric_with_its_interval() -> None:
    """As a table that Markdown understands: no blank line between its rows."""
    found = section(card(), "Evaluation")
    assert "On 28,009 rows, 7,501 of them positive" in found
    table = "|---|---|---|\n| auc | 0.7481 | 0.7100 to 0.7900 |\n| brier | 0.1870 | 0.1700 to 0.2000 |\n"
    assert table in found


def test_nothing_is_left_open() -> None:
    """No placeholder and no None; the same input gives the same text."""
    for text in (card(), card(time_column="day", windows=WINDOWS)):
        assert not any(sign in text for sign in ("{{", "{%", "None", "Undefined"))
        assert text.endswith("\n")
    assert card() == card()


def test_a_description_that_lacks_something_is_a_fault() -> None:
    """Rather no card than one with a hole in it."""
    with pytest.raises(UndefinedError, match="encoding"):
        card({key: value for key, value in MODEL.items() if key != "encoding"})
