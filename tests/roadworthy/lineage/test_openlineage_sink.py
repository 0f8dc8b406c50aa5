"""The OpenLineage sink: the events of a run, in a folder and at a backend."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from lineage_samples import PARENT, artifact, record, six_steps, small_step

from roadworthy.digest import digest_bytes
from roadworthy.errors import Unavailable
from roadworthy.lineage.event_reading import PRODUCER
from roadworthy.lineage.interface import StepRecord
from roadworthy.lineage.openlineage_sink import OpenLineageSink
from roadworthy.lineage.recorder import record_step
from roadworthy.lineage.records import RecordFolder

_VARIABLES = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE_DISABLED")


@pytest.fixture(autouse=True)
def _no_backend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that this machine is configured with reaches a test."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def _events(folder: Path) -> list[dict[str, Any]]:
    events = [json.loads(path.read_bytes()) for path in folder.iterdir()]
    return sorted(events, key=lambda event: event["eventTime"])


def _run(root: Path, **changes: Any) -> StepRecord:
    def run() -> None:
        (root / "data/doubled.txt").write_text("2 4 6")

    return record_step(small_step(root, **changes), run, OpenLineageSink(root / "lineage"))


def test_the_events_of_a_small_step_are_exactly_these(tmp_path: Path) -> None:
    """One START and one COMPLETE, with digests, sizes, code, parameters and parent as facets, nothing else."""
    run = _run(tmp_path, parent_run=PARENT)
    facets = "https://openlineage.io/spec/facets"
    base = {"_producer": PRODUCER}
    numbers, module, doubled = (digest_bytes(text) for text in (b"1 2 3", b"print(2)", b"2 4 6"))
    code = digest_bytes(b'{"code/double.py":"' + module.encode() + b'"}')
    parent_schema = f"{facets}/1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet"
    start = {
        "eventTime": run.started.isoformat(),
        "eventType": "START",
        "producer": PRODUCER,
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "inputs": [
            {
                "namespace": "roadworthy",
                "name": "data/numbers.txt",
                "facets": {"version": base | _version(numbers)},
                "inputFacets": {"inputStatistics": base | _statistics("Input", "1-0-0", 5)},
            }
        ],
        "outputs": [],
        "job": {
            "namespace": "roadworthy",
            "name": "sums.double",
            "facets": {
                "jobType": base
                | {
                    "_schemaURL": f"{facets}/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet",
                    "processingType": "BATCH",
                    "integration": "ROADWORTHY",
                    "jobType": "STEP",
                },
                "sourceCodeLocation": base
                | {
                    "_schemaURL": f"{facets}/1-1-0/SourceCodeLocationJobFacet.json#/$defs/SourceCodeLocationJobFacet",
                    "type": "sha256",
                    "url": f"urn:sha256:{code}",
                    "version": code,
                },
                "roadworthy_code": base
                | {
                    "_schemaURL": f"{PRODUCER}#/$defs/CodeJobFacet",
                    "digest": code,
                    "files": [{"name": "code/double.py", "digest": module, "size": 8}],
                },
            },
        },
        "run": {
            "runId": run.run_id,
            "facets": {
                "roadworthy_step": base
                | {
                    "_schemaURL": f"{PRODUCER}#/$defs/StepRunFacet",
                    "capability": "sums",
                    "step": "double",
                    "started": run.started.isoformat(),
                    "parametersDigest": digest_bytes(b'{"factor":2,"label":null,"nested":{"empty":[],"none":[null]}}'),
                },
                "executionParameters": base
                | {
                    "_schemaURL": f"{facets}/1-0-0/ExecutionParametersRunFacet.json#/$defs/ExecutionParametersRunFacet",
                    "parameters": [
                        {"key": "factor", "value": "2"},
                        {"key": "label", "value": "null"},
                        {"key": "nested", "value": '{"empty": [], "none": [null]}'},
                    ],
                },
                "parent": base
                | {
                    "_schemaURL": parent_schema,
                    "run": {"runId": PARENT, "facets": {}},
                    "job": {"namespace": "roadworthy", "name": "sums", "facets": {}},
                },
            },
        },
    }
    output = {
        "namespace": "roadworthy",
        "name": "data/doubled.txt",
        "facets": {"version": base | _version(doubled)},
        "outputFacets": {"outputStatistics": base | _statistics("Output", "1-0-2", 5)},
    }
    end = start | {"eventTime": run.ended.isoformat(), "eventType": "COMPLETE", "outputs": [output]}
    assert _events(tmp_path / "lineage") == [start, end]


def _version(digest: str) -> dict[str, Any]:
    name = "DatasetVersionDatasetFacet"
    url = f"https://openlineage.io/spec/facets/1-0-1/{name}.json#/$defs/{name}"
    return {"_schemaURL": url, "datasetVersion": digest}


def _statistics(side: str, version: str, size: int) -> dict[str, Any]:
    name = f"{side}Statistics{side}DatasetFacet"
    url = f"https://openlineage.io/spec/facets/{version}/{name}.json#/$defs/{name}"
    return {"_schemaURL": url, "size": size, "fileCount": 1}


def test_a_record_comes_back_from_its_event_unchanged(tmp_path: Path) -> None:
    """The events are the only form: all that a record says can be read from the folder, oldest first."""
    sink, records = OpenLineageSink(tmp_path), six_steps()
    records.append(
        record("train", 9, [], [], outcome="fail", reason="no\nluck", parent_run=PARENT, parameters={"a": [None, {}]})
    )
    for item in reversed(records):
        sink.end(item)
    assert RecordFolder(tmp_path).all() == tuple(records)


def test_the_validation_stands_at_the_table_it_is_about(tmp_path: Path) -> None:
    """What validate found is a facet of its run, and an assertion facet of the input with that table's name."""
    OpenLineageSink(tmp_path).end(six_steps()[1])
    (event,) = _events(tmp_path)
    by_name = {item["name"].rpartition("/")[2]: item["inputFacets"] for item in event["inputs"]}
    assert by_name["flights.parquet"]["dataQualityAssertions"]["assertions"] == [
        {"assertion": "not_null", "column": "hour", "severity": "hard", "success": True, "params": {}},
        {"assertion": "between", "column": "delay", "severity": "soft", "success": False, "params": {}},
    ]
    assert "dataQualityAssertions" not in by_name["weather.parquet"]
    assert event["run"]["facets"]["roadworthy_validation"]["tables"]["flights"]["quarantined"] == 76
    assert by_name["flights.parquet"]["inputStatistics"]["rowCount"] == 336_776


def test_the_validation_is_read_from_the_steps_own_file(tmp_path: Path) -> None:
    """A validation.json among the outputs gets into the record; what in it has no known shape is passed over."""
    table = {"rows": 3, "quarantined": "?", "expectations": [{"expectation": "x", "success": False}, {"odd": 1}]}
    file = tmp_path / "validation.json"

    def run() -> None:
        file.write_text(json.dumps({"tables": {"numbers": table, "broken": 7}, "more": []}))

    made = record_step(small_step(tmp_path, outputs=(file,)), run, OpenLineageSink(tmp_path / "lineage"))
    (found,) = made.validation
    assert (found.table, found.rows, found.quarantined) == ("numbers", 3, None)
    assert [(item.expectation, item.success) for item in found.expectations] == [("x", False)]
    assert RecordFolder(tmp_path / "lineage").all() == (made,)


def test_a_copied_validation_is_not_the_copying_steps_own(tmp_path: Path) -> None:
    """Packaging puts validation.json into the bundle; its record does not claim to have validated."""
    source, copy = tmp_path / "in/validation.json", tmp_path / "bundle/validation.json"
    for path in (source, copy):
        path.parent.mkdir()
    source.write_text('{"tables": {"numbers": {"rows": 3, "expectations": []}}}')
    call = small_step(tmp_path, inputs=(source,), outputs=(copy,))
    made = record_step(call, lambda: copy.write_bytes(source.read_bytes()) and None, OpenLineageSink(tmp_path / "out"))
    assert made.validation == ()


def test_foreign_files_in_the_folder_are_passed_over(tmp_path: Path) -> None:
    """Half a file, another tool's event and no folder at all are no records and no errors."""
    assert RecordFolder(tmp_path / "nowhere").all() == ()
    _run(tmp_path)
    folder = tmp_path / "lineage"
    (complete,) = folder.glob("*-COMPLETE.json")
    (folder / "half-COMPLETE.json").write_bytes(complete.read_bytes()[:500])
    (folder / ".tmp-1-COMPLETE.json").write_bytes(complete.read_bytes())
    (folder / "ours-but-empty-FAIL.json").write_text(json.dumps({"producer": PRODUCER, "eventType": "FAIL"}))
    (folder / "theirs-COMPLETE.json").write_text('{"producer": "https://else.where", "eventType": "COMPLETE"}')
    (folder / "list-COMPLETE.json").write_text("[]")
    assert len(RecordFolder(folder).all()) == 1


def test_a_killed_run_leaves_its_start_and_a_folder_that_can_be_read(tmp_path: Path) -> None:
    """After kill -9 in the middle of a step there is one whole START event, no record, and nothing half written."""
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from lineage_samples import small_step
        from roadworthy.lineage.openlineage_sink import OpenLineageSink
        from roadworthy.lineage.recorder import record_step

        def run():
            print("running", flush=True)
            sys.stdin.read()

        record_step(small_step(Path(sys.argv[1])), run, OpenLineageSink(Path(sys.argv[1]) / "lineage"))
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"running\n"
        process.send_signal(signal.SIGKILL)
    (event,) = _events(tmp_path / "lineage")
    assert event["eventType"] == "START"
    assert RecordFolder(tmp_path / "lineage").all() == ()


def test_a_folder_that_cannot_be_written_stops_the_step_before_it_runs(tmp_path: Path) -> None:
    """Without lineage no step: one clear error, before anything ran."""
    (tmp_path / "lineage").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="lineage can't be written"):
        _run(tmp_path)
    assert not (tmp_path / "data/doubled.txt").exists()


@contextmanager
def _backend(status: int = 201) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append({"path": self.path, "event": json.loads(body)})
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("how", ["environment", "file"])
def test_a_configured_backend_gets_the_same_events_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """What OPENLINEAGE_URL or openlineage.yml names is told START, then COMPLETE, as the folder has them."""
    with _backend() as (url, received):
        if how == "environment":
            monkeypatch.setenv("OPENLINEAGE_URL", url)
        else:
            (tmp_path / "openlineage.yml").write_text(f"transport:\n  type: http\n  url: {url}\n")
        run = _run(tmp_path)
    assert {item["path"] for item in received} == {"/api/v1/lineage"}
    events = [item["event"] for item in received]
    for event in events:
        # The client adds its own version as a tag on the way.
        assert event["run"]["facets"].pop("tags")
    assert events == _events(tmp_path / "lineage")
    assert RecordFolder(tmp_path / "lineage").all() == (run,)


def test_a_backend_that_refuses_does_not_fail_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused event is a warning; the local record is complete."""
    with _backend(status=403) as (url, _), caplog.at_level(logging.WARNING):
        monkeypatch.setenv("OPENLINEAGE_URL", url)
        run = _run(tmp_path)
    assert "kept locally" in caplog.text
    assert RecordFolder(tmp_path / "lineage").all() == (run,)


def test_a_dead_backend_holds_a_step_up_for_a_bounded_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A backend that takes the connection and never answers costs the limit, once, and a warning."""
    monkeypatch.setattr("roadworthy.lineage.forwarding.Forwarding.finish.__defaults__", (0.5,))
    with socket.create_server(("127.0.0.1", 0)) as silent, caplog.at_level(logging.WARNING):
        monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        before = time.monotonic()
        run = _run(tmp_path)
        took = time.monotonic() - before
    assert 0.5 <= took < 3
    assert "did not take the events of sums.double within 0.5 s" in caplog.text
    assert RecordFolder(tmp_path / "lineage").all() == (run,)


def test_a_broken_configuration_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An address that is none does not fail the step either."""
    monkeypatch.setenv("OPENLINEAGE_URL", "nowhere")
    with caplog.at_level(logging.WARNING):
        assert _run(tmp_path).outcome == "complete"
    assert "the OpenLineage backend failed" in caplog.text


def test_the_client_reads_our_events_as_its_own(tmp_path: Path) -> None:
    """Each event passes the checks of openlineage's classes, and its standard facets hold no unknown field."""
    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent
    from openlineage.client.generated import base

    OpenLineageSink(tmp_path).end(six_steps()[1])
    (event,) = _events(tmp_path)
    event.pop("schemaURL")
    again = RunEvent(
        **event
        | {
            "eventType": base.EventType(event["eventType"]),
            "run": Run(**event["run"]),
            "job": Job(**event["job"]),
            "inputs": [InputDataset(**item) for item in event["inputs"]],
            "outputs": [OutputDataset(**item) for item in event["outputs"]],
        }
    )
    assert again.job.name == "flight-delay.validate"
    assert len(again.outputs or []) == 17


def test_an_empty_table_is_not_a_missing_one(tmp_path: Path) -> None:
    """Zero rows and zero columns survive the client's dropping of nulls."""
    empty = artifact("empty.parquet").model_copy(update={"rows": 0, "fields": ()})
    made = record("ingest", 0, [empty], [empty])
    OpenLineageSink(tmp_path).end(made)
    assert RecordFolder(tmp_path).all() == (made,)
