"""Great Expectations, imported without what only one of its expectations uses: scipy.stats, a quarter of the time."""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec


def import_when_used(name: str) -> None:
    """Put a module into place that imports itself when somebody first uses it."""
    specification = find_spec(name)
    if name in sys.modules or specification is None or specification.loader is None:
        return
    specification.loader = LazyLoader(specification.loader)
    module = module_from_spec(specification)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    setattr(sys.modules[parent], child, module)
    specification.loader.exec_module(module)


import_when_used("scipy.stats")

import great_expectations  # noqa: E402, F401
