"""A warm provider's first answer loads no library: that would keep the event loop for a fifth of a second."""

from __future__ import annotations

import json
import subprocess
import sys

from servers.misbehaving_endpoint import MODEL, TEXT, running_endpoint, well

FIRST_ANSWER = """
import asyncio, json, sys
from roadworthy.providers.configuration import OpenAIConfiguration, open_provider
from roadworthy.providers.interface import Message, Request

provider = open_provider(OpenAIConfiguration.model_validate_json(sys.argv[1]), None, {})

async def asked():
    completion = await provider.complete(Request((Message("user", "?"),)))
    loaded = set(sys.modules) - before
    await provider.close()
    return completion.text, sorted({name.partition(".")[0] for name in loaded})

provider.warm()
before = set(sys.modules)
print(json.dumps(asyncio.run(asked())))
"""


def test_the_first_answer_of_a_warm_provider_loads_no_library() -> None:
    """In a process that has done nothing else; small parts of Python's own may come late."""
    with running_endpoint([well]) as endpoint:
        configuration = {"kind": "openai", "base_url": endpoint.base_url, "model": MODEL, "key_variable": None}
        command = [sys.executable, "-c", FIRST_ANSWER, json.dumps(configuration)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    text, loaded = json.loads(done.stdout)
    assert text == TEXT
    assert [name for name in loaded if name not in sys.stdlib_module_names] == []
