"""The same release path for a team: releases and ledger on S3, and two machines that share nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from fakes.small_project import CAPABILITY, SmallProject
from servers.seaweedfs import S3Server


def test_releases_on_s3_are_made_on_one_machine_and_rolled_back_on_another(
    copied_project: SmallProject, s3_server: S3Server, s3_address: str, tmp_path: Path
) -> None:
    """One machine ships and promotes two; another, given the store's address, verifies and rolls back for both."""
    home = tmp_path / "home"
    shared = {**s3_server.environment, "ROADWORTHY_STORE": s3_address}
    here = {**shared, "ROADWORTHY_HOME": str(home)}
    there = {**shared, "ROADWORTHY_HOME": str(tmp_path / "elsewhere")}
    first = _ship_and_promote(copied_project, 1, here)
    copied_project.set_params(seed=1)
    copied_project.commit("Another seed")
    second = _ship_and_promote(copied_project, 2, here)
    assert first["digest"] != second["digest"]
    assert _production(copied_project, there) == 2
    keys = {"ROADWORTHY_SIGNING_KEY": str(next(home.rglob("*.pem")))}
    verified = json.loads(_said(copied_project, "verify", f"{CAPABILITY}@2", "--json", **{**there, **keys}))
    assert verified["intact"]
    _said(copied_project, "rollback", CAPABILITY, **there)
    assert _production(copied_project, here) == 1


def _ship_and_promote(project: SmallProject, number: int, place: dict[str, str]) -> dict[str, object]:
    shipped: dict[str, object] = json.loads(_said(project, "release", CAPABILITY, "--json", **place))
    assert (shipped["release"], shipped["stage"], shipped["verdict"]) == (number, "candidate", "pass")
    _said(project, "promote", f"{CAPABILITY}@{number}", "--approve", **place)
    return shipped


def _production(project: SmallProject, place: dict[str, str]) -> int:
    lines = json.loads(_said(project, "status", "--json", **place))
    return int(next(line["release"] for line in lines if line["stage"] == "production"))


def _said(project: SmallProject, *arguments: str, **variables: str) -> str:
    said = project.run(*arguments, **variables)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout
