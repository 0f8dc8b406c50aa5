"""Makes .venv from requirements.lock, every file checked by its hash; run by make, with nothing but Python.

uv does the work where it runs, because it is ten times faster; pip where it doesn't. uv does not read pip's
configuration, so what pip is told on this machine (index, certificates) is handed over in the environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
UV = ENVIRONMENT / "bin" / "uv"
FROM_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
"""pip's setting, and the variable in which uv takes the same."""


def main() -> None:
    """Create the environment, install what is locked, and Roadworthy itself as the work tree has it."""
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", str(ENVIRONMENT))
    pip = (str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check")
    if run(*pip, "install", "--require-hashes", "-r", "deployments/uv.lock", check=False) == 0:
        environment = {**for_uv(), **os.environ, "VIRTUAL_ENV": str(ENVIRONMENT)}
        install = ("pip", "install", "--quiet", "--require-hashes", "--compile-bytecode", "-r", "requirements.lock")
        run(str(UV), *install, env=environment)
    else:
        run(*pip, "install", "--require-hashes", "-r", "requirements.lock")
    # A plain path file starts faster than a finder hook, and a build without isolation fetches nothing.
    own = ("--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat", "--editable", ".")
    run(*pip, "install", *own)


def for_uv() -> dict[str, str]:
    """Return pip's own configuration as uv's environment variables."""
    listed = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    # pip takes all its indexes as one; that is safe here, because every file has to have its hash.
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        variable = FROM_PIP.get(name.rpartition(".")[2])
        if variable:
            separator = "," if variable == "UV_FIND_LINKS" else " "
            # pip prints each value as Python writes it, line breaks and all.
            settings[variable] = separator.join(str(literal_eval(value)).split())
    return settings


def run(*command: str, check: bool = True, env: dict[str, str] | None = None) -> int:
    """Run a command in the repository's root; return its exit code, or stop with it."""
    code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    if check and code:
        sys.exit(f"setting up .venv failed ({code}) at: {' '.join(command)}")
    return code


if __name__ == "__main__":
    main()
