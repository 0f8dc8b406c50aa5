"""Profiles made by the workers of a Dask cluster: each counts some files, and the counts are merged in one order."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from roadworthy.drift.profile.profile import Layout, Profile, merged
from roadworthy.drift.profile.scanning import profile_files
from roadworthy.errors import RoadworthyError, SourceError, StepFailed, Unavailable, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

_TURNS = 4
"""So many tasks come to each thread, so that none waits long for the last: each task costs 30 ms to open DuckDB."""
_PATIENCE = 30
"""Seconds to wait for a scheduler and its first worker."""
_REPLIES = ["msgpack", "error"]
"""How a worker's answer may be written: nothing that it returns is unpickled here."""


class _Answer(BaseModel):
    """What a worker has to say of its files: their profile, or what is wrong with one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Profile | None = None
    problem: str = ""
    where: str | None = None
    remedy: str | None = None


def profile_on_cluster(paths: Sequence[Path], layout: Layout, client: Client) -> Profile:
    """Count the rows of Parquet and CSV files, some files a task, and give the same bytes as `profile_files`.

    Every worker has to see the files at the same paths, and has to have Roadworthy installed. Files whose worker dies
    go to another, as often as Dask's setting `distributed.scheduler.allowed-failures` says. Raises `SourceError` when
    a file can't be read, `StepFailed` when workers keep dying over one.
    """
    shares = _shares([str(path.resolve()) for path in paths], sum(client.nthreads().values()))
    # Not pure: a file may have changed since its path was asked for last.
    futures = client.map(_profile_share, shares, layout=layout.to_bytes(), pure=False)
    try:
        return merged(layout, (_take(one, share) for one, share in zip(futures, shares, strict=True)))
    finally:
        client.cancel(futures)


@contextmanager
def local_cluster(workers: int) -> Iterator[Client]:
    """Start so many worker processes on loopback, with a thread each and no page, and stop them at the end."""
    distributed = _distributed()
    with (
        TemporaryDirectory(prefix="roadworthy-workers-") as scratch,
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
            worker_dashboard_address=None, local_directory=scratch, silence_logs="CRITICAL",
        ) as cluster,
        distributed.Client(cluster, deserializers=_REPLIES, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


@contextmanager
def remote_cluster(scheduler: str, patience: float = _PATIENCE) -> Iterator[Client]:
    """Connect to a scheduler such as tls://host:8786, with the certificates that Dask's own configuration names.

    Raises `Unavailable` when it, or its first worker, does not answer within `patience` seconds; `UsageError` when
    the address is none.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(scheduler, timeout=patience, deserializers=_REPLIES, set_as_default=False)
    except ValueError as error:
        raise UsageError(
            f"no scheduler's address: {error}", where=scheduler, remedy="give tls://host:8786 or tcp://host:8786"
        ) from error
    except OSError as error:
        raise _silent("the scheduler does not answer", scheduler) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=patience)
        except TimeoutError as error:
            raise _silent("the scheduler has no workers", scheduler) from error
        yield client


def _shares(paths: list[str], threads: int) -> list[list[str]]:
    size = max(1, len(paths) // (_TURNS * max(1, threads)))
    return [paths[start : start + size] for start in range(0, len(paths), size)]


def _profile_share(paths: list[str], layout: bytes) -> bytes:
    """Count some files' rows, on a worker, whose cores are shared out already."""
    try:
        profile = profile_files([Path(path) for path in paths], Layout.model_validate_json(layout), threads=1)
        return _Answer(profile=profile).model_dump_json().encode()
    except RoadworthyError as error:
        # A failure is data here: what a worker raises would come pickled.
        return _Answer(problem=error.problem, where=error.where, remedy=error.remedy).model_dump_json().encode()


def _take(future: Future, share: list[str]) -> Profile:
    """Return what a worker counted, and let the cluster forget it."""
    from distributed import KilledWorker

    try:
        answer = _Answer.model_validate_json(future.result())
    except KilledWorker as error:
        raise StepFailed(
            "files were given up: one worker after another died over them",
            where=", ".join(share),
            remedy="see the workers' logs; most die of too little memory",
        ) from error
    future.release()
    if answer.profile is None:
        raise SourceError(answer.problem, where=answer.where, remedy=answer.remedy)
    return answer.profile


def _silent(problem: str, scheduler: str) -> Unavailable:
    return Unavailable(problem, where=scheduler, remedy="start it, or profile on this machine without --scheduler")


def _distributed() -> ModuleType:
    try:
        import distributed
    except ImportError as error:
        raise UsageError("Dask is not installed", remedy="install roadworthy with its extra [cluster]") from error
    return distributed
