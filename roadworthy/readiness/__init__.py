"""Readiness: what has to be proved of a release before it goes to production, one file a proof."""
