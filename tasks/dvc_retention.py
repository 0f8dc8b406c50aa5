"""Removes DVC's versions of evaluation sets that are too old, from cache and remote, and proves that they are gone."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.errors import StepFailed, Unavailable
from roadworthy.store import Store, explaining
from tasks.cache_retention import released
from tasks.dvc_versions import DvcCache, ExpiredVersions, expired_versions
from tasks.exclusive import exclusive

if TYPE_CHECKING:
    from dvc.repo import Repo


def sweep_versions(store: Store, root: Path, home: Path, end: date) -> int:
    """Remove what `scan_versions` finds; return how many objects there were.

    Remote first, and what tells of an object last: cut short, the next sweep finds the rest. Raises `Busy` while a
    release uses the work tree, `Unavailable` when the remote fails, and `StepFailed` when something is left.
    """
    if not scan_versions(store, root, end).runs:
        return 0
    with exclusive(home, "sweep_retention"), _opened(root) as repo, repo.lock:
        found = _scan(repo, store, end)
        if repo.config["core"].get("remote"):
            _remove_remote(repo, found)
        _remove_local(DvcCache(repo), found)
        left = _scan(repo, store, end)
    if left.runs or left.objects:
        raise StepFailed(
            "DVC's cache still holds a version that is older than `retention` in params.yaml allows",
            where=str((*left.runs, *left.objects)[0]),
            remedy="run it again; when it stays so, somebody else writes to the cache",
        )
    return len(found.objects)


def scan_versions(store: Store, root: Path, end: date) -> ExpiredVersions:
    """Return what was made before `end` and is needed by no release and not by dvc.lock; nothing is changed.

    Nothing in a cache outside of the repository: others share it, and nobody here knows what they need.
    """
    if not (root / ".dvc").is_dir():
        return ExpiredVersions()
    with _opened(root) as repo:
        return _scan(repo, store, end)


def _scan(repo: Repo, store: Store, end: date) -> ExpiredVersions:
    cache = DvcCache(repo)
    if not cache.folder.is_relative_to(repo.root_dir):
        return ExpiredVersions()
    files = frozenset(digest for one in released(store) for digest in one.manifest.files.values())
    return expired_versions(cache, files, end)


@contextmanager
def _opened(root: Path) -> Iterator[Repo]:
    from dvc.repo import Repo

    with Repo(str(root)) as repo:
        yield repo


def _remove_local(cache: DvcCache, found: ExpiredVersions) -> None:
    for path in (*(cache.object_path(name) for name in found.objects), *found.runs):
        with explaining(path):
            path.unlink(missing_ok=True)


def _remove_remote(repo: Repo, found: ExpiredVersions) -> None:
    """Remove the same from the default remote, and look whether it is gone."""
    cache = DvcCache(repo)
    try:
        objects = repo.cloud.get_remote_odb()
        # DVC keeps runs beside the objects of its second version, in the remote as in the cache.
        runs = repo.cloud.get_remote_odb(hash_name="md5-dos2unix")
        paths = [objects.oid_to_path(name) for name in found.objects]
        paths += [runs.fs.join(runs.path, *run.relative_to(cache.folder).parts) for run in found.runs]
        for path in paths:
            if objects.fs.exists(path):
                objects.fs.remove(path)
        left = [path for path in paths if objects.fs.exists(path)]
    except Exception as error:
        # Each kind of remote has errors of its own.
        raise Unavailable(
            f"DVC's remote can't be swept: {type(error).__name__}",
            where="dvc remote",
            remedy="`dvc status -c` shows whether it can be reached",
        ) from error
    if left:
        raise StepFailed(
            "DVC's remote still holds what was removed", where=str(left[0]), remedy="look who writes there"
        )
