"""The real gateway for the tests of its page: an assistant whose documents hold markup, a trained model, and a key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fakes.gateway_services import ListRecorder, small_services
from fakes.memory_store import MemoryStore
from fakes.scripted_provider import Rule, ScriptedProvider
from fakes.served_releases import SmallReleases, put_in_production, record
from fakes.small_assistant import WordRetriever
from fakes.small_bundle import make_small_bundle, small_capability
from servers.gateway import running_gateway

from gateway.services import Services
from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import KeyTerms
from roadworthy.modelling.online_model import open_online_model
from roadworthy.release.entries import SwitchedOff
from roadworthy.retrieval.interface import Hit, Passage
from roadworthy.serving.opened import Opened, OpenedModel, Wanted
from roadworthy.telemetry.event import Content, Said

ASSISTANT, MODEL = "small", "delay"
MARKUP = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
PROVIDER = ScriptedProvider(
    [
        Rule("Q: .*markup", f"Here: {MARKUP} [1]."),
        Rule("Q: .*monthly fee", "The Blue Account has no monthly fee [1]."),
        Rule("Q: .*card", "It is blocked at once [1]. See <b>also</b> [2]."),
    ]
)


class HostileRetriever(WordRetriever):
    """Finds what the small assistant finds, with markup in title and text."""

    def search(self, question: str, count: int) -> tuple[Hit, ...]:
        """Put markup into each passage."""
        hits = super().search(question, count)
        return tuple(replace(hit, passage=_hostile(hit.passage)) for hit in hits)


def _hostile(passage: Passage) -> Passage:
    return replace(passage, title=f"{passage.title} {MARKUP}", text=f"{passage.text} {MARKUP}")


@dataclass(frozen=True)
class PageReleases:
    """Opens the assistant by its name, and the model of a bundle for every other."""

    bundle: Path
    assistants: SmallReleases

    def __call__(self, wanted: Wanted, tools_off: Callable[[], bool]) -> Opened:
        """See `OpenRelease`."""
        if wanted.capability == ASSISTANT:
            return self.assistants(wanted, tools_off)
        model = open_online_model(self.bundle)
        return OpenedModel(small_capability(), model, close=model.close)


@dataclass(frozen=True)
class PageGateway:
    """Where it listens, the key that opens it, and what it kept of what was sent to it."""

    url: str
    key: str
    services: Services

    @property
    def feedback(self) -> list[Said]:
        """What was said of answers, as telemetry has it."""
        return [event.said for event in self._recorder.events if event.said is not None]

    @property
    def contents(self) -> list[Content]:
        """The texts and rows that telemetry kept."""
        return self._recorder.contents

    @property
    def rows(self) -> list[dict[str, object]]:
        """The rows that were predicted."""
        return [row for content in self.contents for row in json.loads(content.rows or "[]")]

    def forget(self) -> None:
        """Forget what telemetry kept."""
        self._recorder.events.clear()
        self._recorder.contents.clear()

    @property
    def _recorder(self) -> ListRecorder:
        assert isinstance(self.services.recorder, ListRecorder)
        return self.services.recorder


@contextmanager
def running_page_gateway(folder: Path) -> Iterator[PageGateway]:
    """Serve on a free port of the loopback; the model is trained in `folder`."""
    store = MemoryStore()
    put_in_production(store, ASSISTANT, 1)
    put_in_production(store, MODEL, 1)
    record(store, MODEL, SwitchedOff(target="tools", reason="test"))
    parts = {"retriever": HostileRetriever(), "passages": 3}
    assistants = SmallReleases(provider=lambda number: PROVIDER, assistants=parts)
    releases = PageReleases(make_small_bundle(folder, MODEL), assistants)
    key = KeyStore(store).create(KeyTerms(tenant="page", rate=None), "tests")
    services = small_services(store, releases, anonymous=False, keeps_content=True)
    with running_gateway(services) as running:
        yield PageGateway(running.url, key.text, services)
