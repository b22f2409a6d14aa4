"""Duplicates: other open tickets of the account that seem to be about the same issue."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import TagName, TemplateName


class DuplicateDetection(Rule):
    """Detection of possible duplicates: open tickets of one account about the same issue. Nothing is merged."""

    tag: TagName
    note: TemplateName

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        subject = normalized_subject(context.ticket.subject)
        text = f"{context.ticket.subject} {context.ticket.description}".casefold()
        alike = [
            other.number or f"#{other.ref.id}"
            for other in context.account.open_tickets
            if other.ref != context.ticket.ref
            and (
                (subject and normalized_subject(other.subject) == subject)
                or _mentions_number(text, other.number or other.ref.id)
            )
        ]
        because = (
            Sentence("looks similar to %(tickets)s", tickets=_listed(alike))
            if alike
            else "no open ticket looks similar"
        )
        yield context.applied("duplicates", clause=self.clause, applied=bool(alike), because=because)
        if alike and context.is_open:
            since = context.ticket.created_at
            yield context.tag(self.tag, clause=self.clause, since=since, because=because)
            yield context.note(self.note, clause=self.clause, since=since, because=because)


_MOST_NAMED = 10
"""More similar tickets than this are only counted: a monitoring system may open hundreds with one subject."""
_MIN_DIGITS = 3
"""A bare number of fewer digits is not taken for the number of a ticket."""
_PREFIX = re.compile(r"^(?:(?:re|fw|fwd|aw|wg|sv|antw)\s*:\s*)+", re.IGNORECASE)


def _listed(numbers: Sequence[str]) -> str:
    unnamed, named = len(numbers) - _MOST_NAMED, ", ".join(numbers[:_MOST_NAMED])
    return Sentence("%(tickets)s and %(number)s more", tickets=named, number=unnamed) if unnamed > 0 else named


def _mentions_number(text: str, ident: str) -> bool:
    """Whether a text speaks of a ticket by its number: ``#51``, ``case 51``, ``ticket no. 51``, or just ``5158``.

    ``text`` is casefolded. An account may have thousands of open tickets, so a pattern is only made for numbers in it.
    """
    ident = ident.casefold()
    if ident not in text:
        return False
    labelled = r"(?:#|\b(?:ticket|case|request|issue)\s+(?:no\.?|number|#)?\s*)"
    bare = r"(?<![\w.#-])" if len(ident) >= _MIN_DIGITS else labelled
    return re.search(rf"(?:{labelled}|{bare}){re.escape(ident)}(?![\w-]|\.\d)", text) is not None


def normalized_subject(subject: str) -> str:
    """A subject as duplicates are compared by it: no reply prefixes, case, punctuation or extra space."""
    text = unicodedata.normalize("NFKC", _PREFIX.sub("", subject.strip())).casefold()
    return " ".join(re.sub(r"[^\w\s]", " ", text).split())
