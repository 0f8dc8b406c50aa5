"""Which of our own files a step's code is: its module and everything that it imports, found by grimp."""

# Late import: start-up time.
from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.steps import Step

if TYPE_CHECKING:
    from grimp import ImportGraph

PACKAGES = ("roadworthy", "tasks")


def code_files(step: Step) -> tuple[Path, ...]:
    """Return the step's module, every module of ours that it imports, however indirectly, and their templates."""
    module = step.run.__module__
    modules = {module, *_graph().find_upstream_modules(module)}
    files = {_file(name) for name in modules}
    templates = {path for folder in {file.parent for file in files} for path in folder.glob("templates/*")}
    return tuple(sorted(files | templates))


def read_imports() -> None:
    """Find out now which module imports which; otherwise the first step's files do."""
    _graph()


@cache
def _graph() -> ImportGraph:
    import grimp

    # Types are checked, not run: an import that only the type checker sees changes no output.
    return grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)


def _file(module: str) -> Path:
    root = Path(str(import_module(module.split(".")[0]).__file__)).parent.parent
    path = root.joinpath(*module.split("."))
    package = path / "__init__.py"
    return package if package.is_file() else path.with_suffix(".py")
