"""Starts real servers for the gateway's benchmarks: `roadworthy serve` on a store of its own, and a trivial upstream.

The releases are real: sealed, signed and published as `roadworthy release` does, with small documents, a search by
words, and a model behind the upstream. What is measured differs in its guards, its prompt and its passages alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

from roadworthy.access.key_store import KeyStore
from roadworthy.access.keys import KeyTerms
from roadworthy.digest import digest_file, digest_files
from roadworthy.params.assistant import AssistantCapability
from roadworthy.release.bundle import publish_bundle, seal_bundle
from roadworthy.release.code import CodeIdentity
from roadworthy.release.entries import Actor, Fact, Moved, Stage
from roadworthy.release.ledger import Ledger
from roadworthy.release.manifest import build_manifest
from roadworthy.release.signing import ensure_signing_key
from roadworthy.release.stages import decide_release
from roadworthy.retrieval.index import build_index
from roadworthy.retrieval.interface import Document
from roadworthy.settings import Settings
from roadworthy.store import LocalStore, Store
from tasks.gathering import LOCK, copy_parts, write_parameters
from tasks.prefect_server import LOOPBACK, free_port

ROOT = Path(__file__).resolve().parents[1]
BY = Actor(name="benchmark")
CHAT = "/v1/chat/completions"
QUESTION = "What is the monthly fee of the account?"
START_SECONDS = 180.0
QUIET = {"OMP_NUM_THREADS": "1", "DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
DOCUMENTS = [
    Document(
        f"{name}_account",
        f"{name.title()} Account: fees and limits",
        f"The {name} account has a monthly fee of {fee} dollars, which is waived with a balance of 1,500 dollars or "
        f"more. Payments in shops abroad cost 2 percent of the amount. The daily limit at cash machines is {limit} "
        "dollars, and it can be raised in the settings for up to thirty days, before a journey for instance. A "
        "payment that was declined is listed with its code for ninety days; code 51 says that the balance did not "
        "cover it. A card that was lost is blocked at once in the settings or by phone, and a new one comes within "
        "five business days. Interest is paid at the end of each quarter.",
    )
    for name, fee, limit in (("bench", 4, 500), ("silver", 6, 1200), ("gold", 9, 2000))
]
PLAIN_PROMPT = """---
description: Answers from passages.
variables:
  question: {type: string, description: what the customer asks}
  passages: {type: list, description: what was retrieved}
---
## user
{% for passage in passages %}[{{ loop.index }}] {{ passage.text }}
{% endfor %}
Question: {{ question }}
"""


@dataclass(frozen=True)
class Desk:
    """A small assistant that can be released; by default nothing looks at what goes in and out."""

    name: str = "bench-desk"
    model: str = "bench"
    passages: int = 1
    integrate: Mapping[str, Any] = field(default_factory=lambda: {"guardrails": {"guards": []}})
    """What differs from the plainest one."""

    def parameters(self, upstream: str) -> AssistantCapability:
        """Return its section of params.yaml."""
        provider = {"kind": "openai", "base_url": upstream, "model": self.model, "key_variable": None}
        # As many calls at once as the gateway lets requests in.
        provider |= {"limits": {"concurrency": 64, "attempts": 1}}
        integrate = {"provider": provider, "prompt": "desk/answer", "policy": "policies/bank_helpdesk.yaml"}
        source = {"uri": "documents.json", "sha256": "0" * 64, "format": "json", "columns": {"id": "VARCHAR"}}
        return AssistantCapability.model_validate(
            {
                "kind": "assistant",
                "description": "Answers questions about three accounts.",
                "owner": "benchmarks",
                "card": {"intended_use": "measuring", "limitations": "made up", "licence_of_data": "CC0-1.0"},
                "ingest": {"sources": {"documents": source}},
                "index": {"method": "bm25", "count": self.passages},
                "integrate": integrate | dict(self.integrate),
                "evaluate": {"queries": "evalsets/none.jsonl"},
                "gates": [{"kind": "floor", "metric": "quality", "at_least": 0.5}],
            }
        )

    def body(self, question: str = QUESTION, **more: str) -> bytes:
        """Return a request's body."""
        return json.dumps({"model": self.name, "messages": [{"role": "user", "content": question}], **more}).encode()


def guarded_desk(name: str = "guarded-desk") -> Desk:
    """Return a desk with all that guards the bank's help desk: its policy, its prompt, its trained injection guard."""
    integrate = {"prompt": "bank_helpdesk/answer", "injection_guard": "guards/injection-guard"}
    return Desk(name, passages=3, integrate=integrate)


@dataclass(frozen=True)
class Project:
    """A store with releases and ledgers, and the settings under which processes use it."""

    home: Path

    @property
    def settings(self) -> Settings:
        """Where everything lies."""
        return Settings(root=ROOT, home=self.home, store=str(self.home / "store"))

    @property
    def store(self) -> Store:
        """Its store."""
        return LocalStore(self.home / "store")

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which processes find it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ROADWORTHY_")}
        ours = {"ROADWORTHY_HOME": str(self.home), "ROADWORTHY_STORE": str(self.home / "store")}
        # Before the folder that holds this environment's own checkout.
        return {**kept, **QUIET, **ours, "PYTHONPATH": str(ROOT)}

    def release(self, desk: Desk, upstream: str) -> str:
        """Seal, sign, publish and record a release; return its digest."""
        parameters = desk.parameters(upstream)
        with TemporaryDirectory(dir=self.home) as scratch:
            bundle = Path(scratch) / "bundle"
            bundle.mkdir()
            _write_bundle(parameters, bundle)
            return self._published(desk.name, "assistant", parameters.model_dump(mode="json", by_alias=True), bundle)

    def adopt(self, capability: str, made: Path) -> str:
        """Publish the bundle of a model that was made elsewhere, and put it in production; return its digest."""
        with TemporaryDirectory(dir=self.home) as scratch:
            bundle = shutil.copytree(made, Path(scratch) / "bundle")
            parameters = json.loads((bundle / "parameters.json").read_bytes())
            digest = self._published(capability, "model", parameters, bundle)
        self.record(capability, *(Moved(release=1, stage=stage) for stage in (Stage.STAGING, Stage.PRODUCTION)))
        return digest

    def _published(self, capability: str, kind: str, parameters: Mapping[str, Any], bundle: Path) -> str:
        manifest = build_manifest(
            capability=capability,
            kind=kind,
            parameters=parameters,
            files=digest_files(bundle),
            sources=(),
            code=CodeIdentity(commit="0" * 40, clean=True, changed_files=(), tree="0" * 64),
            environment=digest_file(bundle / LOCK),
        )
        signature = seal_bundle(bundle, manifest, ensure_signing_key(self.settings.signing_key_path))
        digest = publish_bundle(self.store, bundle, manifest, signature)
        Ledger(self.store, capability).record(decide_release(capability, digest, "0" * 40, clean_work_tree=True), BY)
        return digest

    def record(self, capability: str, *facts: Fact) -> None:
        """Write facts to the ledger as they are."""
        for fact in facts:
            Ledger(self.store, capability).record(lambda _, fact=fact: fact, BY)  # type: ignore[misc]

    def put_in_production(self, desk: Desk, upstream: str) -> str:
        """Release it as the first one and move it on; return its digest."""
        digest = self.release(desk, upstream)
        self.record(desk.name, *(Moved(release=1, stage=stage) for stage in (Stage.STAGING, Stage.PRODUCTION)))
        return digest

    def create_key(self, tenant: str, **terms: Any) -> str:
        """Create a key and return its text."""
        return KeyStore(self.store).create(KeyTerms(tenant=tenant, **terms), "benchmark").text


def _write_bundle(parameters: AssistantCapability, bundle: Path) -> None:
    write_parameters(parameters, bundle)
    build_index(DOCUMENTS, parameters.index, None, bundle / "index")
    integrate = parameters.integrate
    parts = {"assistant/policy.yaml": ROOT / integrate.policy, LOCK: ROOT / LOCK}
    if integrate.injection_guard:
        parts["assistant/injection-guard"] = ROOT / integrate.injection_guard
    copy_parts(parts, bundle)
    prompt = bundle / "assistant" / "prompts" / f"{integrate.prompt}.md"
    prompt.parent.mkdir(parents=True)
    if (ROOT / "prompts" / f"{integrate.prompt}.md").exists():
        shutil.copyfile(ROOT / "prompts" / f"{integrate.prompt}.md", prompt)
    else:
        prompt.write_text(PLAIN_PROMPT, encoding="utf-8")


@contextmanager
def small_project() -> Iterator[Project]:
    """Make an empty project in a temporary folder."""
    with TemporaryDirectory(prefix="roadworthy-gateway-") as folder:
        yield Project(Path(folder))


@dataclass(frozen=True)
class Running:
    """A server in a process of its own."""

    url: str
    process: psutil.Process

    @property
    def resident_bytes(self) -> int:
        """The memory that it holds."""
        return int(self.process.memory_info().rss)

    @property
    def processor_seconds(self) -> float:
        """The processor time that it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def running_upstream(*arguments: str) -> Iterator[Running]:
    """Run the trivial endpoint."""
    port = free_port(0)
    command = [sys.executable, "-m", "benchmarks.gateway_upstream", "--port", str(port), *arguments]

    def answers(url: str) -> bool:
        return httpx.post(f"{url}{CHAT}", json={"model": "x"}).status_code == 200

    with running(command, port, dict(os.environ), answers) as server:
        yield server


@contextmanager
def running_gateway(project: Project, **settings: str | float) -> Iterator[Running]:
    """Run `roadworthy serve` on the project; `settings` are those of the gateway, by their names in lower case."""
    port = free_port(0)
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
    given = {f"ROADWORTHY_GATEWAY_{name.upper()}": str(value) for name, value in settings.items()}
    with running(command, port, {**project.environment, **given}, _is_ready) as server:
        yield server


@contextmanager
def running(
    command: list[str], port: int, environment: dict[str, str], is_ready: Callable[[str], bool]
) -> Iterator[Running]:
    """Run a server until the end; it is ready when `is_ready`, given its address, says so."""
    url = f"http://{LOOPBACK}:{port}"
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _await(process, url, is_ready)
        yield Running(url, psutil.Process(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_ready(url: str) -> bool:
    return httpx.get(f"{url}/readyz").status_code == 200


def _await(process: subprocess.Popen[bytes], url: str, is_ready: Callable[[str], bool]) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            if is_ready(url):
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not start: {process.poll()}")
