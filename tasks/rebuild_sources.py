"""Brings the sources of a release into the folder in which it is rebuilt, as far as this machine still has them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from roadworthy.digest import digest_file
from roadworthy.errors import SourceError
from roadworthy.settings import Settings
from tasks.language_model import answer_cache
from tasks.sources.cache import source_cache


def bring_sources(settings: Settings, released: Path, work: Path) -> None:
    """Copy each source to where ingest looks for it; ingest checks the digests, and fetches what comes from afar.

    Raises `SourceError` for a file of this repository that is gone or has become another one.
    """
    parameters = json.loads((released / "parameters.json").read_bytes())
    for source in parameters["ingest"]["sources"].values():
        if urlsplit(source["uri"]).scheme:
            _bring_fetched(settings, source["sha256"], work)
        else:
            _bring_local(settings, source, work)


def bring_answers(settings: Settings, released: Path, work: Path) -> None:
    """Copy what an assistant's model answered, by the digest of what it depends on, and the files of its models.

    A provider's answers are a source like any other: it need not give the same ones again, and need not be there.
    """
    parameters = json.loads((released / "parameters.json").read_bytes())
    if parameters["kind"] != "assistant":
        return
    home: Path = Settings.model_fields["home"].default
    kept = answer_cache(settings)
    if kept.is_dir():
        shutil.copytree(kept, answer_cache(Settings(root=work, home=home)), dirs_exist_ok=True)
    for digest in _weights(parameters):
        _bring_fetched(settings, digest, work)


def _weights(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Yield the digests of the files of models; of a language model that comes in parts, that of the whole."""
    yield from (file["sha256"] for file in _files(parameters["index"].get("embedder")))
    provider = parameters["integrate"]["provider"]
    if "sha256" in provider:
        yield provider["sha256"]


def _files(embedder: Mapping[str, Any] | None) -> tuple[Mapping[str, str], ...]:
    return (embedder["model"], embedder["tokenizer"]) if embedder else ()


def _bring_fetched(settings: Settings, digest: str, work: Path) -> None:
    cached = source_cache(settings.home_path) / digest
    if cached.is_file():
        # The rebuild gets none of this environment's settings.
        home: Path = Settings.model_fields["home"].default
        _copy(cached, source_cache(work / home) / digest)


def _bring_local(settings: Settings, source: Mapping[str, str], work: Path) -> None:
    uri, digest = source["uri"], source["sha256"]
    target = (work / uri).resolve()
    # An absolute path means the same file there. Nothing is ever written outside of the rebuild's own folder.
    if _is(target, digest) or not target.is_relative_to(work.parent.resolve()):
        return
    places = (source_cache(settings.home_path) / digest, settings.root / uri)
    found = next((place for place in places if _is(place, digest)), None)
    if found is None:
        raise SourceError(
            f"the source {uri} is not in Git, and this machine no longer has it as it was when it was released",
            where=f"its sha256: {digest}",
            remedy=f"put that file at {uri}, or reproduce on the machine that made the release",
        )
    _copy(found, target)


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and digest_file(path) == digest


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
