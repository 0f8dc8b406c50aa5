"""`roadworthy rollback`: one entry in the ledger puts the previous production release back."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.output import print_json
from cli.releases import open_ledger
from roadworthy.errors import RoadworthyError
from roadworthy.release.bundle import fetch_bundle
from roadworthy.release.entries import RolledBack
from roadworthy.release.ledger import Ledger
from roadworthy.release.stages import decide_rollback, roll_back_target
from roadworthy.release.standing import standing_of
from roadworthy.settings import Settings
from tasks.actor import local_actor


def roll_back(capability: str, reason: str, as_json: bool) -> int:
    """Withdraw the live release; the one before it is live when this returns."""
    start = time.monotonic()
    ledger = open_ledger(capability)
    _check_target(ledger)
    entry = ledger.record(decide_rollback(capability, reason), by=local_actor())
    seconds = time.monotonic() - start
    fact = entry.fact if entry else None
    if as_json:
        print_json({"entry": entry, "seconds": seconds})
    elif isinstance(fact, RolledBack):
        print(f"{capability}@{fact.to} is live again, {capability}@{fact.release} is withdrawn ({seconds:.2f} s)")
    else:
        print("somebody else has just rolled back; nothing more was done")
    _mirror_in_background(capability)
    return 0


def _check_target(ledger: Ledger) -> None:
    """Refuse to go back to a release whose files are not what was released."""
    target = roll_back_target(standing_of(ledger.capability, ledger.entries()))
    with TemporaryDirectory() as scratch:
        try:
            fetch_bundle(ledger.store, target.digest, into=Path(scratch) / "bundle")
        except RoadworthyError as error:
            error.remedy = f"release {target.number} can't be served; promote another release instead. {error.remedy}"
            raise


def _mirror_in_background(capability: str) -> None:
    """Have MLflow say so too; importing it takes longer than the rollback, and traffic never waits for it."""
    log = Settings().home_path / "logs"
    log.mkdir(parents=True, exist_ok=True)
    with (log / "registry-sync.log").open("ab") as output:
        subprocess.Popen(
            [sys.executable, "-m", "cli.main", "registry", "sync", capability],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
