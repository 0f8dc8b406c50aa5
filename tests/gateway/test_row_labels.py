"""From a served prediction to a measured night: scores without content, and labels by request or key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fakes.gateway_services import KEY, small_services
from fakes.memory_store import MemoryStore
from fakes.scored_requests import labels_file
from fakes.served_releases import put_in_production
from fakes.small_bundle import make_small_bundle, small_capability
from servers.gateway import running_gateway

from roadworthy.labels.adding import LabelDesk
from roadworthy.labels.reading import OutcomeColumns
from roadworthy.labels.report import LabelState
from roadworthy.labels.verdicts import LabelVerdict
from roadworthy.modelling.online_model import open_online_model
from roadworthy.serving.opened import Opened, OpenedModel, Wanted
from roadworthy.telemetry.opening import open_recorder
from roadworthy.telemetry.pseudonyms import Pseudonymiser
from roadworthy.telemetry.reading import Window, read_events, read_scores
from roadworthy.tools.keyed_digest import KeyedDigest
from tasks.night_labels import judge_labels

MODEL = "flight-delay"
ROW = {"carrier": "AA", "distance": 1234.5678, "wind": None}


class Served:
    """What a gateway left behind that predicted 120 rows, and refused some requests."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, MemoryStore()
        self.bundle = make_small_bundle(folder)
        put_in_production(self.store, MODEL, 1)
        self.since = datetime.now(UTC) - timedelta(minutes=1)
        services = small_services(self.store, self.open, recorder=open_recorder(folder, self.store))
        with running_gateway(services) as gateway:
            url = f"{gateway.url}/v1/capabilities/{MODEL}/predict"
            rows = [ROW | {"distance": 100.0 + place} for place in range(120)]
            self.keys = [f"AA {place}" for place in range(120)]
            self.said = httpx.post(url, json={"records": rows, "keys": self.keys})
            wrong = (["a"], None, ["a"] * 119 + [7], [""] * 120)
            self.refused = [httpx.post(url, json={"records": rows, "keys": keys}) for keys in wrong]
        self.until = datetime.now(UTC) + timedelta(minutes=1)

    def open(self, wanted: Wanted, tools_off: object) -> Opened:
        """See `OpenRelease`."""
        model = open_online_model(self.bundle)
        return OpenedModel(small_capability(), model, model.close)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """One gateway for all tests."""
    return Served(tmp_path_factory.mktemp("served"))


def test_scores_are_kept_and_no_content(served: Served) -> None:
    """Without any policy for contents: each row's score in its order, the keys as digests, and none in events."""
    scores = read_scores(served.store, Window(served.since, served.until), MODEL)
    assert scores["id"].to_pylist() == [served.said.headers["x-request-id"]]
    assert scores["scores"].to_pylist() == [[one["score"] for one in served.said.json()["predictions"]]]
    assert len(set(scores["keys"].to_pylist()[0])) == 120
    content = b"".join(served.store.read(key) for key in served.store.keys("telemetry/"))
    assert b"AA 7" not in content
    assert "scores" not in read_events(served.store, Window(served.since, served.until)).column_names


def test_keys_that_do_not_fit_are_refused_by_place(served: Served) -> None:
    """Too few, none, a number, an empty text."""
    assert [one.status_code for one in served.refused] == [422] * 4
    places = [one.json()["errors"][0]["pointer"] for one in served.refused]
    assert places == ["/keys", "/keys", "/keys/119", "/keys/0"]


def test_labels_by_key_measure_the_night(served: Served) -> None:
    """They are added a day later by key, then corrected by request and row; the night counts what is right."""
    later = datetime.now(UTC) + timedelta(days=1)
    digest_of = Pseudonymiser(KeyedDigest(KEY)).of_key
    desk = LabelDesk(served.store, digest_of=digest_of, clock=lambda: later)
    rows = [(key, place % 2) for place, key in enumerate(served.keys)]
    found = desk.add(
        MODEL, labels_file(served.folder / "keys.csv", rows, "flight late"), OutcomeColumns("late", key="flight")
    )
    assert found.counts == {LabelVerdict.ADDED: 120}
    again = replace(desk, clock=lambda: later + timedelta(hours=1))
    file = labels_file(served.folder / "rows.csv", [(served.said.headers["x-request-id"], 0, 1)])
    assert again.add(MODEL, file).counts == {LabelVerdict.CORRECTED: 1}
    report = judge_labels(served.store, MODEL, served.until.date()).report
    assert (report.state, report.corrected) == (LabelState.MEASURED, 1)
    (night,) = report.nights
    assert (night.rows, night.labelled, night.release) == (120, 120, 1)
