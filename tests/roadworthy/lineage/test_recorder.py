"""The recorder: what one call of a step leaves behind, whatever happens meanwhile."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from lineage_samples import MemorySink, artifact, small_step

from roadworthy.digest import digest_bytes
from roadworthy.errors import DataError, IntegrityError, RoadworthyError, StepFailed
from roadworthy.lineage import artifacts
from roadworthy.lineage.artifacts import Watch
from roadworthy.lineage.interface import Field
from roadworthy.lineage.recorder import record_step


def _double(root: Path) -> None:
    (root / "data/doubled.txt").write_text("2 4 6")


def test_a_record_names_all_that_was_read_and_written(tmp_path: Path) -> None:
    """Inputs, code, parameters and outputs are in the record with their digests, and the sink is told twice."""
    sink = MemorySink()
    record = record_step(small_step(tmp_path), lambda: _double(tmp_path), sink)
    assert [(item.name, item.digest, item.size) for item in record.inputs + record.code + record.outputs] == [
        ("data/numbers.txt", digest_bytes(b"1 2 3"), 5),
        ("code/double.py", digest_bytes(b"print(2)"), 8),
        ("data/doubled.txt", digest_bytes(b"2 4 6"), 5),
    ]
    assert (record.outcome, record.reason, record.job) == ("complete", None, "sums.double")
    assert record.parameters["factor"] == 2
    assert sink.ended == [record] and sink.started[0].run_id == record.run_id == str(uuid.UUID(record.run_id))


def test_a_table_is_recorded_with_its_columns_and_rows(tmp_path: Path) -> None:
    """Of a Parquet file the record has schema and row count; a broken one is left for the step to refuse."""
    import pyarrow
    from pyarrow import parquet

    table, broken = tmp_path / "table.parquet", tmp_path / "broken.parquet"
    parquet.write_table(pyarrow.table({"a": [1, 2, 3], "b": ["x", "y", "z"]}), table)
    broken.write_bytes(table.read_bytes()[:-20])
    record = record_step(small_step(tmp_path, inputs=(table, broken)), lambda: _double(tmp_path), MemorySink())
    seen = {item.name: item for item in record.inputs}
    assert seen["table.parquet"].rows == 3
    assert seen["table.parquet"].fields == (Field(name="a", type="int64"), Field(name="b", type="string"))
    assert seen["broken.parquet"].rows is None and seen["broken.parquet"].fields is None


def test_a_folder_is_recorded_file_by_file(tmp_path: Path) -> None:
    """A folder stands for its files; what Python and killed writers left there is nobody's input."""
    call = small_step(tmp_path, inputs=(tmp_path / "data",))
    for name in ("data/deep/b.txt", "data/.tmp-1-x", "data/__pycache__/c.pyc", "data/.tmp-2-folder/d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    record = record_step(replace(call, outputs=()), lambda: None, MemorySink())
    assert [item.name for item in record.inputs] == ["data/deep/b.txt", "data/numbers.txt"]


def test_a_failing_step_is_recorded_and_its_own_error_comes_through(tmp_path: Path) -> None:
    """The very exception is raised again; the record says fail, why, and claims no outputs."""
    sink, error = MemorySink(), ValueError("postgresql://me:secret@db/x is down")

    def fail() -> None:
        _double(tmp_path)
        raise error

    with pytest.raises(ValueError) as caught:
        record_step(small_step(tmp_path), fail, sink)
    assert caught.value is error
    (record,) = sink.ended
    assert (record.outcome, record.outputs) == ("fail", ())
    assert record.reason == "ValueError: postgresql://***@db/x is down"
    assert [item.name for item in record.inputs] == ["data/numbers.txt"]


def test_a_failure_of_the_sink_does_not_hide_the_steps_own(tmp_path: Path) -> None:
    """When the failure can't be recorded either, people still see the step's error."""

    class FullDisk(MemorySink):
        def end(self, record: object) -> None:
            raise OSError("no space left")

    def fail() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_step(small_step(tmp_path), fail, FullDisk())


@pytest.mark.parametrize("name", ["data/numbers.txt", "code/double.py"])
@pytest.mark.parametrize("how", ["write", "same size and time", "replace", "restore", "remove"])
def test_a_file_that_changes_while_the_step_runs_fails_it(tmp_path: Path, name: str, how: str) -> None:
    """However a source or a module changes meanwhile, the step fails, names it, and no record claims it."""
    call, sink, path = small_step(tmp_path), MemorySink(), tmp_path / name
    before = path.read_bytes()
    # Long at rest, so that nothing but the file's status can give the change away.
    os.utime(path, ns=(10**18, 10**18))

    def run() -> None:
        _double(tmp_path)
        if how == "replace":
            (tmp_path / "new").write_bytes(before[::-1])
            (tmp_path / "new").replace(path)
        elif how == "remove":
            path.unlink()
        else:
            path.write_bytes(before[::-1])
        if how == "restore":
            path.write_bytes(before)
        if how == "same size and time":
            os.utime(path, ns=(10**18, 10**18))

    with pytest.raises(IntegrityError, match=f"{name} changed while step double ran") as caught:
        record_step(call, run, sink)
    assert caught.value.where == name and caught.value.remedy == "run it again"
    (record,) = sink.ended
    assert (record.outcome, record.outputs) == ("fail", ())
    assert name not in [item.name for item in record.inputs + record.code]


def test_a_file_added_to_an_input_folder_meanwhile_fails_the_step(tmp_path: Path) -> None:
    """A folder that grew is a folder that changed."""
    call = small_step(tmp_path, inputs=(tmp_path / "data",), outputs=())
    with pytest.raises(IntegrityError, match=r"data/doubled\.txt changed"):
        record_step(call, lambda: _double(tmp_path), MemorySink())


def test_a_change_right_after_the_watch_began_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file system's clock ticks every two seconds, the bytes of a fresh file decide."""
    exact, tick, path = artifacts._status, 2 * 10**9, tmp_path / "fresh"

    def coarse(path: Path) -> artifacts._Status:
        seen = exact(path)
        return replace(seen, modified=seen.modified // tick * tick, changed=seen.changed // tick * tick)

    monkeypatch.setattr(artifacts, "_status", coarse)
    path.write_text("one")
    watch = Watch((path,), tmp_path)
    assert watch.changed() == ()
    path.write_text("two")
    assert watch.changed() == ("fresh",)


def test_a_new_link_or_mode_is_no_change(tmp_path: Path) -> None:
    """What DVC's cache does to a file's status fails nothing: the bytes are the same."""
    call, path = small_step(tmp_path), tmp_path / "data/numbers.txt"

    def run() -> None:
        _double(tmp_path)
        (tmp_path / "link").hardlink_to(path)
        path.chmod(0o444)

    assert record_step(call, run, MemorySink()).outcome == "complete"


@pytest.mark.parametrize("missing", ["data/numbers.txt", "code/double.py"])
def test_a_missing_input_is_said_before_anything_runs(tmp_path: Path, missing: str) -> None:
    """The error names the file and what to do; nothing ran, so nothing is recorded."""
    call, sink = small_step(tmp_path), MemorySink()
    (tmp_path / missing).unlink()
    with pytest.raises(DataError, match=f"nothing to read at {missing}") as caught:
        record_step(call, lambda: _double(tmp_path), sink)
    assert caught.value.where == missing and caught.value.remedy
    assert (sink.started, sink.ended, (tmp_path / "data/doubled.txt").exists()) == ([], [], False)


def test_a_missing_output_fails_the_step(tmp_path: Path) -> None:
    """A step that writes nothing where it said it would has failed, and its record says so."""
    sink = MemorySink()
    with pytest.raises(StepFailed, match=r"without writing data/doubled\.txt"):
        record_step(small_step(tmp_path), lambda: None, sink)
    assert sink.ended[0].outcome == "fail"


def test_no_password_gets_into_a_record(tmp_path: Path) -> None:
    """User and password of any URI are masked: in parameters, at any depth, and in names of pinned inputs."""
    url = "s3://key:pa@secret@bucket/x"
    call = small_step(
        tmp_path,
        parameters={"a": [{"b": "https://me:secret@host/p?q=1"}], "mail": "me@host"},
        pinned=(artifact("https://me:secret@host/flights.zip"), artifact(url)),
    )
    record = record_step(call, lambda: _double(tmp_path), MemorySink())
    assert record.parameters == {"a": [{"b": "https://***@host/p?q=1"}], "mail": "me@host"}
    assert [item.name for item in record.inputs[1:]] == ["https://***@host/flights.zip", "s3://***@bucket/x"]
    assert "secret" not in record.model_dump_json()


def test_files_outside_the_root_have_a_uri(tmp_path: Path) -> None:
    """A path that the root does not hold is named by a file: URI."""
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    record = record_step(
        small_step(tmp_path / "root", inputs=(outside,)), lambda: _double(tmp_path / "root"), MemorySink()
    )
    assert record.inputs[0].name == outside.as_uri()


def test_an_error_of_ours_keeps_place_and_remedy_in_the_record(tmp_path: Path) -> None:
    """Whoever reads the record learns what the person at the terminal learned."""
    sink = MemorySink()

    def fail() -> None:
        raise RoadworthyError("too late", where="a.csv", remedy="be earlier")

    with pytest.raises(RoadworthyError):
        record_step(small_step(tmp_path), fail, sink)
    assert sink.ended[0].reason == "RoadworthyError: too late\n  where:  a.csv\n  remedy: be earlier"
