"""Makes projects for the gateway's benchmarks: a store with releases, ledgers and keys of its own.

The releases are real: sealed, signed and published as `roadworthy release` does, with small documents, a search by
words, and a model behind the upstream. What is measured differs in its guards, its prompt and its passages alone.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.gateway_desk import DOCUMENTS, PLAIN_PROMPT, Desk
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
from roadworthy.settings import Settings
from roadworthy.store import LocalStore, Store
from tasks.gathering import LOCK, copy_parts, write_parameters

ROOT = Path(__file__).resolve().parents[1]
BY = Actor(name="benchmark")
CHAT = "/v1/chat/completions"
QUIET = {"OMP_NUM_THREADS": "1", "DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}


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
