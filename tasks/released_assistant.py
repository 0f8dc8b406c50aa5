"""Opens a released assistant from its bundle alone, verified, with what the ledger has switched off."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.assistant.files import AssistantFiles
from roadworthy.assistant.switches import PROMPT, switches_of
from roadworthy.assistant.template_only import template_only
from roadworthy.errors import UsageError
from roadworthy.release.bundle import fetch_bundle
from roadworthy.release.signing import public_key_path, verify_folder
from roadworthy.release.standing import ReleaseRecord, Standing
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from roadworthy.store import Store
from tasks.embedding_model import open_embedder
from tasks.language_model import open_language_model

if TYPE_CHECKING:
    from roadworthy.exchange.assistant import Assistant
    from roadworthy.params.assistant import AssistantCapability


def tools_folder(settings: Settings, capability: str) -> Path:
    """Return the folder of what a capability's tools keep on this machine: the sample bank, the audit log's key."""
    return settings.home_path / "tools" / capability


@dataclass(frozen=True)
class ReleasedFiles:
    """A released assistant's files on this machine."""

    capability: AssistantCapability
    files: AssistantFiles


@contextmanager
def released_files(store: Store, record: ReleaseRecord, settings: Settings) -> Iterator[ReleasedFiles]:
    """Yield the files of a release, fetched and verified. Raises `UsageError` when it is no assistant."""
    from roadworthy.params.capability import parse_capability

    with TemporaryDirectory() as scratch:
        bundle = fetch_bundle(store, record.digest, Path(scratch, "bundle"))
        verify_folder(bundle.folder, bundle.signature, public_key_path(settings.signing_key_path))
        capability = parse_capability((bundle.folder / "parameters.json").read_bytes())
        if capability.kind != "assistant":
            raise UsageError("this release is a trained model", remedy="roadworthy predict RELEASE TABLE")
        yield ReleasedFiles(capability, AssistantFiles(bundle.folder / "assistant", bundle.folder / "index"))


@contextmanager
def released_assistant(
    store: Store, standing: Standing, record: ReleaseRecord, settings: Settings, announce: Announce
) -> Iterator[Assistant]:
    """Yield the assistant of a release as it is served now: what the ledger has switched off is off."""
    from roadworthy.assistant.opening import Surroundings, open_assistant
    from roadworthy.assistant.toolboxes import kept_bank

    switches = switches_of(standing)
    with released_files(store, record, settings) as released:
        if switches.template_only:
            yield template_only(standing.capability, released.files)
            return
        capability = released.capability
        second = capability.integrate.fallback_provider
        surroundings = Surroundings(
            open_language_model(capability.integrate.provider, settings, announce),
            open_embedder(capability.index.embedder, settings, announce),
            kept_bank(tools_folder(settings, standing.capability), store, lambda: switches.tools_off),
            switches,
            open_language_model(second, settings, announce) if second else None,
        )
        with _with_prompts(released.files, store, standing, settings) as files:
            assistant = open_assistant(standing.capability, capability, files, surroundings)
            try:
                yield assistant
            finally:
                assistant.guards.close()


@contextmanager
def _with_prompts(
    files: AssistantFiles, store: Store, standing: Standing, settings: Settings
) -> Iterator[AssistantFiles]:
    """Yield the files, with the prompts of the production release before this one when its own are switched off.

    After a rollback there may be none before: then its own are the best there is.
    """
    target = standing.rollback_target
    if PROMPT not in standing.switched_off or target is None:
        yield files
        return
    with released_files(store, target, settings) as before:
        yield replace(files, prompts_from=before.files.prompts)
