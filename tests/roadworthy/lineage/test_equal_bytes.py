"""Tracing where equal bytes stand in several places, or were made several times."""

from __future__ import annotations

import time
from itertools import chain
from pathlib import Path

from lineage_samples import D, artifact, record, released, six_steps

from roadworthy.lineage.graph import RELEASE, LineageGraph, trace
from roadworthy.lineage.openlineage_sink import OpenLineageSink
from roadworthy.lineage.records import RecordFolder


def _runs(graph: LineageGraph) -> list[int]:
    """The minutes at which the graph's steps started, in order."""
    return [node.record.started.minute for node in graph.steps]


def test_each_edge_joins_what_is_in_the_graph() -> None:
    """An edge leads from a file to its reader or from a step to its file, and every box has a way to the release."""
    records = six_steps()
    graph = trace(records, released(records))
    known = {node.id for node in chain(graph.artifacts, graph.steps)}
    assert {edge.source for edge in graph.edges} == known
    assert {edge.target for edge in graph.edges} <= known | {RELEASE}


def test_of_equal_bytes_the_last_run_made_them() -> None:
    """A second run that gave the same bytes is the one whose files were released, all the way back."""
    assert _runs(trace(six_steps(0) + six_steps(10), released(six_steps()))) == [10, 11, 12, 13, 14, 15]


def test_the_step_that_made_the_bundle_goes_before_one_that_made_equal_files() -> None:
    """`model/model.skops` stands in the bundle and beside it: train, run again alone, did not make the bundle's."""
    records = six_steps()
    again = record("train", 30, list(records[3].inputs), list(records[3].outputs))
    graph = trace([*records, again], released(records))
    assert _runs(graph) == [0, 1, 2, 3, 4, 5]
    assert f"{D}/bundle/model/model.skops" in {node.artifact.name for node in graph.artifacts}


def test_a_source_with_a_copy_in_an_earlier_bundle_stays_a_source() -> None:
    """Equal bytes under another name are not what a step read: a suite does not come from the last release."""
    suite, copy = artifact("expectations/flights.json"), artifact(f"{D}/bundle/expectations/flights.json")
    assert suite.digest == copy.digest
    first, second = (
        record("package", minute, [suite], [copy, artifact(f"{D}/bundle/card.md", str(minute))]) for minute in (0, 10)
    )
    files = {"expectations/flights.json": copy.digest, "card.md": second.outputs[1].digest}
    graph = trace([first, second], files)
    assert _runs(graph) == [10]
    assert [node.artifact for node in graph.artifacts if node.made_by is None] == [suite]


def test_a_step_that_writes_what_it_read_ends_the_walk() -> None:
    """A step whose output has its input's very name and bytes is no circle."""
    same = artifact("data/same.txt")
    graph = trace([record("touch", minute, [same], [same]) for minute in (0, 1)], {"same.txt": same.digest})
    assert _runs(graph) == [0, 1]
    assert [node.made_by for node in graph.artifacts].count(None) == 1


def test_many_records_are_read_and_traced_at_once(tmp_path: Path) -> None:
    """Nobody waits for lineage: 150 records cost a fraction of a second even on a busy machine."""
    sink = OpenLineageSink(tmp_path)
    for run in range(25):
        for item in six_steps(run * 7, content=str(run)):
            sink.end(item)
    before = time.process_time()
    graph = trace(RecordFolder(tmp_path).all(), released(six_steps(0, content="0")))
    assert time.process_time() - before < 0.3
    assert len(graph.steps) == 6
