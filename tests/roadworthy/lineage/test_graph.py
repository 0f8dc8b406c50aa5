"""The graph behind a release: which run made which bytes."""

from __future__ import annotations

import time
from itertools import chain
from pathlib import Path

import pytest
from lineage_samples import FLIGHTS, D, artifact, record, released, six_steps

from roadworthy.lineage.graph import RELEASE, LineageGraph, trace
from roadworthy.lineage.openlineage_sink import OpenLineageSink
from roadworthy.lineage.records import RecordFolder


def _runs(graph: LineageGraph) -> list[int]:
    """The minutes at which the graph's steps started, in order."""
    return [node.record.started.minute for node in graph.steps]


def test_a_release_goes_back_to_its_sources() -> None:
    """All six steps are there, the source has no maker, and what no step made goes in by itself."""
    records = six_steps()
    graph = trace(records, released(records))
    assert [node.record.step for node in graph.steps] == [item.step for item in records]
    assert {node.artifact.name for node in graph.artifacts if node.made_by is None} == {
        FLIGHTS.name,
        "environment.lock",
    }
    into_release = {edge.source for edge in graph.edges if edge.target == RELEASE}
    assert len(into_release) == len(released(records))
    unused = artifact(f"{D}/validation/data_docs/page0.html")
    assert unused.name not in {node.artifact.name for node in graph.artifacts}


def test_each_edge_joins_what_is_in_the_graph() -> None:
    """An edge leads from a file to its reader or from a step to its file, and every box has a way to the release."""
    records = six_steps()
    graph = trace(records, released(records))
    known = {node.id for node in chain(graph.artifacts, graph.steps)}
    assert {edge.source for edge in graph.edges} == known
    assert {edge.target for edge in graph.edges} <= known | {RELEASE}


def test_a_run_with_other_bytes_is_no_part_of_it() -> None:
    """When the steps ran again with other data, each release goes back through its own runs."""
    old, new = six_steps(0, content="January"), six_steps(10, content="February")
    assert _runs(trace(old + new, released(old))) == [0, 1, 2, 3, 4, 5]
    assert _runs(trace(old + new, released(new))) == [10, 11, 12, 13, 14, 15]


def test_of_equal_bytes_the_last_run_made_them() -> None:
    """A second run that gave the same bytes is the one whose files were released, all the way back."""
    assert _runs(trace(six_steps(0) + six_steps(10), released(six_steps()))) == [10, 11, 12, 13, 14, 15]


def test_what_ran_after_its_reader_made_nothing_for_it() -> None:
    """A producer has to have ended before the step that reads its bytes started."""
    records = six_steps()
    later = [record("prepare", 30, list(records[2].inputs), list(records[2].outputs))]
    assert _runs(trace(records + later, released(records))) == [0, 1, 2, 3, 4, 5]


def test_a_failed_run_made_nothing() -> None:
    """Only completed records count."""
    records = six_steps()
    failed = [item.model_copy(update={"outcome": "fail"}) for item in six_steps(10)]
    assert _runs(trace(records + failed, released(records))) == [0, 1, 2, 3, 4, 5]


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
        record("package", minute, [suite], [copy, artifact(f"{D}/bundle/card.md", str(minute))])
        for minute in (0, 10)
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


def test_the_graph_does_not_depend_on_the_order_of_records() -> None:
    """Equal records, equal bytes, and what was written can be read again."""
    records = six_steps(0) + six_steps(10, content="other")
    content = trace(records, released(records)).to_bytes()
    assert content == trace(reversed(records), released(records)).to_bytes()
    assert LineageGraph.from_bytes(content) == trace(records, released(records))


def test_something_else_is_not_read_as_a_graph() -> None:
    """Closed values: an unknown field is an error."""
    with pytest.raises(ValueError, match="more"):
        LineageGraph.from_bytes(b'{"artifacts": [], "steps": [], "edges": [], "more": 1}')


def test_some_hundred_records_are_read_and_traced_at_once(tmp_path: Path) -> None:
    """Nobody waits for lineage: 300 records cost a fraction of a second even on a busy machine."""
    sink = OpenLineageSink(tmp_path)
    for run in range(50):
        for item in six_steps(run * 7, content=str(run)):
            sink.end(item)
    before = time.process_time()
    graph = trace(RecordFolder(tmp_path).all(), released(six_steps(0, content="0")))
    assert time.process_time() - before < 0.5
    assert len(graph.steps) == 6
