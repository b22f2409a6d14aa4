"""The document as Markdown and as a page that prints well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment, PackageLoader, StrictUndefined

from bridge.policy.document.layout import Cell, Document, Section, Table
from bridge.policy.document.titles import issued, titled

_pages = Environment(
    loader=PackageLoader("bridge.policy.document"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def html(document: Document) -> str:
    """One page with its style inside; it needs no other file."""
    return _pages.get_template("policy.html").render(document=document, issued=issued(document), titled=titled)


def markdown(document: Document) -> str:
    """The document with GitHub's tables."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield f"# {_plain(document.title)}"
    yield ""
    yield f"{_plain(issued(document))}."
    for section in document.sections:
        yield from _section(section)
    yield ""
    text, signed, day = (titled(word, document.language) for word in ("Text signed", "Signed", "Date"))
    yield f"{text}: `{document.digest}`"
    yield ""
    yield f"{signed}: ______________________________ {day}: ______________"


def _section(section: Section) -> Iterator[str]:
    yield from ("", f"## {_plain(section.title)}")
    for paragraph in section.text:
        yield from ("", _plain(paragraph))
    for table in section.tables:
        yield ""
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(_plain, table.head))} |"
    yield f"|{' --- |' * len(table.head)}"
    yield from (f"| {' | '.join(map(_cell, row))} |" for row in table.rows)


def _cell(cell: Cell) -> str:
    return "<br>".join(_plain(line) for line in cell)


def _plain(text: str) -> str:
    """A text in which nothing is markup."""
    return re.sub(r"([\\`*_\[\]<>|~#])", r"\\\1", " ".join(text.split()))
