"""Reads the templates that lie beside a package's code: pages and pictures, and texts in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

# Late imports below: start-up time. Templates also for pictures: a plotting library takes two seconds to import.
if TYPE_CHECKING:
    from jinja2 import Environment


def page_templates(package: str) -> Environment:
    """Return the templates of HTML and SVG in a package's folder; what is filled in is escaped."""
    return _templates(package, escaped=True)


def text_templates(package: str) -> Environment:
    """Return the templates of Markdown in a package's folder; nothing is escaped, as it is not HTML."""
    return _templates(package, escaped=False)


def draw(package: str, template: str, content: dict[str, object]) -> bytes:
    """Return a picture as SVG; the same content gives the same bytes."""
    return page_templates(package).get_template(template).render(content).encode()


def _templates(package: str, escaped: bool) -> Environment:
    """Return the environment; a name that is not given is a fault, never a gap in the text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package),
        autoescape=escaped,  # noqa: S701  (Markdown is not HTML)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
