"""A release as a user makes it: whole processes, a real Prefect server, real DVC, real MLflow."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.small_project import CAPABILITY, FirstRelease, SmallProject, customers, forget_releases, git

from roadworthy.digest import digest_file, digest_files
from roadworthy.lineage.records import RecordFolder
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import Standing, standing_of
from roadworthy.store import LocalStore
from roadworthy.workspace import Workspace

STEPS = ("ingest", "validate", "prepare", "reference", "train", "evaluate", "package", "register", "compare", "present")


def test_a_release_ends_in_a_summary(first_release: FirstRelease) -> None:
    """Exit 0; number, digest, figures with intervals, verdicts, what waits for whom, and the next command."""
    said = first_release.said
    assert said.returncode == 0
    assert _outcomes(said.stdout).keys() == set(STEPS)
    for text in ("churn@1  candidate", "auc", "at 95%", "floor auc", "not_worse auc", "in production: nothing yet"):
        assert text in said.stdout
    assert "waits for an ML lead" in said.stdout
    assert "next: roadworthy promote churn" in said.stdout
    assert "Traceback" not in said.stderr


def test_again_changes_nothing_and_json_holds_nothing_else(released_project: SmallProject) -> None:
    """The same command again: every step unchanged, the same release, an unchanged ledger; stdout is JSON alone."""
    before = _digests(released_project)
    said = released_project.run("release", CAPABILITY, "--json")
    assert said.returncode == 0, said.stderr
    shipped = json.loads(said.stdout)
    assert (shipped["release"], shipped["stage"], shipped["verdict"]) == (1, "candidate", "pass")
    assert set(_outcomes(said.stderr).values()) == {"unchanged"}
    assert _digests(released_project) == before


def test_dvc_agrees_that_nothing_is_left_to_do(released_project: SmallProject) -> None:
    """After a release `dvc status` is clean and `dvc repro` runs nothing."""
    assert "up to date" in _dvc(released_project, "status")
    assert "up to date" in _dvc(released_project, "repro")


def test_dvc_repro_leaves_the_same_bytes(released_project: SmallProject, tmp_path: Path) -> None:
    """In a fresh clone `dvc repro` alone makes the bundle that the flow made, byte for byte."""
    git(tmp_path, "clone", "--quiet", str(released_project.root), "clone")
    clone = SmallProject(tmp_path / "clone", {**released_project.environment, "PYTHONPATH": str(tmp_path / "clone")})
    _dvc(clone, "repro")
    assert _bundle(clone) == _bundle(released_project)


def test_only_what_changed_runs_again(promoted_project: SmallProject) -> None:
    """Another seed: data stays as it is, the model is trained anew, and the release gets the next number."""
    shipped = _standing(promoted_project)
    assert shipped.release(2).digest != shipped.release(1).digest
    runs = _performed(promoted_project)
    assert {step: runs.count(step) for step in ("ingest", "validate", "prepare", "train", "evaluate", "package")} == {
        "ingest": 1,
        "validate": 1,
        "prepare": 1,
        "train": 2,
        "evaluate": 2,
        "package": 2,
    }


def test_a_release_is_reproduced_after_parameters_and_code_moved_on(
    promoted_project: SmallProject, tmp_path: Path
) -> None:
    """Release 1 comes out byte for byte: its commit has no data, and since then code and data have changed."""
    project = promoted_project.copy(tmp_path / "churn")
    (project.root / "tasks" / "train.py").write_text("raise RuntimeError('the code has moved on')\n")
    (project.root / "customers.csv").write_text(customers(seed=2))
    project.commit("Break it")
    # The command line of the work tree that was released; only the rebuilt folder's own code trains.
    project = SmallProject(project.root, {**project.environment, "PYTHONPATH": str(promoted_project.root)})
    said = project.run("reproduce", "churn@1", "--json")
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    assert answer["identical"] is True
    assert {file["sameness"] for file in answer["reproduction"]["files"]} == {"same"}


def test_an_uncommitted_change_stays_a_candidate(copied_project: SmallProject) -> None:
    """From a dirty work tree a release can be made, says what to do, and is refused every move."""
    (copied_project.root / "tasks" / "notes.py").write_text('"""Not committed."""\n')
    said = copied_project.run("release", CAPABILITY, "--json")
    assert said.returncode == 0, said.stderr
    shipped = json.loads(said.stdout)
    assert (shipped["release"], shipped["clean_work_tree"], shipped["stage"]) == (2, False, "candidate")
    assert "commit" in shipped["waits_for"]
    refused = copied_project.run("promote", "churn@2", "--approve")
    assert refused.returncode == 5
    assert "refused" in refused.stdout
    assert "commit" in refused.stdout
    assert _standing(copied_project).release(2).stage.value == "candidate"


def test_mlflow_down_means_nothing_registered_and_once_when_it_is_back(copied_project: SmallProject) -> None:
    """MLflow does not answer: exit 6 and an empty ledger. Back again, the same command makes exactly one version."""
    forget_releases(copied_project)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{closed.getsockname()[1]}"
        said = copied_project.run(
            "release", CAPABILITY, ROADWORTHY_TRACKING_URI=uri, ROADWORTHY_REGISTRY_WAIT_SECONDS="1"
        )
    assert said.returncode == 6
    assert uri in said.stderr
    assert "remedy:" in said.stderr
    assert _store(copied_project).keys("ledger/") == []
    again = copied_project.run("release", CAPABILITY, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["release"] == 1
    assert _versions(copied_project) == [1]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("id,plan,tenure,churn", "id,product,tenure,churn", ("customers.csv", "column plan")),
        ("c00007,", "c00008,", ("expect_column_values_to_be_unique", "id", "customers")),
    ],
    ids=["a renamed column", "a hard expectation"],
)
def test_bad_data_stops_the_release_and_leaves_everything_as_it_was(
    copied_project: SmallProject, old: str, new: str, words: tuple[str, ...]
) -> None:
    """One clear error that names file, field and remedy; exit 3; outputs, ledger and registry as before."""
    source = copied_project.root / "customers.csv"
    source.write_text(source.read_text().replace(old, new))
    copied_project.set_params()
    before = _digests(copied_project)
    said = copied_project.run("release", CAPABILITY)
    assert said.returncode == 3, said.stderr
    for word in (*words, "where:", "remedy:"):
        assert word in said.stderr
    assert "Traceback" not in said.stderr
    after = _digests(copied_project)
    # What ingest made of a readable source stays; the next run goes on from there.
    kept = [name for name in before if not name.startswith(("data/churn/sources/", "dvc.lock"))]
    assert {name: after.get(name) for name in kept} == {name: before[name] for name in kept}
    assert _versions(copied_project) == [1]


def test_a_full_disk_is_one_clear_error_and_the_release_completes_later(copied_project: SmallProject) -> None:
    """Without room for the model: one error with a remedy, nothing registered. With room, the command ends well."""
    project = copied_project
    project.set_params(seed=3)
    project.commit("Another seed")
    said = _with_a_full_disk(project)
    assert said.returncode == 8, said.stderr
    assert "disk is full" in said.stderr
    assert "remedy:" in said.stderr
    assert len(_standing(project).releases) == 1
    again = project.run("release", CAPABILITY, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["release"] == 2


def _with_a_full_disk(project: SmallProject) -> subprocess.CompletedProcess[str]:
    """Run the release with data/churn on a file system of its own that holds what is there and no more."""
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("This system lets no user mount a file system of their own.")
    script = (
        'cp -a "$0/." "$1" && mount -t tmpfs -o size=2m tmpfs "$0" && cp -a "$1/." "$0" && '
        '{ cat /dev/zero > "$0/filler" 2> "$1/full"; exec "$2" -m cli.main release churn; }'
    )
    aside = project.root.parent / "aside"
    aside.mkdir()
    command = [*alone, "sh", "-c", script, str(project.root / "data" / "churn"), str(aside), sys.executable]
    return subprocess.run(
        command, cwd=project.root, env=project.environment, capture_output=True, text=True, check=False
    )


def _outcomes(progress: str) -> dict[str, str]:
    """Map each step to what its line says."""
    lines = (line.split(maxsplit=3) for line in progress.splitlines())
    return {words[0]: words[3] for words in lines if len(words) == 4 and words[0] in STEPS and words[2] == "s"}


def _dvc(project: SmallProject, *arguments: str) -> str:
    environment = {**project.environment, "DVC_NO_ANALYTICS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], cwd=project.root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _bundle(project: SmallProject) -> dict[str, str]:
    return digest_files(Workspace(project.root, CAPABILITY).bundle)


def _digests(project: SmallProject) -> dict[str, str]:
    """Return the digest of everything that a release leaves in the work tree and the store."""
    root = project.root
    folders = [root / "data", root / ".roadworthy" / "store"]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return {file.relative_to(root).as_posix(): digest_file(file) for file in (*files, root / "dvc.lock")}


def _store(project: SmallProject) -> LocalStore:
    return LocalStore(project.root / ".roadworthy" / "store")


def _standing(project: SmallProject) -> Standing:
    return standing_of(CAPABILITY, Ledger(_store(project), CAPABILITY).entries())


def _performed(project: SmallProject) -> list[str]:
    """Return the step of each run that the lineage says was complete."""
    return [record.step for record in RecordFolder(project.root / ".roadworthy" / "lineage").all()]


def _versions(project: SmallProject) -> list[int]:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project.root}/.roadworthy/mlflow/mlflow.db")
    return [version.version for version in client.search_model_versions("name='churn'")]
