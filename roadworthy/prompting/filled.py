"""What may be told of a prompt that was filled in: digests and sizes, nothing that stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.digest import digest_bytes
from roadworthy.prompting.prompt import Prompt
from roadworthy.providers.interface import Message


@dataclass(frozen=True)
class FilledPrompt:
    """One prompt that went to the model."""

    name: str
    """The prompt's name, such as bank_helpdesk/answer."""
    version: str
    """The digest of its file."""
    instructions: str
    """The digest of what the model is told to do: its messages of the role `system`, filled in; empty without any."""
    characters: int
    """In all of its messages."""


def filled(prompt: Prompt, messages: Sequence[Message]) -> FilledPrompt:
    """Return what may be told of `prompt`, filled in as `messages`."""
    system = "\n".join(message.content for message in messages if message.role == "system")
    instructions = digest_bytes(system.encode("utf-8", "surrogatepass")) if system else ""
    return FilledPrompt(prompt.name, prompt.version, instructions, sum(len(message.content) for message in messages))
