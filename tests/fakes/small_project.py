"""A whole project in a temporary folder: our code, committed to Git, and one small capability that ships in seconds."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from roadworthy.digest import digest_bytes

REPOSITORY = Path(__file__).resolve().parents[2]
COPIED = (
    "roadworthy",
    "gateway",
    "tasks",
    "flows",
    "cli",
    "deployments",
    ".dvc/config",
    ".dvc/.gitignore",
    ".dvcignore",
)
COPIED += (".gitignore", "data/.gitignore", "requirements.lock", "pyproject.toml")
MLFLOW_DATABASE = ".roadworthy/mlflow/mlflow.db"
CAPABILITY = "churn"

PARAMS = """
capabilities:
  churn:
    kind: model
    description: Tells which customers are about to leave.
    owner: tests
    card: {{intended_use: tests, limitations: made-up data, licence_of_data: CC0-1.0}}
    ingest:
      sources:
        customers:
          uri: customers.csv
          sha256: {digest}
          format: csv
          columns: {{id: VARCHAR, plan: VARCHAR, tenure: DOUBLE, churn: VARCHAR}}
    validate:
      tables:
        customers: {{suite: expectations/customers.json, quarantine_budget: 0.05}}
    prepare:
      keys: [id]
      split: {{seed: 7, evaluate_share: 0.4}}
      label: {{column: churn, positive: "Yes"}}
      features: {{categorical: [plan], numeric: [tenure]}}
    train:
      estimator: sklearn.linear_model.LogisticRegression
      encoding: one_hot
      seed: {seed}
    evaluate: {{resamples: 200, segments: [plan], smallest_segment: 50}}
    gates:
      - {{kind: floor, metric: auc, at_least: 0.6}}
      - {{kind: not_worse, metric: auc, margin: 0.02}}
"""
SUITE = """{
  "name": "customers",
  "expectations": [
    {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}, "severity": "critical"},
    {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "churn"}, "severity": "critical"},
    {"type": "expect_column_values_to_be_between", "severity": "warning",
     "kwargs": {"column": "tenure", "min_value": 0, "max_value": 100}}
  ]
}
"""


@dataclass(frozen=True)
class SmallProject:
    """The project's root, and the environment in which its commands run."""

    root: Path
    environment: dict[str, str]

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `roadworthy` with these arguments, as a user would in a shell; nothing is raised."""
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=self.root,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def copy(self, root: Path) -> SmallProject:
        """Return a copy of everything in `root`, releases too, that knows nothing of this folder.

        Its data was looked at before: nothing is imported for that in advance, which takes seconds.
        """
        shutil.copytree(self.root, root, symlinks=True)
        _redirect_artifacts(root / MLFLOW_DATABASE, self.root, root)
        changed = {"PYTHONPATH": str(root), "ROADWORTHY_WARM_PROCESSES": "false"}
        return SmallProject(root, {**self.environment, **changed})

    def commit(self, message: str = "Change something") -> None:
        """Commit everything."""
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", message)

    def set_params(self, seed: int = 0) -> None:
        """Write params.yaml for the customers that lie there now."""
        digest = digest_bytes((self.root / "customers.csv").read_bytes())
        (self.root / "params.yaml").write_text(PARAMS.format(digest=digest, seed=seed))


@dataclass(frozen=True)
class FirstRelease:
    """A small project that was released once, and what that said."""

    project: SmallProject
    said: subprocess.CompletedProcess[str]


def make_small_project(root: Path, prefect_api_url: str, mlflow_tables: Path | None = None) -> SmallProject:
    """Lay out the project in `root`, with its data, and commit it.

    With `mlflow_tables` MLflow has its tables already, without content: to make them takes seconds.
    """
    for name in COPIED:
        _copy(REPOSITORY / name, root / name)
    (root / "expectations").mkdir()
    (root / "expectations" / "customers.json").write_text(SUITE)
    (root / "customers.csv").write_text(customers())
    project = SmallProject(root, _environment(root, prefect_api_url))
    project.set_params()
    if mlflow_tables:
        _copy(mlflow_tables, root / MLFLOW_DATABASE)
    git(root, "init", "--quiet", "--initial-branch", "main")
    assert project.run("render").returncode == 0
    git(root, "add", "--all", ":(exclude)customers.csv")
    git(root, "commit", "--quiet", "--message", "Lay out")
    # Not code: a release names the commit before, which has no data.
    project.commit("Add the data")
    return project


def open_small_project(root: Path, prefect_api_url: str) -> SmallProject:
    """Return a project that lies there already."""
    return SmallProject(root, _environment(root, prefect_api_url))


def release_first(folder: Path, prefect_api_url: str) -> None:
    """Make a project in `folder / "churn"`, release it, and keep what that said in said.json.

    As it was before lies in `folder / "before"`.
    """
    project = make_small_project(folder / CAPABILITY, prefect_api_url)
    project.copy(folder / "before")
    said = _succeed(project, "release", CAPABILITY)
    (folder / "said.json").write_text(json.dumps(vars(said)))


def promote_second(released: SmallProject, folder: Path) -> None:
    """Copy the project to `folder / "churn"`, and promote its first release and a second one with another seed."""
    project = released.copy(folder / CAPABILITY)
    _succeed(project, "promote", "churn@1", "--approve")
    project.set_params(seed=1)
    project.commit("Another seed")
    _succeed(project, "release", CAPABILITY)
    _succeed(project, "promote", "churn@2", "--approve")


def forget_releases(project: SmallProject) -> None:
    """Make the project one whose steps are done and that was never released."""
    for name in ("store", "mlflow"):
        shutil.rmtree(project.root / ".roadworthy" / name)


def customers(rows: int = 600, seed: int = 1) -> str:
    """Return made-up customers as CSV: those on the basic plan and the new ones leave more often."""
    chance = random.Random(seed)  # noqa: S311  (made-up data)
    lines = ["id,plan,tenure,churn"]
    for number in range(rows):
        plan, tenure = chance.choice(["basic", "plus", ""]), chance.randint(0, 60)
        leaves = chance.random() < (0.7 if plan == "basic" else 0.2) * (1.2 if tenure < 20 else 0.6)
        lines.append(f"c{number:05},{plan},{tenure},{'Yes' if leaves else 'No'}")
    return "\n".join(lines) + "\n"


def git(root: Path, *arguments: str) -> str:
    """Run git in `root` under a name of the tests' own, and return what it says."""
    identity = ["-c", "user.name=tests", "-c", "user.email=tests@example.com"]
    return subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def _succeed(project: SmallProject, *arguments: str) -> subprocess.CompletedProcess[str]:
    said = project.run(*arguments)
    assert said.returncode == 0, said.stdout + said.stderr
    return said


def _environment(root: Path, prefect_api_url: str) -> dict[str, str]:
    # Compiled once: copies take the byte code along.
    foreign = ("ROADWORTHY_", "MLFLOW_", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    # The code of the project's own folder, not the one that is installed.
    return {**inherited, "PYTHONPATH": str(root), "PREFECT_API_URL": prefect_api_url, "OMP_NUM_THREADS": "1"}


MLFLOW_PATHS = {
    "experiments": ("artifact_location",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
    "runs": ("artifact_uri",),
}
"""Where MLflow keeps paths that start at the root: each table's columns."""


def _redirect_artifacts(database: Path, old: Path, new: Path) -> None:
    if not database.is_file():
        return
    with sqlite3.connect(database) as connection:
        for table, columns in MLFLOW_PATHS.items():
            for column in columns:
                statement = f"update {table} set {column} = replace({column}, ?, ?)"  # noqa: S608
                connection.execute(statement, (str(old), str(new)))
    connection.close()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        # With its byte code, where there is any: it holds for files of the same time.
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
