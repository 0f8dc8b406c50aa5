"""The environment: what is installed is held against the lock, package by package, and quickly."""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path

import pytest

from roadworthy.release.environment import Pin, drift_from_lock, pins_of_lock, summary_of

LOCK = """\
# made up
numpy==2.4.6 \\
    --hash=sha256:00
    # via scipy
Ruamel.YAML[jinja2]==0.19.1 --hash=sha256:00
pywin32==312 ; sys_platform == 'no-such-system' \\
    --hash=sha256:00
soupsieve==2.10 ; python_full_version < '3.2'
soupsieve==4.1.2 ; python_full_version >= '3.2'  # via bs4
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder of installed packages that fits the lock."""
    for name, release in (("numpy", "2.4.6"), ("ruamel_yaml", "0.19.1"), ("soupsieve", "4.1.2"), ("extra", "1")):
        install(tmp_path, name, release)
    return tmp_path


def install(folder: Path, name: str, release: str, metadata: str | None = None) -> None:
    """Leave in `folder` what pip leaves of a package."""
    info = folder / f"{name}-{release}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {metadata or release}\n")


def drift(packages: Path, lock: str = LOCK) -> tuple[str, ...]:
    """Compare with that folder."""
    return drift_from_lock(lock, [str(packages)])


def test_pins_with_their_markers() -> None:
    """Hashes, extras and comments are left aside; a name is spelt in one way; a marker stays whole."""
    assert pins_of_lock(LOCK) == (
        Pin("numpy", "2.4.6"),
        Pin("ruamel-yaml", "0.19.1"),
        Pin("pywin32", "312", "sys_platform == 'no-such-system'"),
        Pin("soupsieve", "2.10", "python_full_version < '3.2'"),
        Pin("soupsieve", "4.1.2", "python_full_version >= '3.2'"),
    )


def test_an_environment_that_fits_has_no_drift(packages: Path) -> None:
    """What other systems need is not missed here, and what is installed besides is left alone."""
    assert drift(packages) == ()


def test_another_version_and_a_missing_package_are_named(packages: Path) -> None:
    """Each by its name, with what is there and what should be."""
    lock = LOCK.replace("numpy==2.4.6", "numpy==2.4.5") + "scipy==1.18\n"
    assert drift(packages, lock) == ("numpy is 2.4.6, locked is 2.4.5", "scipy 1.18 is not installed")


def test_a_version_may_be_written_in_another_way(packages: Path) -> None:
    """1.0 and 1.0.0 are one version, and so is what only the metadata spells as the lock does."""
    install(packages, "one", "1.0")
    install(packages, "two", "2.0_local", "2.0+local")
    assert drift(packages, "one==1.0.0\ntwo==2.0+local\n") == ()


def test_what_is_imported_first_counts(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A package in a folder that Python searches earlier hides the one that fits."""
    before = tmp_path_factory.mktemp("before")
    install(before, "numpy", "1.0")
    found = drift_from_lock(LOCK, [str(before), str(packages), str(packages / "nowhere")])
    assert found == ("numpy is 1.0, locked is 2.4.6",)


def test_this_environment_is_compared_by_default() -> None:
    """The packages are those that this process imports."""
    assert drift_from_lock(f"pytest=={version('pytest')}\n") == ()
    assert drift_from_lock("pytest==0.1\n") == (f"pytest is {version('pytest')}, locked is 0.1",)


def test_many_packages_take_no_time(tmp_path: Path) -> None:
    """Three hundred packages take less than 50 ms of the processor, because no metadata is read."""
    names = [f"package-{number}" for number in range(300)]
    for name in names:
        install(tmp_path, name.replace("-", "_"), "1.0")
    lock = "".join(f"{name}==1.0\n" for name in names)
    start = time.process_time()
    assert drift(tmp_path, lock) == ()
    assert time.process_time() - start < 0.05


def test_a_long_drift_is_summed_up() -> None:
    """The first three, and how many more."""
    assert summary_of(("a", "b")) == "a; b"
    assert summary_of(("a", "b", "c", "d", "e")) == "a; b; c and 2 more"
