"""A small bundle and its manifest, for the tests of releases."""

from __future__ import annotations

from pathlib import Path

from roadworthy.digest import digest_bytes, digest_files
from roadworthy.release.code import CodeIdentity
from roadworthy.release.manifest import Manifest, Source, build_manifest

FILES = {
    "model/model.skops": b"model",
    "model/same.skops": b"model",
    "requirements.lock": b"numpy==2.4.6 \\\n    --hash=sha256:00\n",
    "evaluation/evaluation.json": b'{"metrics": {"auc": {"value": 0.7}}}\n',
    ".gitattributes": b"*",
    "empty": b"",
}

CODE = CodeIdentity(commit="c" * 40, clean=True, changed_files=(), tree=digest_bytes(b"tree"))


def make_bundle(folder: Path, files: dict[str, bytes] = FILES) -> Path:
    """Write the files of a bundle."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def manifest_of(folder: Path, code: CodeIdentity = CODE, **parameters: object) -> Manifest:
    """Return the manifest of the bundle in `folder`."""
    return build_manifest(
        capability="flight-delay",
        kind="model",
        parameters={"train": {"seed": 3, "rate": 0.1, "nothing": None}, **parameters},
        files=digest_files(folder),
        sources=(
            Source(table="weather", uri="https://example.org/w.csv", sha256=digest_bytes(b"w")),
            Source(table="flights", uri="pkg:pypi/flights@1#f.csv", sha256=digest_bytes(b"f"), rows=7),
        ),
        code=code,
        environment=digest_bytes(b"lock"),
    )
