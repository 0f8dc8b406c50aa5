"""Draws a graph: as a tree in a terminal, and as one page of HTML that needs nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from roadworthy.lineage import words
from roadworthy.lineage.graph import RELEASE, LineageGraph
from roadworthy.lineage.grouping import Box, Boxes, group
from roadworthy.lineage.layout import place
from roadworthy.templates import page_templates

# Late imports below: start-up time.

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

_TITLE_LENGTH = 24


def draw_terminal(graph: LineageGraph, title: str = "release") -> Tree:
    """Return a tree for rich to print, from the release back to its sources; each step is opened once."""
    from rich.tree import Tree

    picture = group(graph, title)
    tree = Tree(_label(picture.box(RELEASE)), guide_style="dim")
    _grow(tree, picture, RELEASE, set())
    return tree


def draw_html(graph: LineageGraph, title: str) -> str:
    """Return a page: the graph as a picture, and beside it all that is known of what is selected there."""
    environment = page_templates("roadworthy.lineage")
    environment.filters["shortened"] = _shortened
    environment.filters["json"] = lambda value: json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    picture = group(graph, title)
    page = environment.get_template("lineage.html")
    return page.render(title=title, picture=picture, layout=place(picture), words=words)


def _grow(tree: Tree, picture: Boxes, key: str, opened: set[str]) -> None:
    """Add what went into a step or the release: files, then the step that made them below the last of them."""
    for maker, boxes in _by_maker(picture, key):
        seen = maker is not None and maker.id in opened
        branch = tree
        for box in boxes:
            branch = tree.add(_label(box, f", made by {maker.title}, above" if maker and seen else ""))
        if maker is not None and not seen:
            opened.add(maker.id)
            _grow(branch.add(_label(maker)), picture, maker.id, opened)


def _by_maker(picture: Boxes, key: str) -> list[tuple[Box | None, list[Box]]]:
    """Return the boxes that went into `key` with the step that made them, the latest step first, sources last."""
    into = picture.into(key)
    made = {box.id: next(iter(picture.into(box.id)), None) for box in into}
    steps = [box for box in reversed(picture.boxes) if box in made.values()]
    return [(maker, [box for box in into if made[box.id] is maker]) for maker in [*steps, None]]


def _label(box: Box, more: str = "") -> Text:
    from rich.text import Text

    line = Text(no_wrap=True, overflow="ellipsis")
    if box.record is not None:
        said = words.said_seconds(box.record.seconds), words.said_validation(box.record)
        line.append("made by ", "dim").append(box.title, "bold cyan")
        return line.append("  " + " · ".join(part for part in said if part), "dim")
    if box.kind == "release":
        return line.append(box.title, "bold")
    line.append(box.path if box.kind == "source" else box.title, "green" if box.kind == "source" else "")
    return line.append("  " + words.said_files(box.artifacts) + more, "dim")


def _shortened(text: str) -> str:
    """Keep the end of a long text, where file names differ."""
    return text if len(text) <= _TITLE_LENGTH else "…" + text[1 - _TITLE_LENGTH :]
