"""A pack as a document that people read and sign; every number in it is read from the rules that run."""

from __future__ import annotations

from bridge.policy.document.layout import Document, Section, Table
from bridge.policy.document.sections import document
from bridge.policy.document.writing import html, markdown

__all__ = ["Document", "Section", "Table", "document", "html", "markdown"]
