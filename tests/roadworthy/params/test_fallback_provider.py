"""A second provider is a part like the first; a capability without one is written as before there were any."""

from __future__ import annotations

from typing import Any

from roadworthy.params.assistant import IntegrateParams

FIRST: dict[str, Any] = {"kind": "openai", "base_url": "https://one.example/v1", "model": "a"}
SECOND: dict[str, Any] = {"kind": "openai", "base_url": "https://two.example/v1", "model": "b"}
PARTS: dict[str, Any] = {"provider": FIRST, "prompt": "small/answer", "policy": "policies/small.yaml"}


def test_without_one_nothing_is_written() -> None:
    """So that digests of releases from before stay what they were."""
    written = IntegrateParams.model_validate(PARTS).model_dump(mode="json", by_alias=True)
    assert "fallback_provider" not in written
    assert "tools" in written


def test_with_one_it_goes_into_the_digests() -> None:
    """It comes back as it was."""
    params = IntegrateParams.model_validate({**PARTS, "fallback_provider": SECOND})
    written = params.model_dump(mode="json", by_alias=True)
    assert written["fallback_provider"]["model"] == "b"
    assert IntegrateParams.model_validate(written) == params
