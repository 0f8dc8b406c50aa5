"""A trained model as a file: a skops archive in canonical form, so that equal models are equal bytes."""

# Late imports: start-up time.
from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadworthy.atomic import write_bytes
from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes
from roadworthy.errors import IntegrityError, ParamsError

ALLOWED_PACKAGES = ("sklearn",)
"""Packages whose types a model may hold without being named."""

ALLOWED_TYPES = frozenset({"functools.partial", "numpy.dtype"})
"""Further harmless types that scikit-learn's own estimators hold."""

_SCHEMA = "schema.json"


@dataclass(frozen=True)
class ModelFile:
    """A model that was saved."""

    path: Path
    digest: str
    """The SHA-256 of the file."""
    trusted_types: tuple[str, ...]
    """The types in it that skops does not trust by itself, sorted. The bundle names them for `load_model`."""


def save_model(model: object, path: Path, trusted_modules: Collection[str] = ()) -> ModelFile:
    """Save a fitted estimator at `path`; equal models give equal bytes, in any process, once loaded too.

    Types come from scikit-learn or from the packages `trusted_modules`; anything else, or a type that skops
    can't save, raises `ParamsError` and leaves nothing.
    """
    content = canonical_archive(_dumped(model))
    types = _types_to_trust(content)
    foreign = [name for name in types if not _allowed(name, trusted_modules)]
    if foreign:
        raise ParamsError(
            f"The model holds types that nobody trusted: {', '.join(foreign)}.",
            where="train.trusted_modules",
            remedy="Name their package there if you trust it as code, or choose another estimator.",
        )
    write_bytes(path, content)
    return ModelFile(path=path, digest=digest_bytes(content), trusted_types=types)


def load_model(path: Path, trusted_types: Collection[str] = (), trusted_modules: Collection[str] = ()) -> Any:
    """Load the estimator at `path`; nothing is unpickled.

    A type has to be allowed (see above), come from `trusted_modules`, or be named in `trusted_types`. Raises
    `IntegrityError` that names a type which is none of these, or says that the file is damaged.
    """
    import skops.io

    content = _read(path)
    try:
        types = _types_to_trust(content)
        _refuse_unnamed(types, trusted_types, trusted_modules, path)
        return skops.io.loads(content, trusted=list(types))
    except IntegrityError:
        raise
    # The file may be anything; whatever it makes skops raise means that it can't be used.
    except Exception as error:
        raise _damaged(path, error) from error


def canonical_archive(archive: bytes) -> bytes:
    """Return a skops archive without what differs between two dumps of equal models.

    Object ids go, because which equal values are one object is an accident: loaded, each is an object of its
    own. Members are named by their content, sets sorted, the gaps between a record's fields zeroed
    (a tree's nodes have some); order, dates, permissions and compression are fixed.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        schema = json.loads(source.read(_SCHEMA))
        members = {name: _without_padding(name, source.read(name)) for name in source.namelist() if name != _SCHEMA}
    names = {name: digest_bytes(content) + Path(name).suffix for name, content in members.items()}
    text = json.dumps(_canonical_node(schema, names), separators=(",", ":")).encode()
    parts = {names[name]: content for name, content in members.items()}
    return _zipped({_SCHEMA: text} | {name: parts[name] for name in sorted(parts)})


def _canonical_node(node: Any, names: dict[str, str]) -> Any:
    if isinstance(node, list):
        return [_canonical_node(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if not (key == "__id__" and "__class__" in node)}
    result = {key: _canonical_node(value, names) for key, value in kept.items()}
    loader = result.get("__loader__")
    if loader == "SetNode":
        result["content"] = sorted(result["content"], key=canonical_json)
    # Only a node has a loader; a dictionary of the model's own may well have a key "file".
    if loader and isinstance(result.get("file"), str):
        result["file"] = names[result["file"]]
    return result


def _without_padding(name: str, content: bytes) -> bytes:
    import numpy

    if not name.endswith(".npy"):
        return content
    array = numpy.load(io.BytesIO(content), allow_pickle=False)
    if not array.dtype.names:
        return content
    clean = numpy.zeros(array.shape, array.dtype)
    for field in array.dtype.names:
        clean[field] = array[field]
    buffer = io.BytesIO()
    numpy.save(buffer, clean, allow_pickle=False)
    return buffer.getvalue()


def _zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    # Stored, because zlib's output differs between its versions and forks.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            target.writestr(entry, content)
    return buffer.getvalue()


def _dumped(model: object) -> bytes:
    import skops.io
    from skops.io.exceptions import UnsupportedTypeException

    try:
        content: bytes = skops.io.dumps(model)
    except (UnsupportedTypeException, TypeError) as error:
        raise ParamsError(
            f"This estimator can't be saved without pickle: {error}",
            where="train.estimator",
            remedy="Choose an estimator that skops can save, or other arguments.",
        ) from error
    return content


def _types_to_trust(content: bytes) -> tuple[str, ...]:
    import skops.io

    return tuple(skops.io.get_untrusted_types(data=content))


def _allowed(name: str, trusted_modules: Collection[str]) -> bool:
    return name in ALLOWED_TYPES or any(
        name.startswith(f"{package}.") for package in (*ALLOWED_PACKAGES, *trusted_modules)
    )


def _refuse_unnamed(
    types: Collection[str], trusted_types: Collection[str], trusted_modules: Collection[str], path: Path
) -> None:
    unnamed = [name for name in types if name not in trusted_types and not _allowed(name, trusted_modules)]
    if unnamed:
        raise IntegrityError(
            f"The model file holds types that its release does not name: {', '.join(unnamed)}.",
            where=str(path),
            remedy="Don't use this file: fetch the release again, or verify it.",
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> IntegrityError:
    return IntegrityError(
        f"The model file can't be read: {error}",
        where=str(path),
        remedy="Fetch the release again, or run the step `train` again.",
    )
