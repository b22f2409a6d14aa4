"""A pack as a document that people read and sign; every number in it is read from the rules that run."""

from __future__ import annotations

from bridge.document.layout import Document, Section, Table
from bridge.document.sections import document
from bridge.document.writing import html, markdown

__all__ = ["Document", "Section", "Table", "document", "html", "markdown"]
