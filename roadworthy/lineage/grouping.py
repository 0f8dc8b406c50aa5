"""Makes boxes of a graph for drawing: of many files of one folder one, if the same steps made and read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import commonpath
from typing import Literal
from urllib.parse import urlsplit

from roadworthy.lineage.graph import RELEASE, ArtifactNode, LineageGraph
from roadworthy.lineage.interface import Artifact, StepRecord

MANY = 3
"""As many files of a folder, made by the same step and read by the same, are drawn as one box."""


@dataclass(frozen=True)
class Box:
    """What is drawn as one box: a step, the release, or the files that it stands for."""

    id: str
    kind: Literal["source", "artifact", "step", "release"]
    title: str
    """A few words; `path` says more."""
    artifacts: tuple[Artifact, ...] = ()
    record: StepRecord | None = None

    @property
    def path(self) -> str:
        """The whole name of its one file, or of the folder of its files; for all else the title."""
        if len(self.artifacts) == 1:
            return self.artifacts[0].name
        return f"{_shared_folder(self.artifacts) or '.'}/" if self.artifacts else self.title


@dataclass(frozen=True)
class Arrow:
    """From one box to another, by id."""

    source: str
    target: str


@dataclass(frozen=True)
class Boxes:
    """A graph as boxes and arrows, both in a fixed order; ids are short and safe in HTML."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    def box(self, key: str) -> Box:
        """Return the box with this id."""
        return next(box for box in self.boxes if box.id == key)

    def into(self, key: str) -> tuple[Box, ...]:
        """Return the boxes from which an arrow leads to this one."""
        return tuple(self.box(arrow.source) for arrow in self.arrows if arrow.target == key)


def group(graph: LineageGraph, title: str) -> Boxes:
    """Return the boxes and arrows of `graph`, whose release is called `title`."""
    box_of: dict[str, str] = {RELEASE: RELEASE}
    boxes = [Box(id=RELEASE, kind="release", title=title)]
    for number, step in enumerate(graph.steps):
        boxes.append(Box(id=f"step{number}", kind="step", title=step.record.step, record=step.record))
        box_of[step.id] = f"step{number}"
    for number, nodes in enumerate(_folders(graph)):
        boxes.append(_files_box(f"files{number}", nodes))
        box_of |= {node.id: f"files{number}" for node in nodes}
    arrows = {(box_of[edge.source], box_of[edge.target]) for edge in graph.edges}
    return Boxes(tuple(boxes), tuple(Arrow(*ends) for ends in sorted(arrows)))


def _folders(graph: LineageGraph) -> list[tuple[ArtifactNode, ...]]:
    readers: dict[str, list[str]] = {}
    for edge in graph.edges:
        readers.setdefault(edge.source, []).append(edge.target)
    folders: dict[tuple[str, str, tuple[str, ...]], list[ArtifactNode]] = {}
    for node in graph.artifacts:
        read_by = tuple(readers.get(node.id, ()))
        # What one step made for the release alone is the bundle, with its folders: one box.
        whole = node.made_by is not None and read_by == (RELEASE,)
        folder = "" if whole else _folder(node.artifact.name)
        # A source with an address of its own is what people look for: a box each.
        folder = node.artifact.name if _is_uri(node.artifact.name) else folder
        folders.setdefault((node.made_by or "", folder, read_by), []).append(node)
    groups: list[tuple[ArtifactNode, ...]] = []
    for _, members in sorted(folders.items()):
        groups += [tuple(members)] if len(members) >= MANY else [(member,) for member in members]
    return groups


def _files_box(key: str, nodes: tuple[ArtifactNode, ...]) -> Box:
    artifacts = tuple(node.artifact for node in nodes)
    path = PurePosixPath(artifacts[0].name if len(nodes) == 1 else _shared_folder(artifacts))
    title = path.name if len(nodes) == 1 else f"{path.name or '.'}/"
    return Box(id=key, kind="artifact" if nodes[0].made_by else "source", title=title, artifacts=artifacts)


def _shared_folder(artifacts: Iterable[Artifact]) -> str:
    return commonpath([_folder(artifact.name) for artifact in artifacts])


def _is_uri(name: str) -> bool:
    return urlsplit(name).scheme != ""


def _folder(name: str) -> str:
    folder = str(PurePosixPath(name).parent)
    return "" if folder == "." else folder
