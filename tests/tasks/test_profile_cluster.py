"""Profiles on a cluster: real worker processes on loopback give the same bytes as one process, whatever happens."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import duckdb
import pytest
from distributed import Client

from roadworthy.drift.profile.laying_out import Watched, make_layout
from roadworthy.drift.profile.profile import Layout
from roadworthy.drift.profile.scanning import profile_files
from roadworthy.errors import SourceError, Unavailable, UsageError
from tasks.profile_cluster import local_cluster, profile_on_cluster, remote_cluster

ROWS = """
    select case when i % 17 = 0 then null else sin(i) * 100 end as number, i % 90 as whole,
    'town ' || (i * i) % 37 as town from range({low}, {high}) t(i)
"""
WATCHED = [Watched("number", "numeric"), Watched("whole", "numeric"), Watched("town", "categorical")]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two workers."""
    with local_cluster(2) as client:
        yield client


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """The cells of the first rows."""
    return make_layout(write(tmp_path_factory.mktemp("reference"), [0, 5000]), WATCHED)


def write(folder: Path, cuts: list[int]) -> list[Path]:
    """Write the rows between each two cuts to a file."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{place:03}.parquet" for place in range(len(cuts) - 1)]
    for path, low, high in zip(paths, cuts, cuts[1:], strict=False):
        duckdb.sql(ROWS.format(low=low, high=high)).write_parquet(str(path))
    return paths


@pytest.mark.parametrize(
    "cuts", [[0, 9000], [0, 1, 4000, 9000], [0, 1500, 3000, 4500, 4500, 6000, 7500, 9000]], ids=len
)
def test_the_bytes_are_those_of_one_process(client: Client, layout: Layout, tmp_path: Path, cuts: list[int]) -> None:
    """However rows are cut into files, two workers count what one process counts of them in one file."""
    whole = profile_files(write(tmp_path / "whole", [0, 9000]), layout)
    assert profile_on_cluster(write(tmp_path / "parts", cuts), layout, client).to_bytes() == whole.to_bytes()


def test_no_files_are_no_rows(client: Client, layout: Layout) -> None:
    """An empty list gives the profile that changes nothing."""
    assert profile_on_cluster([], layout, client) == layout.empty()


def test_a_file_that_cannot_be_read_is_named(client: Client, layout: Layout, tmp_path: Path) -> None:
    """The worker's error arrives as the same error, with the file's path; the others' work is let go."""
    paths = write(tmp_path / "parts", [0, 10, 20])
    paths[1].write_bytes(b"PAR1 but nothing behind it")
    with pytest.raises(SourceError) as caught:
        profile_on_cluster(paths, layout, client)
    assert caught.value.where == str(paths[1])


def test_a_killed_worker_costs_no_row(client: Client, layout: Layout, tmp_path: Path) -> None:
    """Files of a worker that is killed at its work go to another, and the bytes are the same."""
    paths = write(tmp_path / "parts", list(range(0, 150_000, 5_000)))
    whole, pids = profile_files(paths, layout), client.run(os.getpid)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(profile_on_cluster, paths, layout, client)
        busy = _busy_worker(client, set(pids))
        os.kill(pids[busy], signal.SIGKILL)
        assert found.result(timeout=60).to_bytes() == whole.to_bytes()
    client.wait_for_workers(2, timeout=60)
    assert pids[busy] not in client.run(os.getpid).values()


def test_a_scheduler_that_is_not_there_is_named() -> None:
    """Nobody listens: the error says so, and how to go on without."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(Unavailable) as caught, remote_cluster(address, patience=1):
        pass
    assert caught.value.where == address


def test_a_scheduler_without_workers_is_not_waited_for_in_vain() -> None:
    """Nobody would ever do the work: the error says so."""
    with (
        local_cluster(0) as client,
        pytest.raises(Unavailable, match="no workers"),
        remote_cluster(client.scheduler.address, patience=1),
    ):
        pass


def test_an_address_that_is_none_is_refused() -> None:
    """A wrong address is the caller's to correct."""
    with pytest.raises(UsageError), remote_cluster("nothing://here", patience=1):
        pass


def test_a_running_cluster_is_used_and_left_up(client: Client, layout: Layout, tmp_path: Path) -> None:
    """Whoever connects by address gets the same bytes, and the cluster's workers stay."""
    paths = write(tmp_path / "parts", [0, 10, 2000])
    with remote_cluster(client.scheduler.address) as other:
        assert profile_on_cluster(paths, layout, other) == profile_files(paths, layout)
    assert len(client.run(os.getpid)) == 2


def test_a_pickled_answer_is_refused(client: Client) -> None:
    """Only bytes and their like come back: what would have to be pickled does not."""
    with pytest.raises(TypeError, match="serialize"):
        client.submit(Path, "x", pure=False).result(timeout=30)


def _busy_worker(client: Client, workers: set[str]) -> str:
    """Return a worker that has files to count."""
    deadline = monotonic() + 30
    while monotonic() < deadline:
        busy = [worker for worker, tasks in client.processing().items() if tasks and worker in workers]
        if busy:
            return busy[0]
    raise AssertionError("no worker was ever at work")
