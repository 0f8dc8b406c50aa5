"""Bringing steps up to date: skipped, restored or performed, and one workshop a work tree."""

from __future__ import annotations

import subprocess
import sys

import pytest
from fakes.small_bundle import small_capability
from fakes.small_project import CAPABILITY, SmallProject

from roadworthy.errors import Busy, UnknownName
from roadworthy.settings import Settings
from tasks.catalog import step_called
from tasks.evaluate import EVALUATE
from tasks.train import TRAIN
from tasks.workshop import open_workshop

BRING_UP_TO_DATE = """
from roadworthy.settings import Settings
from tasks.catalog import route_of
from tasks.workshop import open_workshop
with open_workshop(Settings(), "churn") as workshop:
    for step in route_of(workshop.section).to_bundle:
        print(step.name, workshop.bring_up_to_date(step))
"""


@pytest.fixture
def project(copied_project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A released project in which the test's process stands."""
    monkeypatch.chdir(copied_project.root)
    return copied_project


def test_what_is_there_is_skipped_and_what_is_gone_is_restored(copied_project: SmallProject) -> None:
    """A removed output comes back without the step being performed; what follows from it is unchanged."""
    model = copied_project.root / "data" / CAPABILITY / "model" / "model.skops"
    model.unlink()
    done = subprocess.run(
        [sys.executable, "-c", BRING_UP_TO_DATE],
        cwd=copied_project.root,
        env=copied_project.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    outcomes = dict(line.split() for line in done.stdout.splitlines())
    assert outcomes.pop("train") == "restored"
    assert set(outcomes.values()) == {"unchanged"}
    assert model.is_file()


def test_inside_the_same_workshop_is_given(project: SmallProject) -> None:
    """The flow gets the workshop that the command line opened; another process is told to wait."""
    with open_workshop(Settings(), CAPABILITY) as outer:
        with open_workshop(Settings(), CAPABILITY) as inner:
            assert inner is outer
        with (
            pytest.raises(Busy, match="a release of churn"),
            open_workshop(Settings(home=project.root / ".roadworthy"), "x"),
        ):
            pass


def test_a_capability_that_is_none_takes_no_lock(project: SmallProject) -> None:
    """After a typing error the work tree is free."""
    with pytest.raises(UnknownName), open_workshop(Settings(), "chrun"):
        pass
    with open_workshop(Settings(), CAPABILITY):
        pass


def test_a_step_is_found_by_its_name() -> None:
    """Every step has one name; a wrong one gets the nearest."""
    model = small_capability()
    assert step_called("train", model) is TRAIN
    assert step_called("evaluate", model) is EVALUATE
    with pytest.raises(UnknownName, match="no step is called 'evalute'") as caught:
        step_called("evalute", model)
    assert "did you mean 'evaluate'?" in (caught.value.remedy or "")
