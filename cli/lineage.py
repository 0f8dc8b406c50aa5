"""`roadworthy lineage`: what a release was made from, as a tree here or as a page that works offline."""

from __future__ import annotations

from pathlib import Path

from cli.output import print_json
from cli.releases import Named, find
from roadworthy.atomic import write_bytes
from roadworthy.errors import UnknownName
from roadworthy.lineage.graph import LineageGraph
from roadworthy.store import NotStored
from tasks.lineage_sink import lineage_key


def show_lineage(text: str, html: Path | None, as_json: bool) -> int:
    """Draw the graph; with `html`, write the page too."""
    named = find(text)
    graph = _graph(named)
    if html is not None:
        from roadworthy.lineage.drawing import draw_html

        write_bytes(html, draw_html(graph, str(named)).encode())
    if as_json:
        print_json(graph)
    else:
        from rich.console import Console

        from roadworthy.lineage.drawing import draw_terminal

        Console(highlight=False).print(draw_terminal(graph, str(named)))
        if html is not None:
            print(f"written: {html}")
    return 0


def _graph(named: Named) -> LineageGraph:
    try:
        return LineageGraph.from_bytes(named.store.read(lineage_key(named.record.digest)))
    except NotStored:
        raise UnknownName(
            f"the store holds no lineage of {named}",
            where=named.store.address,
            remedy="it is kept when a release is registered; release again where it was made",
        ) from None
