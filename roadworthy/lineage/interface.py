"""The values that lineage is made of, and what a sink of them does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes


class Value(BaseModel):
    """A frozen, closed value that survives a round trip through JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Field(Value):
    """One column of a table."""

    name: str
    type: str


class Artifact(Value):
    """Bytes that a step read or wrote."""

    name: str
    """Path relative to the root with forward slashes, or a URI for what lies elsewhere."""
    digest: str
    """SHA-256, in hexadecimal digits."""
    size: int | None = None
    """In bytes; None for what was never fetched whole."""
    rows: int | None = None
    """None unless the file is a table."""
    fields: tuple[Field, ...] | None = None
    """None unless the file is a table."""


class Expectation(Value):
    """One expectation about a table, and whether it held."""

    expectation: str
    column: str | None = None
    severity: str = ""
    success: bool


class TableValidation(Value):
    """What validation said about one table."""

    table: str
    rows: int | None = None
    quarantined: int | None = None
    expectations: tuple[Expectation, ...] = ()


class StepStart(Value):
    """A step that is about to run: all that it will read, digested before."""

    run_id: str
    """A UUID."""
    step: str
    capability: str
    started: AwareDatetime
    inputs: tuple[Artifact, ...] = ()
    code: tuple[Artifact, ...] = ()
    parameters: dict[str, Any]
    """A JSON object, with the passwords in its URIs masked."""
    parameters_digest: str
    """SHA-256 of `parameters` as they stand here, in RFC 8785's form."""
    parent_run: str | None = None
    """The UUID of the run that asked for this one."""

    @property
    def job(self) -> str:
        """The name that all runs of this step share."""
        return f"{self.capability}.{self.step}"

    @property
    def code_digest(self) -> str:
        """One digest over the names and digests of all code."""
        return digest_bytes(canonical_json({module.name: module.digest for module in self.code}))


class StepRecord(StepStart):
    """A step that ended. A file that changed meanwhile is in neither `inputs` nor `code`."""

    ended: AwareDatetime
    outcome: Literal["complete", "fail"]
    reason: str | None = None
    """Why it failed."""
    outputs: tuple[Artifact, ...] = ()
    """Empty when it failed."""
    validation: tuple[TableValidation, ...] = ()
    """For the step that wrote a validation.json."""

    @property
    def seconds(self) -> float:
        """How long it ran."""
        return (self.ended - self.started).total_seconds()


@dataclass(frozen=True)
class StepCall:
    """What is to be recorded about one call of a step."""

    step: str
    capability: str
    root: Path
    """Artifacts are named relative to this folder."""
    inputs: tuple[Path, ...]
    """Files and folders that the step reads."""
    code: tuple[Path, ...]
    outputs: tuple[Path, ...]
    """Files and folders that must be there after it."""
    parameters: dict[str, Any]
    """A JSON object: the step's own section."""
    parent_run: str | None = None
    pinned: tuple[Artifact, ...] = ()
    """Inputs that are no files here; the step itself holds them against these digests."""


class Sink(Protocol):
    """Keeps what happened. An error that it raises fails the step."""

    def start(self, start: StepStart) -> None:
        """Keep that a step is about to run."""

    def end(self, record: StepRecord) -> None:
        """Keep what became of it."""
