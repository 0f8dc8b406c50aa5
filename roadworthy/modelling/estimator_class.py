"""Which class an estimator's import path means, and what to suggest when it means none."""

# Late imports: start-up time.
from __future__ import annotations

import difflib
import importlib
from collections.abc import Collection
from types import ModuleType
from typing import Any

from roadworthy.errors import ParamsError

_WHERE = "train.estimator"


def estimator_class(path: str, trusted_modules: Collection[str] = ()) -> Any:
    """Return the classifier's class at the import path `path`, such as `sklearn.svm.SVC`.

    Only scikit-learn and the packages in `trusted_modules` are imported from. Raises `ParamsError`.
    """
    packages = ("sklearn", *trusted_modules)
    if not any(path.startswith(f"{package}.") for package in packages):
        raise ParamsError(
            f"'{path}' comes from none of the packages that are trusted: {', '.join(packages)}.",
            where=_WHERE,
            remedy="Name its package in train.trusted_modules if you trust it as code.",
        )
    module_name, _, name = path.rpartition(".")
    module = _module(module_name, path)
    found = getattr(module, name, None)
    if found is None:
        raise _unknown(path, module)
    return _checked(found, path)


def suggestion(name: str, allowed: Collection[str]) -> str | None:
    """Return a sentence with the one of `allowed` that is most like `name`, if any is."""
    close = difflib.get_close_matches(name, allowed, n=1, cutoff=0.6)
    return f"Did you mean '{close[0]}'?" if close else None


def _checked(found: Any, path: str) -> Any:
    from sklearn.base import BaseEstimator, ClassifierMixin

    if isinstance(found, type) and issubclass(found, ClassifierMixin) and issubclass(found, BaseEstimator):
        return found
    raise ParamsError(
        f"'{path}' is not a scikit-learn classifier.",
        where=_WHERE,
        remedy="Name a class derived from sklearn.base.ClassifierMixin and BaseEstimator.",
    )


def _module(name: str, path: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    # An installed package may fail on import with any error of its own.
    except Exception as error:
        if path.startswith("sklearn."):
            raise _unknown(path, None) from error
        raise ParamsError(
            f"'{name}' can't be imported: {error}",
            where=_WHERE,
            remedy="Install its package into the environment and its lock, or correct the path.",
        ) from error


def _unknown(path: str, module: ModuleType | None) -> ParamsError:
    if module is not None:
        known = [f"{module.__name__}.{name}" for name in dir(module)]
    else:
        known = _classifiers_of_scikit_learn()
    return ParamsError(
        f"There is no '{path}'.",
        where=_WHERE,
        remedy=suggestion(path, known) or "Look the import path up in its package's documentation.",
    )


def _classifiers_of_scikit_learn() -> list[str]:
    """Return public import paths: classes live in private modules of public ones."""
    from sklearn.utils import all_estimators

    return [
        ".".join([*(part for part in found.__module__.split(".") if not part.startswith("_")), name])
        for name, found in all_estimators(type_filter="classifier")
    ]
