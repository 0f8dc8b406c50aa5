"""Opens releases for the gateway: verified, warm, and sharing the language models that several of them need."""

# Late imports: start-up time.
from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from roadworthy.guardrails.interface import Context, Place
from roadworthy.params.capability import parse_capability
from roadworthy.release.bundle import Bundle, fetch_bundle
from roadworthy.release.signing import public_key_path, verify_folder
from roadworthy.release.standing import ReleaseRecord
from roadworthy.serving.opened import Opened, OpenedAssistant, OpenedModel, Wanted
from roadworthy.settings import Settings
from roadworthy.store import Store

if TYPE_CHECKING:
    from roadworthy.drift.served.counting import RowCounter
    from roadworthy.exchange.assistant import Assistant
    from roadworthy.modelling.schema import FeatureSchema
    from roadworthy.params.assistant import AssistantCapability
    from roadworthy.params.capability import ModelCapability
    from roadworthy.providers.configuration import EmbeddedConfiguration, OpenAIConfiguration
    from roadworthy.providers.interface import Provider
    from roadworthy.retrieval.minilm import MiniLm


class ServedReleases:
    """Opens the releases of one store; see `OpenRelease`."""

    def __init__(self, store: Store, settings: Settings, most_rows: int) -> None:
        """`most_rows` may be in one request for predictions."""
        self._most_rows = most_rows
        self._store = store
        self._settings = settings
        self._lock = threading.Lock()
        self._language_models: dict[str, Provider] = {}
        self._embedders: dict[str, MiniLm | None] = {}

    def __call__(self, wanted: Wanted, tools_off: Callable[[], bool]) -> Opened:
        """See `OpenRelease`."""
        with ExitStack() as stack:
            bundle = self._fetched(wanted.record, stack)
            parameters = parse_capability((bundle.folder / "parameters.json").read_bytes())
            if parameters.kind == "model":
                return self._model(bundle, parameters)
            prompts_of = self._fetched(wanted.prompts_of, stack) if wanted.prompts_of else None
            opened = self._assistant(wanted.capability, bundle, prompts_of, parameters, tools_off)
            kept = stack.pop_all()
        return replace(opened, close=lambda: (opened.close(), kept.close())[0])

    def _fetched(self, record: ReleaseRecord, stack: ExitStack) -> Bundle:
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        bundle = fetch_bundle(self._store, record.digest, scratch / "bundle")
        verify_folder(bundle.folder, bundle.signature, public_key_path(self._settings.signing_key_path))
        return bundle

    def _model(self, bundle: Bundle, parameters: ModelCapability) -> OpenedModel:
        from roadworthy.modelling.online_model import open_online_model

        model = open_online_model(bundle.folder, most_rows=self._most_rows)
        return OpenedModel(parameters, model, close=model.close, counter=_counter(bundle, model.schema))

    def _assistant(
        self,
        capability: str,
        bundle: Bundle,
        prompts_of: Bundle | None,
        parameters: AssistantCapability,
        tools_off: Callable[[], bool],
    ) -> OpenedAssistant:
        from roadworthy.assistant.files import AssistantFiles
        from roadworthy.assistant.opening import Surroundings, open_assistant
        from roadworthy.assistant.toolboxes import kept_bank
        from roadworthy.budgets.worst_case import exchange_bound
        from roadworthy.providers.costs import price_of
        from roadworthy.retrieval.searching import Index
        from tasks.released_assistant import tools_folder

        second = parameters.integrate.fallback_provider

        own = AssistantFiles(bundle.folder / "assistant", bundle.folder / "index")
        borrowed = AssistantFiles(prompts_of.folder / "assistant", own.index).prompts if prompts_of else None
        surroundings = Surroundings(
            self._language_model(parameters.integrate.provider),
            self._embedder(parameters),
            kept_bank(tools_folder(self._settings, capability), self._store, tools_off),
            second_provider=self._language_model(second) if second else None,
        )
        assistant = open_assistant(capability, parameters, replace(own, prompts_from=borrowed), surroundings)
        _try_out(assistant)
        assert isinstance(assistant.retriever, Index)  # noqa: S101  (a release's always is)
        return OpenedAssistant(
            parameters,
            assistant,
            bound=exchange_bound(assistant, assistant.retriever.passages),
            price=price_of(parameters.integrate.provider),
            second_price=price_of(second) if second else None,
            close=assistant.guards.close,
        )

    def _language_model(self, configuration: OpenAIConfiguration | EmbeddedConfiguration) -> Provider:
        """Return the model of this configuration, one for all releases that name it."""
        from tasks.language_model import open_language_model

        with self._lock:
            known = configuration.model_dump_json()
            if known not in self._language_models:
                model = open_language_model(configuration, self._settings, _quiet, keep_answers=False)
                model.warm()
                self._language_models[known] = model
            return self._language_models[known]

    def _embedder(self, parameters: AssistantCapability) -> MiniLm | None:
        from tasks.embedding_model import open_embedder

        files = parameters.index.embedder
        with self._lock:
            known = files.model_dump_json() if files else ""
            if known not in self._embedders:
                self._embedders[known] = open_embedder(files, self._settings, _quiet)
            return self._embedders[known]

    async def close(self) -> None:
        """Give back the language models; no release that uses one may be in use."""
        models, self._language_models = self._language_models, {}
        await asyncio.gather(*(model.close() for model in models.values()))


def _counter(bundle: Bundle, schema: FeatureSchema) -> RowCounter | None:
    """Return what counts rows in the cells of the release's reference; older releases hold none."""
    from roadworthy.drift.reference import LAYOUT, read_layout
    from roadworthy.drift.served.counting import RowCounter

    path = bundle.folder / LAYOUT
    return RowCounter(read_layout(path.read_bytes()), schema) if path.is_file() else None


def _try_out(assistant: Assistant) -> None:
    """Search and look once, so that no user waits for what is loaded at first use."""
    for hit in assistant.retriever.search("What does it cost?", 1):
        for place in Place:
            assistant.guards.run(hit.passage.text, place, Context(passages=(hit.passage.text,)))


def _quiet(text: str) -> None:
    """Say nothing."""
