"""The graph behind a release: from its files back, by digest, through the steps that made them, to the sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from roadworthy.canonical import readable_json
from roadworthy.lineage.interface import Artifact, StepRecord, Value

RELEASE = "release"
"""The id of the node that stands for the release."""


class ArtifactNode(Value):
    """A file that the release goes back to."""

    id: str
    artifact: Artifact
    made_by: str | None
    """The id of the step that made it; None for a source."""


class StepNode(Value):
    """A step that made some of those files."""

    id: str
    record: StepRecord


class Edge(Value):
    """What `source` holds went into `target`; both are ids of nodes."""

    source: str
    target: str


class LineageGraph(Value):
    """All that a release was made from. Sorted, so that equal graphs have equal bytes."""

    artifacts: tuple[ArtifactNode, ...]
    """By id."""
    steps: tuple[StepNode, ...]
    """By start."""
    edges: tuple[Edge, ...]
    """By source and target; those to `RELEASE` come from the release's files."""

    def to_json(self) -> bytes:
        """Return the form in which a store keeps the graph."""
        return readable_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, content: bytes) -> LineageGraph:
        """Read what `to_json` wrote; raises `ValueError` for anything else."""
        return cls.model_validate_json(content)


def trace(records: Iterable[StepRecord], files: Mapping[str, str]) -> LineageGraph:
    """Return what the release whose files (name → digest) these are was made from.

    A file was made by the last step that completed with these bytes as an output; a step's input by the last one that
    had ended when that step started. So a step that ran again with other bytes, or later, claims nothing. Among equal
    bytes, a file of the same name goes first.
    """
    walk = _Walk(records)
    for name in sorted(files):
        walk.add_released(name, files[name])
    return walk.graph()


class _Walk:
    def __init__(self, records: Iterable[StepRecord]) -> None:
        self._producers: dict[str, list[_Produced]] = {}
        for record in sorted(records, key=lambda record: (record.ended, record.run_id)):
            if record.outcome == "complete":
                for output in record.outputs:
                    self._producers.setdefault(output.digest, []).append(_Produced(record=record, output=output))
        self._artifacts: dict[str, ArtifactNode] = {}
        self._steps: dict[str, StepNode] = {}
        self._edges: set[tuple[str, str]] = set()

    def add_released(self, name: str, digest: str) -> None:
        produced = self._last(digest, name, before=None)
        artifact = produced.output if produced else Artifact(name=name, digest=digest)
        self._edges.add((self._add_artifact(artifact, produced), RELEASE))

    def graph(self) -> LineageGraph:
        return LineageGraph(
            artifacts=tuple(self._artifacts[key] for key in sorted(self._artifacts)),
            steps=tuple(sorted(self._steps.values(), key=lambda node: (node.record.started, node.id))),
            edges=tuple(Edge(source=source, target=target) for source, target in sorted(self._edges)),
        )

    def _add_artifact(self, artifact: Artifact, produced: _Produced | None) -> str:
        # The same bytes under the same name may have been made twice, for two readers.
        origin = produced.record.run_id if produced else "source"
        key = f"artifact:{artifact.name}@{artifact.digest}:{origin}"
        if key not in self._artifacts:
            made_by = self._add_step(produced.record) if produced else None
            self._artifacts[key] = ArtifactNode(id=key, artifact=artifact, made_by=made_by)
            if made_by is not None:
                self._edges.add((made_by, key))
        return key

    def _add_step(self, record: StepRecord) -> str:
        key = f"step:{record.run_id}"
        if key not in self._steps:
            self._steps[key] = StepNode(id=key, record=record)
            for item in record.inputs:
                produced = self._last(item.digest, item.name, before=record.started)
                self._edges.add((self._add_artifact(item, produced), key))
        return key

    def _last(self, digest: str, name: str, before: datetime | None) -> _Produced | None:
        found = [item for item in self._producers.get(digest, ()) if before is None or item.record.ended <= before]
        named = [item for item in found if f"/{item.output.name}".endswith(f"/{name}")]
        return (named or found or [None])[-1]


class _Produced(Value):
    record: StepRecord
    output: Artifact
