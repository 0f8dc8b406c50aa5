"""dvc.yaml is rendered from the parameters and the steps; who forgets it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.front_door import ask

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the repository's parameters and a dvc.yaml made from them."""
    (tmp_path / "params.yaml").write_bytes((REPOSITORY / "params.yaml").read_bytes())
    assert ask(tmp_path, "render").out == "dvc.yaml written\n"
    return tmp_path


def test_the_repository_s_own_dvc_yaml_is_up_to_date() -> None:
    """What stands in the repository is what its parameters and steps give."""
    answer = ask(REPOSITORY, "render", "--check")
    assert (answer.code, answer.out) == (0, "dvc.yaml is up to date\n")


def test_a_rendered_file_stays_as_it_is(folder: Path) -> None:
    """Rendering twice changes nothing."""
    assert ask(folder, "render").out == "dvc.yaml was up to date\n"
    assert ask(folder, "render", "--check").code == 0


def test_a_stale_file_is_reported_and_left_alone(folder: Path) -> None:
    """With --check a stale file is exit 1 and the remedy; nothing is written."""
    params = folder / "params.yaml"
    params.write_text(params.read_text().replace("flight-delay:", "late-flights:"))
    before = (folder / "dvc.yaml").read_bytes()
    answer = ask(folder, "render", "--check")
    assert answer.code == 1
    assert "roadworthy render" in answer.out
    assert (folder / "dvc.yaml").read_bytes() == before
    assert ask(folder, "render").code == 0
    assert ask(folder, "render", "--check").code == 0
