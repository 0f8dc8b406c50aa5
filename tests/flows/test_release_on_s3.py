"""The same release path for a team: releases and ledger on S3, and two machines that share nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from fakes.small_project import CAPABILITY, SmallProject
from servers.seaweedfs import S3Server


def test_a_release_on_s3_is_promoted_on_one_machine_and_found_on_another(
    copied_project: SmallProject, s3_server: S3Server, s3_address: str, tmp_path: Path
) -> None:
    """One machine ships and promotes; another, given the store's address, sees it live and verifies it."""
    home = tmp_path / "home"
    shared = {**s3_server.environment, "ROADWORTHY_STORE": s3_address}
    here = {**shared, "ROADWORTHY_HOME": str(home)}
    there = {**shared, "ROADWORTHY_HOME": str(tmp_path / "elsewhere")}
    shipped = json.loads(_said(copied_project, "release", CAPABILITY, "--json", **here))
    assert (shipped["release"], shipped["stage"], shipped["verdict"]) == (1, "candidate", "pass")
    _said(copied_project, "promote", f"{CAPABILITY}@1", "--approve", **here)
    (line,) = json.loads(_said(copied_project, "status", "--json", **there))
    assert (line["release"], line["stage"], line["digest"]) == (1, "production", shipped["digest"])
    keys = {"ROADWORTHY_SIGNING_KEY": str(next(home.rglob("*.pem")))}
    verified = json.loads(_said(copied_project, "verify", f"{CAPABILITY}@1", "--json", **{**there, **keys}))
    assert verified["intact"]
    # Nothing was live before it: the rule is the same wherever one asks.
    assert copied_project.run("rollback", CAPABILITY, **there).returncode == 5


def _said(project: SmallProject, *arguments: str, **variables: str) -> str:
    said = project.run(*arguments, **variables)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout
