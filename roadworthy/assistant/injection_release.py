"""The detector of injections that Roadworthy trained and released itself, loaded from its frozen bundle."""

# Late imports: start-up time.
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from roadworthy.digest import digest_bytes, digest_files
from roadworthy.errors import IntegrityError
from roadworthy.modelling.fitted_model import read_bundled_model
from roadworthy.modelling.probe import check_probe, read_probe
from roadworthy.modelling.text_scoring import TextScorer, text_scorer
from roadworthy.release.manifest import Manifest
from roadworthy.release.statement import MANIFEST


@dataclass(frozen=True)
class InjectionRelease:
    """A released model of the capability injection-guard; an injection detector."""

    name: str
    """The capability and the first characters of the release's digest."""
    digest: str
    """The release's digest."""
    threshold: float
    """The score from which on a text counts as an injection, as the release chose it."""
    scorer: TextScorer

    def score(self, text: str) -> float:
        """Return how likely `text` tries to take the assistant over, between 0 and 1."""
        return self.scorer.score(text)


def load_injection_release(folder: Path, digest: str | None = None) -> InjectionRelease:
    """Load the release whose bundle, with its manifest, lies in `folder`; every file's digest is checked.

    `digest` pins the release. Raises `IntegrityError` when it is another one, a file is missing, changed or not
    released, the model does not predict its fixed rows as it did, or it has no threshold.
    """
    manifest, found = _checked(folder, digest)
    model = read_bundled_model(folder)
    _check_predictions(folder, model.estimator)
    description = json.loads((folder / "model" / "model.json").read_bytes())
    if "operating_point" not in description:
        raise _fault("the release says no score from which on a text is an injection", folder / "model" / "model.json")
    threshold = float(description["operating_point"]["threshold"])
    return InjectionRelease(f"{manifest.capability} {found[:12]}", found, threshold, text_scorer(model))


def _checked(folder: Path, digest: str | None) -> tuple[Manifest, str]:
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise _fault(f"the manifest can't be read: {error.strerror}", folder / MANIFEST) from None
    found = digest_bytes(content)
    if digest is not None and found != digest:
        raise _fault(f"this is the release {found}, not {digest}", folder / MANIFEST)
    manifest = Manifest.from_bytes(content)
    actual = {name: sha256 for name, sha256 in digest_files(folder).items() if name != MANIFEST}
    for name in sorted(actual.keys() | manifest.files.keys()):
        if actual.get(name) != manifest.files.get(name):
            raise _fault("the file is not what was released", folder / name)
    return manifest, found


def _check_predictions(folder: Path, estimator: object) -> None:
    import pandas

    fixed = pandas.read_parquet(folder / "model" / "probe.parquet")
    check_probe(estimator, fixed, read_probe(folder / "model" / "probe.json"))  # type: ignore[arg-type]


def _fault(problem: str, path: Path) -> IntegrityError:
    return IntegrityError(problem, where=str(path), remedy="put the release's own bundle there again")
