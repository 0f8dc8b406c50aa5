"""A few small releases, published, in a ledger of their own, and shown in a real MLflow on SQLite."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.small_bundle import make_small_bundle, small_capability

from roadworthy.digest import digest_bytes, digest_file, digest_files
from roadworthy.params.capability import ApprovalParams
from roadworthy.release.bundle import publish_bundle, seal_bundle
from roadworthy.release.code import CodeIdentity
from roadworthy.release.entries import Actor, Entry, EvidenceRecorded, Fact
from roadworthy.release.ledger import Ledger
from roadworthy.release.manifest import Manifest, build_manifest
from roadworthy.release.signing import ensure_signing_key
from roadworthy.release.stages import decide_release
from roadworthy.release.standing import Standing, standing_of
from roadworthy.settings import Settings
from roadworthy.store import LocalStore, Store
from tasks.compare import judge_release, keep_rows
from tasks.promotion import Outcome, Promotion, fulfil, read_wishes, show
from tasks.registry.connect import Registry, connect
from tasks.registry.mirror import mirror_release
from tasks.registry.versions import all_versions

CAPABILITY = "flight-delay"
BUILDER = Actor(name="builder")
GOOD, BETTER, DIRTY = 1, 2, 3
"""The releases of `make_small_registry`: two that pass their gates, and one from uncommitted changes."""

_GATES = [
    {"kind": "floor", "metric": "auc", "at_least": 0.5},
    {"kind": "not_worse", "metric": "auc", "margin": 0.2},
]


@dataclass(frozen=True)
class SmallRegistry:
    """Ledger, store and MLflow, and what tests ask of them."""

    settings: Settings
    ledger: Ledger
    registry: Registry

    @property
    def standing(self) -> Standing:
        """Where the releases stand."""
        return standing_of(CAPABILITY, self.ledger.entries())

    @property
    def aliases(self) -> dict[str, str]:
        """Alias to version, as MLflow has it."""
        model = self.registry.client.get_registered_model(CAPABILITY)
        return {alias: str(version) for alias, version in model.aliases.items()}

    @property
    def stages(self) -> dict[str, str]:
        """Version to stage, as MLflow has it."""
        return {str(version.version): version.current_stage for version in all_versions(self.registry, CAPABILITY)}

    def version(self, number: int) -> Any:
        """Return a version as MLflow has it; the small releases' versions have their numbers."""
        return self.registry.client.get_model_version(CAPABILITY, str(number))

    def ask(self, number: int, value: str = "approved") -> None:
        """Set the tag `approval`, as a lead does."""
        self.registry.client.set_model_version_tag(CAPABILITY, str(number), "approval", value)

    def set_alias(self, alias: str, number: int) -> None:
        """Set an alias, as a lead does."""
        self.registry.client.set_registered_model_alias(CAPABILITY, alias, str(number))

    def set_stage(self, stage: str, number: int) -> None:
        """Transition a version, as a lead does."""
        self.registry.client.transition_model_version_stage(CAPABILITY, str(number), stage)

    def facts(self, kind: type[Fact], since: int = 0) -> list[Any]:
        """Return the ledger's facts of one kind, after the entry `since`."""
        return [entry.fact for entry in self.ledger.entries()[since:] if isinstance(entry.fact, kind)]

    def entries_since(self, count: int) -> list[Entry]:
        """Return what was recorded after the first `count` entries."""
        return list(self.ledger.entries()[count:])

    def judge(self, number: int, verdict: str, summary: str = "auc .500") -> None:
        """Record that the gates say `verdict`, against what is in production now."""
        live = self.standing.production
        evidence = EvidenceRecorded.model_validate(
            {"release": number, "name": "gates", "verdict": verdict, "summary": summary}
        )
        facts = {"production": live.digest if live and live.number != number else None}
        self.ledger.record(lambda entries: evidence.model_copy(update={"facts": facts}), by=BUILDER)

    def promotion(self, **rule: bool) -> Promotion:
        """Return what a promotion works on."""
        return Promotion(self.settings, self.ledger, self.registry, ApprovalParams(**rule))

    def promote(self, **rule: bool) -> tuple[Outcome, ...]:
        """Do what the flow promote_release does when somebody starts it."""
        promotion = self.promotion(**rule)
        outcomes = tuple(fulfil(promotion, wish, lambda line: None) for wish in read_wishes(promotion))
        show(promotion, outcomes)
        return outcomes


def make_mlflow_tables(folder: Path) -> None:
    """Make MLflow's tables without content: `mlflow_tables_in` says where."""
    connect(Settings(root=folder, tracking_uri=f"sqlite:///{mlflow_tables_in(folder)}"))


def mlflow_tables_in(folder: Path) -> Path:
    """Return the database that `make_mlflow_tables` made."""
    return folder.resolve() / "mlflow.db"


def make_small_registry(root: Path, mlflow_tables: Path) -> SmallRegistry:
    """Make releases 1 to 3 below `root`, with a copy of MLflow's empty tables."""
    _database(root).parent.mkdir(parents=True)
    for copy in (_database(root), empty_database(root)):
        shutil.copyfile(mlflow_tables, copy)
    small = open_small_registry(root)
    for number, clean in ((GOOD, True), (BETTER, True), (DIRTY, False)):
        training = {"arguments": {"max_iter": 4 + number}}
        bundle = make_small_bundle(root / f"build-{number}", train=training, gates=_GATES)
        publish_release(small, bundle, clean=clean)
        judge_release(small.ledger, number)
        mirror_release(small.registry, small.ledger, number)
    return small


def publish_release(small: SmallRegistry, bundle: Path, clean: bool = True) -> int:
    """Seal, sign and publish the bundle, and give it a number; MLflow learns nothing of it yet."""
    store = small.ledger.store
    manifest = manifest_of(bundle, clean)
    signature = seal_bundle(bundle, manifest, ensure_signing_key(small.settings.signing_key_path))
    publish_bundle(store, bundle, manifest, signature)
    keep_rows(store, bundle.parent / "prepared" / "evaluate.parquet")
    small.ledger.record(decide_release(CAPABILITY, manifest.digest, "c" * 40, clean_work_tree=clean), by=BUILDER)
    record = small.standing.by_digest(manifest.digest)
    assert record is not None
    return record.number


def manifest_of(bundle: Path, clean: bool = True) -> Manifest:
    """Return the manifest of a small bundle."""
    code = CodeIdentity("c" * 40, clean, () if clean else ("tasks/train.py",), digest_bytes(b"tree"))
    return build_manifest(
        capability=CAPABILITY,
        kind="model",
        parameters=small_capability().model_dump(mode="json", by_alias=True),
        files=digest_files(bundle),
        sources=(),
        code=code,
        environment=digest_file(bundle / "requirements.lock"),
    )


def open_small_registry(root: Path, store: Store | None = None, tracking_uri: str | None = None) -> SmallRegistry:
    """Connect to what lies below `root`, or begin it."""
    # By name, because MLflow keeps the address that was used last in the environment.
    settings = Settings(root=root, tracking_uri=tracking_uri or f"sqlite:///{_database(root)}")
    ledger = Ledger(store or LocalStore(settings.home_path / "store"), CAPABILITY)
    return SmallRegistry(settings, ledger, connect(settings))


def copy_small_registry(template: SmallRegistry, root: Path, *, mirrored: bool = True) -> SmallRegistry:
    """Give a test its own copy; the artifacts, which nothing changes, stay the template's.

    With `mirrored=False` MLflow is empty.
    """
    home = template.settings.home_path
    shutil.copytree(home, root / ".roadworthy", ignore=shutil.ignore_patterns("artifacts"))
    if not mirrored:
        lose_database(template, root)
    return open_small_registry(root)


def lose_database(template: SmallRegistry, root: Path) -> None:
    """Put an empty MLflow in the place of the one below `root`."""
    shutil.copyfile(empty_database(template.settings.root), _database(root))


def empty_database(root: Path) -> Path:
    """Return where `make_small_registry` keeps MLflow's tables without content."""
    return root / "empty.db"


def _database(root: Path) -> Path:
    return root.resolve() / ".roadworthy" / "mlflow" / "mlflow.db"
