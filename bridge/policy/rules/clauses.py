"""The text of the document: its clauses, those that need no rule, and how its open points are read."""

from __future__ import annotations

from bridge.policy.evaluation.part import PackPart
from bridge.policy.references import Citation, Prose


class ClauseText(PackPart):
    """A clause of the document, for people."""

    heading: Prose
    """Heading under which it stands."""
    text: Prose


class InformationalClause(PackPart):
    """A clause with nothing to automate, and where it is shown."""

    clause: Citation
    text: Prose
    shown_in: Prose


class Interpretation(PackPart):
    """A point the document leaves open, the reading taken, and the override for another one."""

    clause: Citation
    question: Prose
    reading: Prose
    override: str = ""
