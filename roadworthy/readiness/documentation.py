"""Proves that code and model are documented: committed code, estimator, parameters, card (blueprint 110 and 111)."""

from __future__ import annotations

import json

from roadworthy.readiness.interface import Finding, Proof, Subject
from roadworthy.release.bundle import fetch_manifest, read_bundle_file

NEEDED = ("MODEL_CARD.md", "parameters.json", "requirements.lock", "model/model.json", "schema.json")
"""What a bundle must hold for people to know what it is."""


def prove_documentation(subject: Subject) -> Finding:
    """Look for the commit in the manifest, and for each document in the bundle."""
    manifest = fetch_manifest(subject.store, subject.record.digest)
    if not manifest.commit or not manifest.code.clean:
        return Finding("fail", "the code that made it is not committed")
    missing = [name for name in NEEDED if name not in manifest.files]
    if missing:
        return Finding("fail", f"the bundle lacks {', '.join(missing)}")
    model = json.loads(read_bundle_file(subject.store, manifest, "model/model.json"))
    return Finding("pass", f"{model['estimator']}, commit {manifest.commit[:12]}, with card, parameters and lock")


DOCUMENTATION = Proof("documentation", "code in Git, model documented", prove_documentation)
