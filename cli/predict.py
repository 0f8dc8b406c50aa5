"""`roadworthy predict`: a table predicted by a released model, fetched and verified as serving does it."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.output import print_json
from cli.releases import find
from roadworthy.errors import UsageError
from roadworthy.modelling.batch_prediction import predict_table
from roadworthy.modelling.fitted_model import read_bundled_model
from roadworthy.release.bundle import fetch_bundle
from roadworthy.release.entries import Stage
from roadworthy.release.signing import public_key_path, verify_folder
from roadworthy.settings import Settings


def predict_rows(text: str, table: Path, output: Path | None, batch_rows: int, as_json: bool) -> int:
    """Predict every row of `table` with the release that `text` names: the one in production when it names none."""
    named = find(text if "@" in text else f"{text}@{Stage.PRODUCTION}")
    target = output or table.with_suffix(".scored.parquet")
    with TemporaryDirectory() as scratch:
        bundle = fetch_bundle(named.store, named.record.digest, Path(scratch, "bundle"))
        verify_folder(bundle.folder, bundle.signature, public_key_path(Settings().signing_key_path))
        if not (bundle.folder / "model").is_dir():
            raise UsageError(f"{named} is an assistant", remedy=f'roadworthy ask {named} "…"')
        rows = predict_table(read_bundled_model(bundle.folder), table, target, batch_rows, _tell)
    if as_json:
        print_json({"release": str(named), "digest": named.record.digest, "rows": rows, "output": str(target)})
    else:
        print(f"{rows:,} rows predicted by {named}: {target}")
    return 0


def _tell(rows: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{rows:,} rows", end="", file=sys.stderr, flush=True)
