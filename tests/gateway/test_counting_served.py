"""The gateway counts what it predicted, and that alone: when it has ended, the counts are in the store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from fakes.gateway_services import small_services
from fakes.memory_store import MemoryStore
from fakes.served_releases import digest_of, put_in_production
from fakes.small_bundle import make_small_bundle, small_capability
from servers.gateway import running_gateway

from roadworthy.drift.profile.categorical import CategoricalProfile
from roadworthy.drift.reference import LAYOUT, read_layout
from roadworthy.drift.served.counter import ServedCounter
from roadworthy.drift.served.counting import RowCounter
from roadworthy.drift.served.sealing import CountedDay, read_counts, seal_counts
from roadworthy.modelling.online_model import open_online_model
from roadworthy.serving.opened import Opened, OpenedModel, Wanted

MODEL = "flight-delay"


class Releases:
    """A small trained model, with its reference or without one."""

    def __init__(self, bundle: Path, with_reference: bool) -> None:
        self.bundle, self.with_reference = bundle, with_reference

    def __call__(self, wanted: Wanted, tools_off: Any) -> Opened:
        """See `OpenRelease`."""
        model = open_online_model(self.bundle)
        layout = read_layout((self.bundle / LAYOUT).read_bytes())
        counter = RowCounter(layout, model.schema) if self.with_reference else None
        return OpenedModel(small_capability(), model, model.close, counter)


def counted_after(folder: Path, with_reference: bool = True) -> CountedDay:
    """Have a gateway predict 30 rows and refuse 30 others; return what was counted of both."""
    store, open_ = MemoryStore(), folder / "open"
    put_in_production(store, MODEL, 1)
    counting = ServedCounter(open_, lambda: seal_counts(open_, store), every=3600)
    before = datetime.now(UTC).date()
    services = small_services(store, Releases(make_small_bundle(folder), with_reference), counting=counting)
    with running_gateway(services) as gateway:
        url = f"{gateway.url}/v1/capabilities/{MODEL}/predict"
        row = {"carrier": "AA", "distance": 1234.5678, "wind": None}
        said = [httpx.post(url, json={"records": [row] * 30}), httpx.post(url, json={"records": [row, {}] * 15})]
    assert [one.status_code for one in said] == [200, 422]
    days = {before, datetime.now(UTC).date()}
    found = (read_counts(store, day) for day in sorted(days))
    return next((one for one in found if one.parts), CountedDay((), 0))


def test_predicted_rows_are_counted_and_refused_ones_are_not(tmp_path: Path) -> None:
    """By release, with scores, when the gateway has ended."""
    (day,) = counted_after(tmp_path).parts
    assert (day.capability, day.release, day.digest, day.rows) == (MODEL, 1, digest_of(MODEL, 1), 30)
    assert day.profile is not None
    carrier, wind = day.profile.columns["carrier"], day.profile.columns["wind"]
    assert isinstance(carrier, CategoricalProfile)
    assert sorted(carrier.listed) == [0, 0, 30]
    assert (wind.rows, wind.usable) == (30, 0)
    assert day.scores is not None
    assert day.scores.usable == 30


def test_a_release_without_a_reference_is_served_and_not_counted(tmp_path: Path) -> None:
    """Releases that were made before go on as they did."""
    assert counted_after(tmp_path, with_reference=False) == CountedDay((), 0)
