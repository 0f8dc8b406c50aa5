"""Makes an environment for each peer, once, and says how its pipeline is run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHARED = ("pandas==3.1.1", "scikit-learn==1.9.1")
"""Those of Roadworthy's own lock."""


@dataclass(frozen=True)
class Peer:
    """An orchestrator in an environment of its own, with its state in a folder of the run."""

    name: str
    command: list[str]
    environment: dict[str, str]


def make_peers(environments: Path, state: Path, sources: Path) -> list[Peer]:
    """Install what is not there yet; return the peers, which keep their state below `state` and read `sources`."""
    metaflow = _python(environments / "metaflow", "metaflow==2.19.39")
    zenml = _python(environments / "zenml", "zenml[server]==0.98.0")
    return [
        Peer(
            "metaflow",
            [metaflow, str(HERE / "metaflow_release.py"), "run", "--folder", str(sources)],
            {**os.environ, "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(state), "METAFLOW_HOME": str(state), **_COMMON},
        ),
        Peer(
            "zenml",
            [zenml, str(HERE / "zenml_release.py"), str(sources)],
            {**os.environ, "ZENML_CONFIG_PATH": str(state / "zenml"), **_COMMON},
        ),
    ]


_COMMON = {
    "OMP_NUM_THREADS": "1",
    "METAFLOW_USER": "bench",
    "ZENML_ANALYTICS_OPT_IN": "false",
    "AUTO_OPEN_DASHBOARD": "false",
}


def _python(environment: Path, package: str) -> str:
    python = environment / "bin" / "python"
    done = environment / ".ready"
    if not done.is_file():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", package, *SHARED], check=True)
        done.touch()
    return str(python)
