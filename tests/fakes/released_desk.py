"""The small help desk as a real signed release in production, made by its steps alone: no Prefect, no MLflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fakes.small_help_desk import CAPABILITY, documents_of_desk, lay_out_help_desk
from servers.extractive_model import answer
from servers.misbehaving_endpoint import Endpoint, Handler, running_endpoint, wrong_key

from roadworthy.digest import digest_bytes, digest_file, digest_files
from roadworthy.params.assistant import AssistantCapability
from roadworthy.params.loading import capability_params, load_params
from roadworthy.release.bundle import publish_bundle, seal_bundle
from roadworthy.release.code import CodeIdentity
from roadworthy.release.entries import Actor, Moved, Stage
from roadworthy.release.ledger import Ledger
from roadworthy.release.manifest import build_manifest
from roadworthy.release.signing import ensure_signing_key
from roadworthy.release.stages import decide_release
from roadworthy.settings import Settings
from roadworthy.store import LocalStore
from roadworthy.workspace import Workspace
from tasks.evaluate_answers import evaluate_assistant
from tasks.index import index
from tasks.integrate import integrate
from tasks.package_assistant import package_assistant

BY = Actor(name="tests")


@dataclass
class Model:
    """A small real model, which may be told to answer nobody."""

    down: bool = False

    def __call__(self, handler: Handler) -> None:
        """Answer, or say that the key is wrong, which no client tries again."""
        (wrong_key if self.down else answer)(handler)


@dataclass(frozen=True)
class ReleasedDesk:
    """The help desk, release 1 of which is in production."""

    settings: Settings
    ledger: Ledger
    endpoint: Endpoint
    digest: str
    model: Model = field(default_factory=Model)

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.settings.root


@contextmanager
def released_desk(root: Path) -> Iterator[ReleasedDesk]:
    """Release the help desk below `root`, and yield it with its model's endpoint running."""
    model = Model()
    with running_endpoint([model]) as endpoint:
        lay_out_help_desk(root, endpoint.base_url)
        settings = Settings(root=root)
        ledger = Ledger(LocalStore(Path(settings.store_address)), CAPABILITY)
        digest = _release(root, settings, ledger)
        yield ReleasedDesk(settings, ledger, endpoint, digest, model)


def _release(root: Path, settings: Settings, ledger: Ledger) -> str:
    capability = capability_params(load_params(root / "params.yaml"), CAPABILITY)
    assert isinstance(capability, AssistantCapability)
    bundle = _bundle(capability, Workspace(root, CAPABILITY))
    manifest = build_manifest(
        capability=CAPABILITY,
        kind="assistant",
        parameters=capability.model_dump(mode="json", by_alias=True),
        files=digest_files(bundle),
        sources=(),
        code=CodeIdentity("c" * 40, True, (), digest_bytes(b"tree")),
        environment=digest_file(bundle / "requirements.lock"),
    )
    signature = seal_bundle(bundle, manifest, ensure_signing_key(settings.signing_key_path))
    publish_bundle(ledger.store, bundle, manifest, signature)
    ledger.record(decide_release(CAPABILITY, manifest.digest, "c" * 40, clean_work_tree=True), by=BY)
    for stage in (Stage.STAGING, Stage.PRODUCTION):
        ledger.record(lambda entries, stage=stage: Moved(release=1, stage=stage), by=BY)
    return manifest.digest


def _bundle(capability: AssistantCapability, workspace: Workspace) -> Path:
    """Make what the steps make, validation's report but in name."""
    _write_documents(workspace.validated / "documents.parquet")
    workspace.validation.mkdir(parents=True)
    (workspace.validation / "validation.json").write_text('{"tables": {}}')
    (workspace.root / "requirements.lock").write_text("bm25s==0.3.9\n")
    index(capability.index, workspace, _quiet)
    integrate(capability.integrate, workspace, _quiet)
    evaluate_assistant(capability, workspace, _quiet)
    package_assistant(capability, workspace, _quiet)
    return workspace.bundle


def _write_documents(path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    path.parent.mkdir(parents=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(documents_of_desk()), path)


def _quiet(text: str) -> None:
    pass
