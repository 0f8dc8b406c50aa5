"""What the tests of providers share: a real model in this process, and one behind a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.language_model_server import running_language_model_server
from servers.small_language_model import SHA256

from roadworthy.providers.embedded import EmbeddedProvider


@pytest.fixture(scope="session")
def embedded(small_language_model: Path) -> Iterator[EmbeddedProvider]:
    """The small model, loaded once for all tests."""
    provider = EmbeddedProvider(small_language_model, SHA256, name="smollm2", context_tokens=1024)
    yield provider
    asyncio.run(provider.close())


@pytest.fixture(scope="session")
def language_model_server(small_language_model: Path) -> Iterator[str]:
    """The base URL of a server with the small model."""
    with running_language_model_server(small_language_model) as base_url:
        yield base_url
