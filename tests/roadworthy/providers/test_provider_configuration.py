"""configuration: a section of params.yaml becomes a provider, or says what is wrong before anything is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from provider_samples import CAPITAL, asking, completed
from pydantic import TypeAdapter, ValidationError
from servers import misbehaving_endpoint as endpoint
from servers.misbehaving_endpoint import running_endpoint
from servers.small_language_model import SHA256, URI

from roadworthy.errors import ParamsError
from roadworthy.providers.configuration import ProviderConfiguration, open_provider

READ: TypeAdapter[Any] = TypeAdapter(ProviderConfiguration)

OPENAI = {"kind": "openai", "base_url": "https://models.example/v1", "model": "m", "key_variable": "MODEL_KEY"}
EMBEDDED = {"kind": "embedded", "model": "m", "weights": [{"uri": URI, "sha256": SHA256}], "sha256": SHA256}


def refusal(section: dict[str, Any]) -> str:
    """What a wrong section is told."""
    with pytest.raises(ValidationError) as caught:
        READ.validate_python(section)
    return str(caught.value)


def test_an_endpoint_is_opened_with_its_key_limits_and_cache(tmp_path: Path) -> None:
    """The key comes from the variable that is named; attempts are made; answers are kept."""
    with running_endpoint([endpoint.broken, endpoint.well]) as server:
        section = OPENAI | {"base_url": server.base_url + "/", "limits": {"wait_seconds": 0.001}}
        configuration = READ.validate_python(section)
        first, second = (open_provider(configuration, None, {"MODEL_KEY": " k1 "}, tmp_path) for _ in range(2))
        assert completed(first, asking(CAPITAL)).text == endpoint.TEXT
        assert completed(second, asking(CAPITAL)).cached
        assert [asked.authorization for asked in server.asked] == ["Bearer k1"] * 2
    assert first.identity == {"kind": "openai", "base_url": server.base_url, "model": "m"}


def test_a_missing_key_is_said_before_anything_is_asked() -> None:
    """The error names the variable, and how to do without."""
    for environment in ({}, {"MODEL_KEY": " "}):
        with pytest.raises(ParamsError) as caught:
            open_provider(READ.validate_python(OPENAI), None, environment)
        assert "MODEL_KEY" in caught.value.problem
        assert "null" in (caught.value.remedy or "")


def test_an_endpoint_may_need_no_key() -> None:
    """With key_variable null, nothing of the environment is sent."""
    with running_endpoint([endpoint.well]) as server:
        configuration = READ.validate_python(OPENAI | {"base_url": server.base_url, "key_variable": None})
        completed(open_provider(configuration, None, {"OPENAI_API_KEY": "secret"}), asking(CAPITAL))
        assert "secret" not in str(server.asked[0].authorization)


def test_an_embedded_model_is_opened_without_being_loaded(tmp_path: Path) -> None:
    """A file that is not there is noticed at the first request; the identity is known before."""
    provider = open_provider(READ.validate_python(EMBEDDED), tmp_path / "no such file", {})
    assert provider.identity["sha256"] == SHA256
    with pytest.raises(ParamsError):
        open_provider(READ.validate_python(EMBEDDED), None, {})


def test_what_only_changes_speed_is_not_in_the_identity(tmp_path: Path) -> None:
    """Threads and limits may differ between machines; the context may not."""

    def identity(**changes: Any) -> Any:
        return open_provider(READ.validate_python(EMBEDDED | changes), tmp_path, {}).identity

    assert identity(threads=2, limits={"timeout_seconds": 1}, model="n") == identity()
    assert identity(context_tokens=512) != identity()


def test_one_limit_leaves_the_others_as_they_suit_the_model() -> None:
    """An embedded model still answers one request at a time when only its timeout is set."""
    limits = READ.validate_python(EMBEDDED | {"limits": {"timeout_seconds": 5}}).limits
    assert (limits.timeout_seconds, limits.attempts, limits.concurrency) == (5, 1, 1)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"kind": "other"}, "'openai', 'embedded'"),
        (OPENAI | {"base_url": "models.example"}, "https://"),
        (OPENAI | {"base_url": "https://user:secret@models.example"}, "environment"),
        (OPENAI | {"base_url": "https://models.example/v1?key=secret"}, "environment"),
        (OPENAI | {"modle": "m"}, "modle"),
        (OPENAI | {"limits": {"attempts": 0}}, "attempts"),
        (EMBEDDED | {"weights": []}, "weights"),
        (EMBEDDED | {"sha256": "0" * 64}, "have to be the same"),
        (EMBEDDED | {"sha256": "abc"}, "sha256"),
        (EMBEDDED | {"threads": 0}, "threads"),
    ],
)
def test_a_wrong_section_is_refused(section: dict[str, Any], words: str) -> None:
    """With the field's name."""
    assert words in refusal(section)
