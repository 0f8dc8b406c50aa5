"""Templates: pages escape what is filled in, Markdown does not, and a name that is missing is a fault in both."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from roadworthy.templates import draw, page_templates, text_templates


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that has one template beside its code; of another name for each test, as imports are remembered."""
    name = f"templates_of_{tmp_path.name}"
    folder = tmp_path / name / "templates"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "one").write_text("{% if word %}\n{{ word }}\n{% endif %}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_pages_and_pictures_escape_and_markdown_does_not(package: str) -> None:
    """Who writes a tag into a reason sees it, and no browser runs it; a line of a template alone leaves none."""
    word = "<b> größer & kleiner"
    assert page_templates(package).get_template("one").render(word=word) == "&lt;b&gt; größer &amp; kleiner\n"
    assert text_templates(package).get_template("one").render(word=word) == f"{word}\n"
    assert draw(package, "one", {"word": word}) == "&lt;b&gt; größer &amp; kleiner\n".encode()


def test_a_missing_name_is_a_fault(package: str) -> None:
    """Rather no page than one with a hole in it."""
    for templates in (page_templates(package), text_templates(package)):
        with pytest.raises(UndefinedError, match="word"):
            templates.get_template("one").render()
