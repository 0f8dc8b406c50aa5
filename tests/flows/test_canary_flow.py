"""The canary flow with much that does not work: a bad canary is taken back all the same, and people are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.served_releases import digest_of, put_in_production, release
from fakes.small_project import REPOSITORY
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.watch_canary import watch_canary
from roadworthy.alerts.alert import AlertKind
from roadworthy.alerts.log import AlertLog
from roadworthy.errors import IntegrityError, Unavailable
from roadworthy.release.entries import Stage
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from roadworthy.settings import Settings
from roadworthy.store import LocalStore
from roadworthy.telemetry.event import Ending, Event, Kind
from roadworthy.telemetry.opening import open_recorder

DAMAGED, NAME = "a-damaged-one", "bank-helpdesk"


@pytest.fixture
def store(prefect_api_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStore]:
    """The store of a project whose MLflow is down; its flows run in it."""
    (tmp_path / "params.yaml").write_bytes((REPOSITORY / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROADWORTHY_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("ROADWORTHY_REGISTRY_WAIT_SECONDS", "0.1")
    with temporary_settings({PREFECT_API_URL: prefect_api_url}):
        yield LocalStore(Path(Settings().store_address))


def bad_canary(store: LocalStore) -> None:
    """Leave a canary of which nothing ends well, beside a release in production of which everything does."""
    put_in_production(store, NAME, 1)
    release(store, NAME, 2, Stage.STAGING, Stage.CANARY)
    recorder, now = open_recorder(Settings().home_path, store), datetime.now(UTC)
    for number in range(1000):
        arm = 1 + number % 2
        recorder.record(
            Event(
                id=f"{number:08d}",
                at=now + timedelta(microseconds=number),
                kind=Kind.ANSWER,
                ending=Ending.ERROR if arm == 2 else Ending.ANSWERED,
                status=500 if arm == 2 else 200,
                seconds=0.1,
                tenant="acme",
                user=f"user {number}",
                capability=NAME,
                release=arm,
                digest=digest_of(NAME, arm),
                arm="canary" if arm == 2 else "production",
            )
        )
    recorder.close()


def taken_back(store: LocalStore) -> bool:
    """Whether the canary is gone, and people were told."""
    gone = standing_of(NAME, Ledger(store, NAME).entries()).canary is None
    told = [alert.kind for alert in AlertLog(store).alerts()]
    return gone and told == [AlertKind.CANARY_ROLLED_BACK]


def test_what_was_taken_back_is_told_though_mlflow_is_down(store: LocalStore) -> None:
    """The next look finds no canary, so nobody would ever tell it."""
    bad_canary(store)
    with pytest.raises(Unavailable):
        watch_canary()
    assert taken_back(store)


def test_a_damaged_ledger_keeps_no_other_canary_up(store: LocalStore) -> None:
    """It is raised, after all others were looked at."""
    put_in_production(store, DAMAGED, 1)
    for path in Path(Settings().store_address, "ledger", DAMAGED).rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"nothing")
    bad_canary(store)
    with pytest.raises((IntegrityError, Unavailable)) as caught:
        watch_canary()
    assert isinstance(caught.value, IntegrityError), "the first error is that of the first ledger"
    assert taken_back(store)
