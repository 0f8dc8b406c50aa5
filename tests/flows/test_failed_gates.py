"""A release whose evidence does not suffice: made, recorded, and held; scripts see it in the exit code."""

from __future__ import annotations

import json

from fakes.small_project import CAPABILITY, SmallProject


def test_a_release_whose_gate_fails_is_made_and_held(copied_project: SmallProject) -> None:
    """Exit 5, the verdict with its figure, a next command that works; and nobody can promote it."""
    params = copied_project.root / "params.yaml"
    params.write_text(params.read_text().replace("at_least: 0.6}", "at_least: 0.99}"))
    copied_project.commit("Ask for more")
    said = copied_project.run("release", CAPABILITY)
    assert said.returncode == 5, said.stdout + said.stderr
    assert "churn@2  candidate" in said.stdout
    assert "must be at least 0.99" in said.stdout
    assert "waits for you: a gate says fail, so it can't be promoted" in said.stdout
    assert "next: make ui" in said.stdout  # Nothing is live that it could be compared with.
    refused = copied_project.run("promote", f"{CAPABILITY}@2", "--approve")
    assert refused.returncode == 5
    status = json.loads(copied_project.run("status", "--json").stdout)
    assert {line["stage"] for line in status} == {"candidate"}
