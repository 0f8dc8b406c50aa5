"""A prompt: a Markdown file with front matter, checked when it is read, and rendered into messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from roadworthy.digest import digest_bytes
from roadworthy.errors import DataError
from roadworthy.prompting.front_matter import FrontMatter
from roadworthy.providers.interface import Message, Role, Sampling

if TYPE_CHECKING:
    from jinja2 import Template

LARGEST_MESSAGE = 200_000
"""In characters; what is longer fits no model's context and is a mistake."""


@dataclass(frozen=True)
class Part:
    """One message of a prompt, before its variables are filled in."""

    role: Role
    template: Template


@dataclass(frozen=True)
class Prompt:
    """A prompt that was read and checked: every variable that it uses is declared, and every declared one used."""

    name: str
    """Its path below prompts/ without the ending, such as bank_helpdesk/answer."""
    source: str
    """The file's text."""
    front_matter: FrontMatter
    parts: tuple[Part, ...]

    @cached_property
    def version(self) -> str:
        """The SHA-256 of the file: what the prompt is called in manifests, caches and registries."""
        return digest_bytes(self.source.encode())

    @property
    def sampling(self) -> Sampling:
        """How the model's tokens are drawn for this prompt."""
        return self.front_matter.model.sampling

    def render(self, values: Mapping[str, Any]) -> tuple[Message, ...]:
        """Return the messages with the variables filled in.

        Raises `DataError` for a variable that is missing, unknown or of another type, and for a message that is too
        long. What the values hold stays text: it is never read as a template, nor as the border of a message.
        """
        from jinja2 import TemplateError

        self._check(values)
        try:
            rendered = [Message(part.role, part.template.render(values).strip()) for part in self.parts]
        except (TemplateError, TypeError, ValueError, OverflowError) as error:
            raise self._wrong(f"the prompt can't be filled in: {error}", "correct the template") from None
        for message in rendered:
            if len(message.content) > LARGEST_MESSAGE:
                raise self._wrong(f"the {message.role} message has {len(message.content):,} characters", "shorten it")
        return tuple(rendered)

    def _check(self, values: Mapping[str, Any]) -> None:
        declared = self.front_matter.variables
        for name in sorted(set(declared) ^ set(values)):
            problem = "is not declared" if name in values else "has no value"
            raise self._wrong(f"the variable {name!r} {problem}", f"declared are: {', '.join(declared) or 'none'}")
        for name, variable in declared.items():
            if not variable.accepts(values[name]):
                kind = type(values[name]).__name__
                raise self._wrong(f"the variable {name!r} is a {kind}, not a {variable.type}", "give the declared type")

    def _wrong(self, problem: str, remedy: str) -> DataError:
        return DataError(problem, where=f"prompts/{self.name}.md", remedy=remedy)
