"""The installer: what pip is told on a machine, uv is told too."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def install() -> ModuleType:
    """deployments/install.py, which is no package's module."""
    specification = importlib.util.spec_from_file_location("install", REPOSITORY / "deployments" / "install.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_pips_configuration_is_handed_to_uv(
    install: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Index, further indexes, links and certificate, from whichever file pip reads them."""
    if not install.PYTHON.is_file():
        pytest.skip("the environment was not made by `make setup`")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://index.example/simple\n"
        "extra-index-url = https://one.example/simple\n    https://two.example/simple\n"
        f"find-links = {tmp_path}\ncert = {tmp_path}/ca.pem\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    told = install.for_uv()
    assert told["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    assert told["UV_INDEX"].split() == ["https://one.example/simple", "https://two.example/simple"]
    assert told["UV_FIND_LINKS"] == str(tmp_path)
    assert told["SSL_CERT_FILE"] == f"{tmp_path}/ca.pem"


def test_a_step_that_fails_ends_the_set_up(install: ModuleType) -> None:
    """The command that failed is named; nothing goes on as if the environment were there."""
    with pytest.raises(SystemExit, match=r"setting up \.venv failed \(3\) at: .*exit 3"):
        install.run("sh", "-c", "exit 3")
    assert install.run("sh", "-c", "exit 3", check=False) == 3
