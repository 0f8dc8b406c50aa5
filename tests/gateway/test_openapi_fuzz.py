"""The gateway fuzzed from its own OpenAPI document: it says nothing that is not in it, and never fails."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from fakes.gateway_services import KEY, ListRecorder, small_services
from fakes.memory_store import MemoryStore
from fakes.served_releases import SmallReleases, put_in_production
from fakes.small_bundle import make_small_bundle, small_capability
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from servers.gateway import RunningGateway, running_gateway

from gateway import app as app_module
from gateway.openapi import openapi_document
from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import KeyTerms
from roadworthy.modelling.online_model import open_online_model
from roadworthy.modelling.online_schema import request_schema
from roadworthy.modelling.schema import Feature, FeatureSchema
from roadworthy.serving.opened import Opened, OpenedModel, Wanted
from roadworthy.telemetry.request_ids import RequestIds

TENANT = "acme"
ASSISTANT, MODEL = "help-desk", "flight-delay"


class Releases(SmallReleases):
    """Small assistants, and a small trained model where its name is asked for."""

    def __init__(self, bundle: Path) -> None:
        super().__init__()
        self.bundle = bundle

    def __call__(self, wanted: Wanted, tools_off: Any) -> Opened:
        """See `OpenRelease`."""
        if wanted.capability != MODEL:
            return super().__call__(wanted, tools_off)
        model = open_online_model(self.bundle)
        return OpenedModel(small_capability(), model, model.close)


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    """A store with both in production."""
    store = MemoryStore()
    for name in (ASSISTANT, MODEL):
        put_in_production(store, name, 1)
    return store


@pytest.fixture(scope="module")
def key(store: MemoryStore) -> str:
    """A key for everything, and often."""
    return KeyStore(store).create(KeyTerms(tenant=TENANT, rate="10000/second"), by="tests").text


@pytest.fixture(scope="module")
def gateway(store: MemoryStore, key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway with an assistant and a trained model."""
    bundle = make_small_bundle(tmp_path_factory.mktemp("small"))
    with running_gateway(small_services(store, Releases(bundle), anonymous=False)) as running:
        yield running


def small_schema() -> FeatureSchema:
    """What the small model takes."""
    features = (
        Feature(name="carrier", kind="categorical", type="VARCHAR"),
        Feature(name="distance", kind="numeric", type="DOUBLE"),
        Feature(name="wind", kind="numeric", type="DOUBLE"),
    )
    return FeatureSchema(features=features, label="late", positive=1)


def document() -> dict[str, Any]:
    """The gateway's document, narrowed to the names that are served: made-up ones would only ever meet 404."""
    narrowed = openapi_document("Roadworthy gateway", "Fuzzed.")
    schemas = narrowed["components"]["schemas"]
    schemas["ChatRequest"]["properties"]["model"] = {"enum": [ASSISTANT]}
    schemas["Feedback"]["properties"]["request"] = {"enum": [RequestIds(KEY).new(TENANT)]}
    schemas["PredictionRequest"] = request_schema(small_schema(), 1000)
    for path in narrowed["paths"].values():
        for parameter in path.get("parameters", ()):
            if parameter["name"] == "name":
                parameter["schema"] = {"enum": [MODEL, ASSISTANT]}
    return narrowed


load_all_checks()
CHECKED = [CHECKS.get_one(name) for name in CHECKS.get_all_names()]
NOT_ALL_SAID = {"/v1/chat/completions", "/v1/capabilities/{name}/predict"}
"""A schema can't say that the last message is the user's and not blank, nor that columns are of equal length."""
schema = schemathesis.openapi.from_dict(document())


@schema.parametrize()
@settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_finds_what_the_document_does_not_say(
    case: schemathesis.Case, gateway: RunningGateway, key: str
) -> None:
    """Whatever is sent: status, media type, headers and body are as the document has them, and none is a failure."""
    case.headers["Authorization"] = f"Bearer {key}"
    response = case.call(base_url=gateway.url, timeout=10)
    but = [CHECKS.get_one("positive_data_acceptance")] if case.path in NOT_ALL_SAID else []
    if fits_after_all(case):
        but.append(CHECKS.get_one("negative_data_rejection"))
    case.validate_response(response, checks=CHECKED, excluded_checks=but)
    assert response.status_code != 500
    if response.status_code >= 400 and case.path != "/readyz":
        assert response.headers["content-type"][0] == "application/problem+json"


def fits_after_all(case: schemathesis.Case) -> bool:
    """Return whether the body that was to be wrong is right: mutations in both halves of an `anyOf` undo each other."""
    named = case.operation.definition.raw.get("requestBody")
    parts = case.meta.components.items() if case.meta else ()
    if not named or {place for place, part in parts if part.mode is GenerationMode.NEGATIVE} != {
        ParameterLocation.BODY
    }:
        return False
    described = named["content"]["application/json"]["schema"]
    whole = {**described, "components": schema.raw_schema["components"]}
    return Draft202012Validator(whole).is_valid(case.body)


def test_each_request_left_one_event(gateway: RunningGateway, key: str) -> None:
    """Also those that were fuzzed; none of them an error."""
    recorder = gateway.services.recorder
    assert isinstance(recorder, ListRecorder)
    ids = [event.id for event in recorder.events]
    assert len(ids) == len(set(ids))
    assert "error" not in {event.ending for event in recorder.events}


def test_the_document_describes_every_path(gateway: RunningGateway) -> None:
    """It is served as it is made, is sound, and each route of the application is in it, but for pages of people."""
    served = httpx.get(f"{gateway.url}/openapi.json").json()
    made = openapi_document(app_module.TITLE, app_module.DESCRIPTION)
    assert served == json.loads(json.dumps(made))
    Draft202012Validator.check_schema({"$defs": served["components"]["schemas"]})
    described = {(path, way.upper()) for path, ways in served["paths"].items() for way in ways if way != "parameters"}
    for path, way in described:
        url = gateway.url + path.replace("{name}", "x").replace("{case}", "x")
        assert httpx.request(way, url).status_code != 405
        assert httpx.request("PATCH", url).headers["allow"] == way
    assert routes(gateway) == {path for path, _ in described}


def routes(gateway: RunningGateway) -> set[str]:
    """The paths of the application's routes, without the pages, which leave themselves out."""
    app = app_module.create_app(gateway.services).app.app  # type: ignore[attr-defined]
    return set(app.openapi()["paths"])


def test_the_documentation_needs_no_other_host(gateway: RunningGateway) -> None:
    """The page's policy lets nothing in from elsewhere, and every file that it names is here."""
    page = httpx.get(f"{gateway.url}/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http:" not in page.text and "https:" not in page.text
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert httpx.get(gateway.url + address).status_code == 200
