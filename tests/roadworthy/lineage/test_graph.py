"""The graph: which runs a release really goes back to."""

from __future__ import annotations

from itertools import islice, permutations

import pytest
from lineage_samples import FLIGHTS, D, artifact, record, released, six_steps

from roadworthy.lineage.graph import RELEASE, Edge, LineageGraph, trace


def test_a_release_goes_back_to_its_sources_through_all_six_steps() -> None:
    """Every step and the pinned source is there; what no file of the release needed is not."""
    records = six_steps()
    graph = trace(records, released(records))
    assert [node.record.step for node in graph.steps] == [
        "ingest",
        "validate",
        "prepare",
        "train",
        "evaluate",
        "package",
    ]
    sources = [node.artifact.name for node in graph.artifacts if node.made_by is None]
    assert sources == ["environment.lock", FLIGHTS.name]
    assert not any("data_docs" in node.artifact.name for node in graph.artifacts)
    assert sum(edge.target == RELEASE for edge in graph.edges) == 8


def test_each_file_points_at_the_run_that_made_these_bytes() -> None:
    """After a second training with other bytes, the first release still goes back to the first, the second to both."""
    first = six_steps()
    second = [first[0], first[1], first[2], *six_steps(60, "retrained")[3:]]
    second[3] = second[3].model_copy(update={"inputs": first[3].inputs})
    second[4] = second[4].model_copy(update={"inputs": (*first[4].inputs[:2], *second[3].outputs)})
    second[5] = second[5].model_copy(update={"inputs": second[3].outputs + second[4].outputs})
    everything = first + second[3:]
    assert _runs(trace(everything, released(first))) == [item.run_id for item in first]
    assert _runs(trace(everything, released(second))) == [item.run_id for item in second]


def test_of_two_equal_runs_the_one_that_a_reader_could_have_read_counts() -> None:
    """A run that made the same bytes again, after they were read, is not where they came from."""
    records = six_steps()
    again = record("train", 90, list(records[3].inputs), list(records[3].outputs))
    before = record("train", -5, list(records[3].inputs), list(records[3].outputs))
    graph = trace([again, *records, before], released(records))
    assert _runs(graph) == [item.run_id for item in records]


def test_a_failed_run_made_nothing() -> None:
    """A record that says fail is never a producer, whatever it lists."""
    failed = record("train", 0, [], [artifact("model.skops")], outcome="fail", reason="no")
    graph = trace([failed], {"model.skops": artifact("model.skops").digest})
    assert graph.steps == () and graph.artifacts[0].made_by is None


def test_a_step_that_passes_bytes_on_does_not_lead_in_a_circle() -> None:
    """Validation that found nothing to remove writes what it read; the walk still ends at ingest."""
    one, other = artifact(f"{D}/sources/flights.parquet"), artifact(f"{D}/validated/flights.parquet")
    assert one.digest == other.digest
    records = [record("ingest", 0, [FLIGHTS], [one]), record("validate", 1, [one], [other])]
    assert _runs(trace(records, {"validated/flights.parquet": other.digest})) == [item.run_id for item in records]


def test_a_file_that_no_record_knows_is_a_source() -> None:
    """Without any record there is still a graph: files, and nothing behind them."""
    graph = trace([], {"b": "2" * 64, "a": "1" * 64})
    assert [(node.artifact.name, node.made_by) for node in graph.artifacts] == [("a", None), ("b", None)]
    assert graph.edges == tuple(Edge(source=node.id, target=RELEASE) for node in graph.artifacts)


def test_the_graph_is_the_same_whatever_order_it_is_told_in() -> None:
    """Equal histories give equal bytes, and the bytes give the graph back."""
    records = six_steps()
    graph = trace(records, released(records))
    files = dict(reversed(released(records).items()))
    for order in islice(permutations(records), 0, None, 60):
        assert trace(order, files).to_bytes() == graph.to_bytes()
    assert LineageGraph.from_bytes(graph.to_bytes()) == graph


def test_bytes_that_are_no_graph_are_refused() -> None:
    """A store that holds something else under a graph's key gives an error, not half a graph."""
    for content in (b"", b"[]", b'{"artifacts": [], "steps": []}', b'{"artifacts":[],"steps":[],"edges":[],"x":1}'):
        with pytest.raises(ValueError):
            LineageGraph.from_bytes(content)


def _runs(graph: LineageGraph) -> list[str]:
    return [node.record.run_id for node in graph.steps]
