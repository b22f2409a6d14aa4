"""What a document is made of, whatever it is written in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

Cell = tuple[str, ...]
"""The lines of one cell."""


@dataclass(frozen=True)
class Table:
    """A head and rows of cells, as many as the head has."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it."""

    title: str
    tables: tuple[Table, ...] = ()
    text: tuple[str, ...] = ()
    """Paragraphs before the tables."""


@dataclass(frozen=True)
class Document:
    """A policy as people sign it."""

    title: str
    version: str
    effective: date
    digest: str
    """Of the text that was signed; ``policybridge`` shows it with every decision."""
    sections: tuple[Section, ...]
    language: str = "en"
    """Of its headings: that in which the pack is written."""
