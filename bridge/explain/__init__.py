"""Why: a decision explained to people, as text or as JSON. A rendering, never a second computation. Pure.

Everything shown was decided elsewhere. Only the sum under a clock is written out here, over the open spans of the very
calendar on which the clock counts. JSON is ``model_dump(mode="json")`` of the :class:`Explanation`.
"""

from bridge.explain.changes import changes
from bridge.explain.clock_sums import CountedClock, Interval
from bridge.explain.explanation import Explanation, QuotedClause, explain
from bridge.explain.sections import ExplanationSection, Statement, describe_action, outline
from bridge.explain.text import as_text

__all__ = [
    "CountedClock",
    "Explanation",
    "ExplanationSection",
    "Interval",
    "QuotedClause",
    "Statement",
    "as_text",
    "changes",
    "describe_action",
    "explain",
    "outline",
]
