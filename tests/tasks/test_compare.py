"""The comparison with production: on the same rows, whether predictions are known or have to be made."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.small_registry import BETTER, GOOD, SmallRegistry

from roadworthy.params.capability import ModelCapability
from roadworthy.release.bundle import Bundle, fetch_bundle
from roadworthy.store import Store
from tasks.model_comparison import compare_models


@pytest.fixture
def bundles(small: SmallRegistry, tmp_path: Path) -> tuple[Bundle, Bundle]:
    """Challenger and production, which were evaluated on the same rows."""
    store, standing = small.ledger.store, small.standing
    return tuple(  # type: ignore[return-value]
        fetch_bundle(store, standing.release(number).digest, tmp_path / str(number)) for number in (BETTER, GOOD)
    )


def test_known_predictions_give_what_predicting_again_gives(
    small: SmallRegistry, bundles: tuple[Bundle, Bundle]
) -> None:
    """Both bundles hold what they predicted on these rows; without that the model predicts them again, the same."""
    store: Store = small.ledger.store
    challenger, production = bundles
    capability = ModelCapability.model_validate_json((challenger.folder / "parameters.json").read_bytes())
    known = compare_models(store, challenger, production, capability)
    (production.folder / "evaluation" / "predictions.parquet").unlink()
    predicted = compare_models(store, challenger, production, capability)
    assert known is not None
    assert known == predicted
    assert any(difference.estimate.value for difference in known.differences.values())


def test_predictions_on_other_rows_do_not_count(small: SmallRegistry, bundles: tuple[Bundle, Bundle]) -> None:
    """Where production was evaluated on other rows, its model predicts the challenger's, whatever its bundle holds."""
    challenger, production = bundles
    capability = ModelCapability.model_validate_json((challenger.folder / "parameters.json").read_bytes())
    known = compare_models(small.ledger.store, challenger, production, capability)
    folder = production.folder / "evaluation"
    (folder / "rows.json").write_text((folder / "rows.json").read_text().replace('"sha256": "', '"sha256": "f'))
    (folder / "predictions.parquet").write_bytes(b"of other rows")
    assert compare_models(small.ledger.store, challenger, production, capability) == known
