"""A release that is killed again and again, and then left to come to its end.

`python -m benchmarks.kills` does the same a hundred times, at writes and times drawn at random.
"""

from __future__ import annotations

import pytest
from fakes.small_project import SmallProject

from benchmarks.kill_chain import Chain, Undisturbed, kill_along
from benchmarks.kill_runs import AtSite, Kill, Site
from benchmarks.kill_state import read_state

STEPS = ["ingest", "validate", "prepare", "train", "evaluate", "package", "register", "compare", "present"]
BESIDE = {"reference"}
"""What is performed beside other steps, and may have been done or not when these are killed."""


@pytest.fixture(scope="module")
def undisturbed(
    unreleased_project: SmallProject, released_project: SmallProject, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    """A release that nobody killed: the one that all tests share."""
    state = read_state(released_project, tmp_path_factory.mktemp("undisturbed"))
    return Undisturbed(unreleased_project, released_project, state, sites=(), seconds=0)


def _kill(role: str, site: str, calls: int = 0, delay: float = 0.0, alone: bool = False) -> AtSite:
    return AtSite(Site(role, site, occurrence=1), calls, delay, whole_family=not alone)


KILLS: tuple[Kill, ...] = (
    # DVC's list of users is empty then, which DVC can't read.
    _kill("flow", "open /.dvc/tmp/rwlock", calls=1),
    _kill("worker", "open /data/churn/.tmp-#-#-model/model.json", calls=2),
    _kill("flow", "os.rename /dvc.lock"),
    _kill("worker", "os.link /.roadworthy/store/ledger/churn/#.json", calls=1, alone=True),
)


@pytest.fixture(scope="module")
def killed(undisturbed: Undisturbed, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """A release of the same project that was killed again and again, and then came to its end."""
    return kill_along(undisturbed, list(KILLS), tmp_path_factory.mktemp("killed"), print)


def test_a_release_killed_in_many_steps_ends_as_the_undisturbed_one(killed: Chain) -> None:
    """The same digests, one release, one version in MLflow, no file too many, and no step done twice."""
    assert killed.faults == ()
    assert len(killed.kills) == len(KILLS)


def test_a_killed_release_goes_on_at_the_step_where_it_died(killed: Chain) -> None:
    """Steps that were finished are not done again; the one that was killed is."""
    died_in_train, after = killed.finished[1:3]
    assert [step for step in died_in_train if step not in BESIDE] == STEPS[:3]
    assert {after[step] for step in STEPS[:3]} == {"unchanged"}
    assert killed.finished[-1].keys() == {*STEPS, *BESIDE}
    assert {killed.finished[-1][step] for step in STEPS[:6]} == {"unchanged"}


def test_dvc_lock_is_what_dvc_would_write(undisturbed: Undisturbed) -> None:
    """We write it in one step, which DVC does not; people see no difference."""
    from dvc.repo import Repo

    path = undisturbed.project.root / "dvc.lock"
    ours = path.read_bytes()
    for stage in Repo(str(undisturbed.project.root)).index.stages:
        stage.dvcfile.dump_stages([stage], update_pipeline=False)
        assert path.read_bytes() == ours
