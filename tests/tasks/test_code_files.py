"""Which files count as a step's code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from roadworthy.steps import Step
from tasks.catalog import ROUTES
from tasks.code_files import code_files
from tasks.package_assistant import PACKAGE_ASSISTANT
from tasks.train import TRAIN

ROOT = Path(__file__).parents[2]
LOADED = """
import sys
from importlib import import_module
for name in sys.argv[1].split(","):
    import_module(name)
ours = [module for name, module in sys.modules.items() if name.split(".")[0] in ("roadworthy", "tasks")]
print("\\n".join(sorted(module.__file__ for module in ours if module.__file__)))
"""


STEPS = {step.run.__module__: step for route in ROUTES.values() for step in route.to_bundle}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_every_module_that_a_step_loads_is_its_code(step: Step) -> None:
    """What Python really loads when all of a step's modules are imported is in its code: nothing can change unseen."""
    files = code_files(step)
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files if path.suffix == ".py"]
    command = [sys.executable, "-c", LOADED, ",".join(names)]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    # A package's own __init__ holds a docstring and nothing else.
    missing = {Path(path) for path in loaded if not path.endswith("__init__.py")} - set(files)
    assert missing == set()


def test_a_step_does_not_depend_on_what_it_never_imports() -> None:
    """Another drawing of the lineage does not train the model again."""
    names = {path.relative_to(ROOT).as_posix() for path in code_files(TRAIN)}
    assert "tasks/train.py" in names
    assert "roadworthy/modelling/model_file.py" in names
    assert not any(name.startswith(("roadworthy/lineage/", "roadworthy/release/", "cli/", "flows/")) for name in names)


def test_a_template_is_code() -> None:
    """A card that is worded another way is made again; a step that has nothing to do with cards is not."""
    card = ROOT / "roadworthy" / "assistant" / "templates" / "assistant_card.md"
    assert card in code_files(PACKAGE_ASSISTANT)
    assert card not in code_files(TRAIN)
