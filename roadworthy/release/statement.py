"""The form of a manifest: an in-toto statement with SLSA's provenance, as closed and frozen values.

Sources: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
https://slsa.dev/spec/v1.0/provenance.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    JsonValue,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)
from pydantic.alias_generators import to_camel

MANIFEST = "manifest.json"
"""The manifest's name in a bundle, beside the files that it lists."""

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:roadworthy:release:v1"
BUILDER = "urn:roadworthy:builder:v1"

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Commit = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if str(path) != name or path.is_absolute() or not path.parts or ".." in path.parts or {"\\", "\0"} & set(name):
        raise ValueError(f"'{name}' is not the path of a file inside the bundle")
    if name == MANIFEST:
        raise ValueError(f"'{name}' is the manifest's own name")
    return name


FileName = Annotated[str, AfterValidator(_inside)]


class Part(BaseModel):
    """A part of the statement: frozen, closed, named in Python's way here and in in-toto's way in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel, validate_by_name=True)

    @model_serializer(mode="wrap")
    def _leave_out_none(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in serialise(self).items() if value is not None}


class FileDigest(Part):
    """The digest of a file, or of a folder's files."""

    sha256: Sha256


class CommitDigest(Part):
    """The digest of a commit."""

    git_commit: Commit


class BundleFile(Part):
    """A file of the bundle: a subject of the statement."""

    name: FileName
    digest: FileDigest


class Annotations(Part):
    """What else is known of a dependency."""

    rows: int | None = None
    """Of a source: how many rows its table has."""
    clean: bool | None = None
    """Of the code: whether the work tree held just what is committed."""
    changed_files: tuple[str, ...] | None = None
    """Of the code: what was changed and not committed."""
    drift: tuple[str, ...] | None = None
    """Of the environment: where the installed packages were not the lock's."""


class Dependency(Part):
    """Something that the release was built from."""

    name: str
    uri: str | None = None
    digest: FileDigest | CommitDigest
    annotations: Annotations | None = None


class ExternalParameters(Part):
    """What people chose."""

    capability: str
    kind: str
    parameters: dict[str, JsonValue]
    """The capability's whole section of params.yaml."""


class BuildDefinition(Part):
    """From what it was built, with which parameters."""

    build_type: Literal["urn:roadworthy:release:v1"] = BUILD_TYPE
    external_parameters: ExternalParameters
    resolved_dependencies: tuple[Dependency, ...]


class Builder(Part):
    """What built it."""

    id: str = BUILDER


class RunDetails(Part):
    """How it was built. No clock: equal inputs give equal manifests; the ledger knows when."""

    builder: Builder = Builder()


class Provenance(Part):
    """SLSA's provenance."""

    build_definition: BuildDefinition
    run_details: RunDetails = RunDetails()
