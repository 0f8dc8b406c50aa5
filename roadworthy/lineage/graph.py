"""The graph behind a release: from its files back, by digest, through the steps that made them, to the sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

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

    def to_bytes(self) -> bytes:
        """Return the form in which a store keeps the graph."""
        return readable_json(self.model_dump(mode="json"))

    @classmethod
    def from_bytes(cls, content: bytes) -> LineageGraph:
        """Read what `to_bytes` wrote; raises `ValueError` for anything else."""
        return cls.model_validate_json(content)


def trace(records: Iterable[StepRecord], files: Mapping[str, str]) -> LineageGraph:
    """Return what the release whose files (name → digest) these are was made from.

    A file of the release was made by the step that completed with its bytes as an output, under its name if there is
    one, and among several by the one that made the most of the release's files, the last of those. A step's input was
    made by the last one that had ended when that step started, under that very name: equal bytes elsewhere, such as
    the copy of a suite in an earlier bundle, are not what it read. So a step that ran again with other bytes, or
    later, claims nothing.
    """
    walk = _Walk(records)
    walk.add_released(files)
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

    def add_released(self, files: Mapping[str, str]) -> None:
        makers = {name: self._makers_of_released(name, digest) for name, digest in sorted(files.items())}
        # `model/model.json` may be the bundle's or the one beside it: of equal bytes, the bundle's maker made the most.
        made = Counter(item.record.run_id for found in makers.values() for item in found)
        for name, found in makers.items():
            maker = max(found, key=lambda item: (made[item.record.run_id], item.record.ended), default=None)
            artifact = maker.output if maker else Artifact(name=name, digest=files[name])
            self._edges.add((self._add_artifact(artifact, maker), RELEASE))

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
                produced = self._maker_of_input(item, record)
                self._edges.add((self._add_artifact(item, produced), key))
        return key

    def _makers_of_released(self, name: str, digest: str) -> list[_Produced]:
        # A manifest names files relative to the bundle, a step relative to the root.
        made = self._producers.get(digest, [])
        return [item for item in made if f"/{item.output.name}".endswith(f"/{name}")] or made

    def _maker_of_input(self, read: Artifact, by: StepRecord) -> _Produced | None:
        made = reversed(self._producers.get(read.digest, []))
        return next((item for item in made if item.output.name == read.name and item.record.ended <= by.started), None)


class _Produced(Value):
    record: StepRecord
    output: Artifact
