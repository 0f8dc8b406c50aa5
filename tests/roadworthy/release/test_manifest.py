"""The manifest: a valid in-toto statement, one sequence of bytes, and nothing in it that nobody meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as some
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import resource_descriptor_pb2, statement_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from release_samples import CODE, make_bundle, manifest_of

from roadworthy.canonical import readable_json
from roadworthy.digest import digest_bytes, digest_files
from roadworthy.errors import IntegrityError
from roadworthy.release.code import CodeIdentity
from roadworthy.release.manifest import Manifest, Source, build_manifest

SHA256 = some.binary(max_size=3).map(digest_bytes)
WORDS = some.text(some.characters(exclude_categories=["Cs"]), max_size=8)
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
NAMES = some.lists(some.sampled_from(["a", "b c", "é", "-", "..."]), min_size=1, max_size=3).map("/".join)
SOURCES = some.builds(Source, table=WORDS, uri=WORDS, sha256=SHA256, rows=some.none() | some.integers(0))
CODES = some.builds(
    CodeIdentity,
    commit=some.none() | SHA256 | SHA256.map(lambda digest: digest[:40]),
    clean=some.booleans(),
    changed_files=some.lists(WORDS, max_size=2).map(tuple),
    tree=SHA256,
    reason=some.none(),
)
MANIFESTS = some.builds(
    build_manifest,
    capability=WORDS,
    kind=WORDS,
    parameters=some.dictionaries(WORDS, JSON, max_size=4),
    files=some.dictionaries(NAMES, SHA256, min_size=1, max_size=4),
    sources=some.lists(SOURCES, max_size=3, unique_by=lambda source: source.table).map(tuple),
    code=CODES,
    environment=SHA256,
)


@settings(deadline=None)
@given(MANIFESTS)
def test_reading_gives_back_what_was_written(manifest: Manifest) -> None:
    """Any manifest survives its bytes, and its bytes survive reading."""
    again = Manifest.from_bytes(manifest.to_bytes())
    assert again == manifest
    assert again.digest == manifest.digest == digest_bytes(manifest.to_bytes())


@settings(deadline=None)
@given(MANIFESTS)
def test_it_is_a_valid_statement_with_provenance(manifest: Manifest) -> None:
    """in-toto's own types take every manifest without an unknown field, and find nothing missing."""
    content = json.loads(manifest.to_bytes())
    statement = json_format.ParseDict(content, statement_pb2.Statement())
    Statement.copy_from_pb(statement).validate()
    json_format.ParseDict(content["predicate"], provenance_pb2.Provenance())
    for item in content["predicate"]["buildDefinition"]["resolvedDependencies"]:
        descriptor = json_format.ParseDict(item, resource_descriptor_pb2.ResourceDescriptor())
        ResourceDescriptor.copy_from_pb(descriptor).validate()


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    """Files, parameters, sources, code and environment can be read from the manifest as they were given."""
    folder = make_bundle(tmp_path)
    code = CodeIdentity("c" * 40, False, ("tasks/train.py",), digest_bytes(b"tree"))
    manifest = Manifest.from_bytes(manifest_of(folder, code).to_bytes())
    assert manifest.files == digest_files(folder)
    assert (manifest.capability, manifest.kind) == ("flight-delay", "model")
    assert manifest.parameters == {"train": {"seed": 3, "rate": 0.1, "nothing": None}}
    assert [(source.table, source.rows) for source in manifest.sources] == [("flights", 7), ("weather", None)]
    assert (manifest.code, manifest.commit) == (code, "c" * 40)
    assert manifest.environment == digest_bytes(b"lock")


def test_every_difference_is_another_release(tmp_path: Path) -> None:
    """The same release has the same digest; another parameter, file or commit gives another one."""
    folder = make_bundle(tmp_path)
    first = manifest_of(folder)
    others = [
        manifest_of(folder, more=1),
        manifest_of(folder, CodeIdentity("d" * 40, CODE.clean, CODE.changed_files, CODE.tree)),
        manifest_of(folder, CodeIdentity(None, False, (), CODE.tree)),
    ]
    (folder / "empty").write_bytes(b"full")
    others.append(manifest_of(folder))
    assert len({first.digest, *(other.digest for other in others)}) == 5
    (folder / "empty").write_bytes(b"")
    assert manifest_of(folder).digest == first.digest


def without(path: str) -> Any:
    """Return a change that removes the field at `path`."""

    def change(content: Any) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            content = content[int(parent) if parent.isdigit() else parent]
        del content[last]

    return change


def with_value(path: str, value: object) -> Any:
    """Return a change that sets the field at `path`."""

    def change(content: Any) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            content = content[int(parent) if parent.isdigit() else parent]
        content[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without("predicate.buildDefinition"), "predicate.buildDefinition"),
        (without("subject.0.digest.sha256"), "subject.0.digest.sha256"),
        (with_value("subject.0.digest.sha256", "ABC"), "subject.0.digest.sha256"),
        (with_value("subject.0.name", "../outside"), "subject.0.name"),
        (with_value("subject.0.name", "/etc/passwd"), "subject.0.name"),
        (with_value("subject.0.name", "a//b"), "subject.0.name"),
        (with_value("subject.0.name", ""), "subject.0.name"),
        (with_value("subject.0.name", "manifest.json"), "subject.0.name"),
        (with_value("subject.0.name", "zzz"), "sorted"),
        (with_value("subject", []), "subject"),
        (with_value("_type", "https://in-toto.io/Statement/v0.1"), "_type"),
        (with_value("predicateType", "https://slsa.dev/provenance/v0.2"), "predicateType"),
        (with_value("predicate.runDetails.metadata", {}), "predicate.runDetails.metadata"),
        (with_value("predicate.buildDefinition.resolvedDependencies", []), "requirements.lock"),
    ],
)
def test_a_wrong_field_is_named(change: Any, named: str, tmp_path: Path) -> None:
    """A field that is missing, unknown or wrong makes an integrity error with its path."""
    content = json.loads(manifest_of(make_bundle(tmp_path)).to_bytes())
    change(content)
    with pytest.raises(IntegrityError) as caught:
        Manifest.from_bytes(readable_json(content))
    assert named in str(caught.value)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff", b"null"])
def test_what_is_no_manifest_is_an_integrity_error(damage: bytes) -> None:
    """Bytes that are not JSON, or JSON that is no statement."""
    with pytest.raises(IntegrityError, match="can't be trusted"):
        Manifest.from_bytes(damage)


def test_another_spelling_of_the_same_manifest_is_refused(tmp_path: Path) -> None:
    """A manifest has one form: spaces, order and doubled keys can't hide anything."""
    content = manifest_of(make_bundle(tmp_path)).to_bytes()
    for spelling in (content + b"\n", content.replace(b'{\n  "_type"', b'{\n  "_type": "x",\n  "_type"', 1)):
        with pytest.raises(IntegrityError, match="one form"):
            Manifest.from_bytes(spelling)


def test_what_json_cannot_hold_is_no_parameter(tmp_path: Path) -> None:
    """NaN never gets into a manifest."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        manifest_of(make_bundle(tmp_path), rate=float("nan"))
