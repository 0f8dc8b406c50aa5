"""A release's manifest: what was built, from what, and how; its bytes' digest is the release's digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, ValidationError, model_validator

from roadworthy.canonical import readable_json
from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError
from roadworthy.release.code import CodeIdentity
from roadworthy.release.statement import (
    MANIFEST,
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    Annotations,
    BuildDefinition,
    BundleFile,
    CommitDigest,
    Dependency,
    ExternalParameters,
    FileDigest,
    Part,
    Provenance,
    Sha256,
)

ENVIRONMENT = "requirements.lock"
"""The environment's lock, by its name in a bundle and among the dependencies."""

_COMMIT = "code"
_TREE = "code-files"
_SOURCE = "source:"


class Source(Part):
    """A table that the release was made from."""

    table: str
    uri: str
    sha256: Sha256
    rows: int | None = None


class Manifest(Part):
    """An in-toto statement about a bundle."""

    type_: Literal["https://in-toto.io/Statement/v1"] = Field(default=STATEMENT_TYPE, alias="_type")
    subject: tuple[BundleFile, ...] = Field(min_length=1)
    predicate_type: Literal["https://slsa.dev/provenance/v1"] = PREDICATE_TYPE
    predicate: Provenance

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for what, names in (
            ("subject", [file.name for file in self.subject]),
            ("resolvedDependencies", [item.name for item in self._dependencies]),
        ):
            if names != sorted(set(names)):
                raise ValueError(f"the names in {what} must be sorted, each once")
        for name in (ENVIRONMENT, _TREE):
            self._sha256(name)
        return self

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote; raises `IntegrityError` that names what is wrong."""
        try:
            manifest = cls.model_validate_json(content)
            rewritten = manifest.to_bytes()
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise _unreadable(str(first["msg"]), field) from error
        except ValueError as error:
            raise _unreadable(str(error)) from error
        if rewritten != content:
            raise _unreadable("it is not in the one form in which manifests are written")
        return manifest

    def to_bytes(self) -> bytes:
        """Return the manifest as JSON for people; equal manifests give equal bytes."""
        # None is left out by each part, never inside of the parameters.
        return readable_json(self.model_dump(mode="json", by_alias=True))

    @property
    def digest(self) -> str:
        """The release's digest."""
        return digest_bytes(self.to_bytes())

    @property
    def files(self) -> dict[str, str]:
        """Map each file of the bundle, except the manifest itself, to its SHA-256."""
        return {file.name: file.digest.sha256 for file in self.subject}

    @property
    def capability(self) -> str:
        """The capability's name."""
        return self._chosen.capability

    @property
    def kind(self) -> str:
        """The capability's kind."""
        return self._chosen.kind

    @property
    def parameters(self) -> dict[str, JsonValue]:
        """The capability's section of params.yaml."""
        return self._chosen.parameters

    @property
    def sources(self) -> tuple[Source, ...]:
        """The tables that the release was made from, by name."""
        return tuple(_source(item) for item in self._dependencies if item.name.startswith(_SOURCE))

    @property
    def environment(self) -> str:
        """The SHA-256 of the environment's lock."""
        return self._sha256(ENVIRONMENT)

    @property
    def drift(self) -> tuple[str, ...]:
        """Where the installed packages were not the lock's, for people; such a release stays a candidate."""
        annotations = self._named(ENVIRONMENT).annotations or Annotations()
        return annotations.drift or ()

    @property
    def code(self) -> CodeIdentity:
        """The code that made the release."""
        annotations = self._named(_TREE).annotations or Annotations()
        return CodeIdentity(
            commit=self.commit,
            clean=annotations.clean or False,
            changed_files=annotations.changed_files or (),
            tree=self._sha256(_TREE),
        )

    @property
    def commit(self) -> str | None:
        """The last commit that touched the code; None outside of Git."""
        for item in self._dependencies:
            if item.name == _COMMIT and isinstance(item.digest, CommitDigest):
                return item.digest.git_commit
        return None

    @property
    def _chosen(self) -> ExternalParameters:
        return self.predicate.build_definition.external_parameters

    @property
    def _dependencies(self) -> tuple[Dependency, ...]:
        return self.predicate.build_definition.resolved_dependencies

    def _named(self, name: str) -> Dependency:
        for item in self._dependencies:
            if item.name == name:
                return item
        raise ValueError(f"resolvedDependencies lack '{name}'")

    def _sha256(self, name: str) -> str:
        digest = self._named(name).digest
        if isinstance(digest, CommitDigest):
            raise ValueError(f"the digest of '{name}' must be a sha256")
        return digest.sha256


def build_manifest(
    *,
    capability: str,
    kind: str,
    parameters: Mapping[str, Any],
    files: Mapping[str, str],
    sources: tuple[Source, ...],
    code: CodeIdentity,
    environment: str,
    drift: tuple[str, ...] = (),
) -> Manifest:
    """Return the manifest of a bundle.

    `files` maps each file of the bundle to its SHA-256 (see `digest_files`), `parameters` is the capability's
    section as JSON values, `environment` the SHA-256 of its lock and `drift` where the installed packages differ
    from that. Raises `ValueError` for what can't be JSON.
    """
    definition = BuildDefinition(
        external_parameters=ExternalParameters(
            capability=capability, kind=kind, parameters=json.loads(readable_json(dict(parameters)))
        ),
        resolved_dependencies=_dependencies(sources, code, _locked(environment, drift)),
    )
    return Manifest(
        subject=tuple(BundleFile(name=name, digest=FileDigest(sha256=files[name])) for name in sorted(files)),
        predicate=Provenance(build_definition=definition),
    )


def _locked(environment: str, drift: tuple[str, ...]) -> Dependency:
    annotations = Annotations(drift=drift) if drift else None
    return Dependency(name=ENVIRONMENT, digest=FileDigest(sha256=environment), annotations=annotations)


def _dependencies(sources: tuple[Source, ...], code: CodeIdentity, locked: Dependency) -> tuple[Dependency, ...]:
    annotations = Annotations(clean=code.clean, changed_files=code.changed_files)
    found = [
        locked,
        Dependency(name=_TREE, digest=FileDigest(sha256=code.tree), annotations=annotations),
        *(_dependency(source) for source in sources),
    ]
    if code.commit:
        found.append(Dependency(name=_COMMIT, digest=CommitDigest(git_commit=code.commit)))
    return tuple(sorted(found, key=lambda item: item.name))


def _dependency(source: Source) -> Dependency:
    return Dependency(
        name=_SOURCE + source.table,
        uri=source.uri,
        digest=FileDigest(sha256=source.sha256),
        annotations=None if source.rows is None else Annotations(rows=source.rows),
    )


def _source(item: Dependency) -> Source:
    digest = item.digest.sha256 if isinstance(item.digest, FileDigest) else ""
    rows = item.annotations.rows if item.annotations else None
    return Source(table=item.name.removeprefix(_SOURCE), uri=item.uri or "", sha256=digest, rows=rows)


def _unreadable(problem: str, field: str | None = None) -> IntegrityError:
    return IntegrityError(
        f"The manifest can't be trusted: {problem}.",
        where=f"{MANIFEST}, field {field}" if field else MANIFEST,
        remedy="Fetch the release again; a manifest is never edited.",
    )
