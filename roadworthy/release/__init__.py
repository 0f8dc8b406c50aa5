"""Releases: what one is made of (manifest, bundle), where it stands (ledger, stages), who may move it."""
