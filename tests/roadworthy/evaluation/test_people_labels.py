"""People's ratings in three formats: what each one says, and what is said of a file that is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roadworthy.errors import DataError
from roadworthy.evaluation.labels.reading import READERS, LabelFormat, read_labels

BEGIN_HEAD = "model_name\tdata_source\tknowledge\tmessage\tresponse\tbegin_label\n"
BEGIN = Path(__file__).parents[4] / "shared" / "corpora" / "begin" / "begin_dev_wow.tsv"


def written(folder: Path, how: LabelFormat, approved: list[bool]) -> tuple[Path, Path | None]:
    """Write a file of this format with such ratings; return it and the passages' file."""
    path = folder / f"labels.{how}"
    if how == "jsonl":
        lines = [
            {"question": f"q{n}", "answer": f"a{n}", "sources": [f"s{n}"], "approved": yes}
            for n, yes in enumerate(approved)
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path, None
    if how == "begin":
        names = [
            "Fully attributable" if yes else ("Generic", "Not fully attributable")[n % 2]
            for n, yes in enumerate(approved)
        ]
        path.write_text(BEGIN_HEAD + "".join(f'm\twow\ts"{n}\tq{n}\ta{n}\t{name}\n' for n, name in enumerate(names)))
        return path, None
    ratings = [["Excellent", "Acceptable"] if yes else ["Excellent", "Bad"] for yes in approved]
    path.write_text(
        "".join(
            json.dumps({"query": f"q{n}", "doc_id": f"d{n}", "ratings": said}) + "\n" for n, said in enumerate(ratings)
        )
    )
    passages = folder / "passages.jsonl"
    passages.write_text("".join(json.dumps({"doc_id": f"d{n}", "text": f"a{n}"}) + "\n" for n in range(len(approved))))
    return path, passages


@pytest.mark.parametrize("how", READERS)
def test_every_format_gives_cases_with_what_people_said(how: LabelFormat, tmp_path: Path) -> None:
    """Question, answer, something to rest on, and whether all approved."""
    approved = [True, False, False, True]
    path, passages = written(tmp_path, how, approved)
    labels = read_labels(path, how, passages, 100, 0)
    assert [one.approved for one in labels.cases] == approved
    assert [(one.case.question, one.case.answer) for one in labels.cases] == [(f"q{n}", f"a{n}") for n in range(4)]
    assert all(one.case.sources for one in labels.cases)
    assert labels.sha256[:12] in labels.name


@pytest.mark.parametrize("how", READERS)
def test_a_broken_line_is_named(how: LabelFormat, tmp_path: Path) -> None:
    """With its number; nothing is guessed, and nothing left out in silence."""
    path, passages = written(tmp_path, how, [True, False])
    path.write_text(path.read_text() + "{}\n")
    number = len(path.read_text().splitlines())
    with pytest.raises(DataError) as caught:
        read_labels(path, how, passages, 100, 0)
    assert f"{path.name}:{number}" in str(caught.value.where)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'{"question": "q", "answer": "", "approved": true}\n'])
def test_bytes_that_are_no_ratings_are_an_error(content: bytes, tmp_path: Path) -> None:
    """Never a stack trace."""
    (tmp_path / "labels").write_bytes(content)
    with pytest.raises(DataError):
        read_labels(tmp_path / "labels", "jsonl", None, 100, 0)


def test_a_missing_file_says_which_parameter_names_it(tmp_path: Path) -> None:
    """And what to do."""
    with pytest.raises(DataError) as caught:
        read_labels(tmp_path / "none.jsonl", "begin", None, 100, 0)
    assert "evaluate.judge.labels" in str(caught.value.where)


def test_fewer_are_drawn_in_the_files_proportion_and_always_the_same(tmp_path: Path) -> None:
    """The seed decides which."""
    path, _ = written(tmp_path, "jsonl", [number % 4 == 0 for number in range(400)])
    first, again, other = (read_labels(path, "jsonl", None, 100, seed).cases for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 100
    assert sum(one.approved for one in first) == 25


@pytest.mark.skipif(not BEGIN.is_file(), reason="the corpus is not here")
def test_begin_itself_is_read() -> None:
    """Every line of a development file."""
    labels = read_labels(BEGIN, "begin", None, 10_000, 0)
    assert len(labels.cases) > 400
    assert 0.1 < sum(one.approved for one in labels.cases) / len(labels.cases) < 0.9
