"""What an assistant can do, can't do and must ask a person for: a policy file, checked as it is loaded."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from roadworthy.errors import ParamsError
from roadworthy.guardrails.many_sieves import ManySieves
from roadworthy.guardrails.needed_words import fold

Words = Annotated[str, Field(min_length=1)]
"""A text for people; never empty."""


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, Field(min_length=3), AfterValidator(_compiles)]
"""A regular expression; case does not matter."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ability(_Section):
    """Something that the assistant does."""

    name: Words
    description: Words
    examples: tuple[Words, ...] = ()
    """Questions that must never be refused by this policy."""


class Refusal(_Section):
    """Something that the assistant does not do, and what it says instead."""

    name: Words
    description: Words
    patterns: tuple[Pattern, ...] = ()
    """Of what the user writes."""
    output_patterns: tuple[Pattern, ...] = ()
    """Of what the assistant is about to say."""
    examples: tuple[Words, ...] = Field(min_length=1)
    """Questions or answers that this must catch."""
    refusal: Words

    @model_validator(mode="after")
    def _catches_its_examples(self) -> Self:
        for example in self.examples:
            if not matches((*self.patterns, *self.output_patterns), example):
                raise ValueError(f"no pattern of {self.name!r} matches its example {example!r}")
        return self


class Topic(_Section):
    """A topic on which an answer needs a safe sentence."""

    patterns: tuple[Pattern, ...] = Field(min_length=1)
    sentence: Words


TopicName = Literal["medical", "legal", "financial"]


class Policy(_Section):
    """A capability's policy."""

    capability: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    can: tuple[Ability, ...] = Field(min_length=1)
    cannot: tuple[Refusal, ...] = ()
    must_confirm: tuple[Words, ...] = ()
    """The names of the tools that a person has to approve, call by call."""
    topics: dict[TopicName, Topic] = {}
    escalation: Words
    """How to reach a person."""
    unknown: Words
    """What to say when the documents don't tell."""
    safe_template: Words
    """What to say when nothing else may be said: a provider that is down, or the switch for it."""

    @model_validator(mode="after")
    def _refuses_nothing_that_it_can(self) -> Self:
        for ability in self.can:
            for example in ability.examples:
                found = self.refusal_of(example, "patterns")
                if found:
                    raise ValueError(f"{found.name!r} refuses what {ability.name!r} can do: {example!r}")
        return self

    def refusal_of(self, text: str, side: Literal["patterns", "output_patterns"]) -> Refusal | None:
        """Return the first thing that `text` asks for, or says, and that is not to be done."""
        patterns = tuple((number, one) for number, rule in enumerate(self.cannot) for one in getattr(rule, side))
        number = _first(patterns, text)
        return None if number is None else self.cannot[number]


def matches(patterns: tuple[str, ...], text: str) -> bool:
    """Tell whether any of `patterns` stands in `text`."""
    return _first(tuple((0, pattern) for pattern in patterns), text) is not None


def _first(patterns: tuple[tuple[int, str], ...], text: str) -> int | None:
    """Return the number of the first pattern that stands in `text`."""
    return next((number for number, one in _sieved(patterns).passing(fold(text)) if one.search(text)), None)


@lru_cache(maxsize=256)
def _sieved(patterns: tuple[tuple[int, str], ...]) -> ManySieves[int]:
    return ManySieves((number, re.compile(pattern, re.IGNORECASE)) for number, pattern in patterns)


def load_policy(path: Path) -> Policy:
    """Read a policy. Raises `ParamsError` with the file, the field and the remedy."""
    # Late imports: start-up time.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ParamsError(
            f"the policy {path.name} can't be read: {type(error).__name__}",
            where=f"{path.name}: {error}",
            remedy="mend the file: YAML 1.2 in UTF-8",
        ) from None
    try:
        return Policy.model_validate(content)
    except ValidationError as error:
        raise _explained(error, path.name) from None


def _explained(error: ValidationError, source: str) -> ParamsError:
    lines = [
        f"{source}: {'.'.join(map(str, one['loc'])) or 'the whole file'}: {one['msg']}"
        for one in error.errors(include_url=False)
    ]
    return ParamsError(
        f"{source} has {len(lines)} wrong key{'s' * (len(lines) > 1)} or value{'s' * (len(lines) > 1)}",
        where="\n          ".join(lines),
        remedy=f"a policy has the keys {', '.join(Policy.model_fields)}, and no others",
    )
