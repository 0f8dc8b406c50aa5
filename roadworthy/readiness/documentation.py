"""Proves that code and model are documented: committed code, estimator, parameters, card (blueprint 110 and 111)."""

from __future__ import annotations

import json

from roadworthy.readiness.interface import Finding, Proof, Subject
from roadworthy.release.bundle import fetch_manifest, read_bundle_file
from roadworthy.release.manifest import Manifest
from roadworthy.store import Store

NEEDED = {
    "model": ("MODEL_CARD.md", "parameters.json", "requirements.lock", "model/model.json", "schema.json"),
    "assistant": ("ASSISTANT_CARD.md", "parameters.json", "requirements.lock", "assistant/assistant.json"),
}
"""What a bundle of each kind must hold for people to know what it is."""


def prove_documentation(subject: Subject) -> Finding:
    """Look for the commit in the manifest, and for each document in the bundle."""
    manifest = fetch_manifest(subject.store, subject.record.digest)
    if not manifest.commit or not manifest.code.clean:
        return Finding("fail", "the code that made it is not committed")
    missing = [name for name in NEEDED[manifest.kind] if name not in manifest.files]
    if missing:
        return Finding("fail", f"the bundle lacks {', '.join(missing)}")
    what = _what(subject.store, manifest)
    return Finding("pass", f"{what}, commit {manifest.commit[:12]}, with card, parameters and lock")


def _what(store: Store, manifest: Manifest) -> str:
    """Name the estimator, or the provider's model and the prompts' versions."""
    if manifest.kind == "model":
        return str(json.loads(read_bundle_file(store, manifest, "model/model.json"))["estimator"])
    parameters = json.loads(read_bundle_file(store, manifest, "parameters.json"))
    prompts = sum(name.startswith("assistant/prompts/") for name in manifest.files)
    counted = "1 prompt" if prompts == 1 else f"{prompts} prompts"
    return f"{parameters['integrate']['provider']['model']} with {counted} in Git"


DOCUMENTATION = Proof("documentation", "code in Git, model documented", prove_documentation)
