"""Conversations that the bridge cannot read: the ticket says so, to the agents and in a finding."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import Severity
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.sentence import Sentence, recognized


def unread_words(context: Context) -> Iterator[RuleOutcome]:
    """A finding and a note for each conversation of an open ticket that cannot be read."""
    clause = context.policy.severity.clause
    for conversation in context.unread_conversations if context.is_open else ():
        place = recognized(conversation.where, PLACES)
        because = Sentence(
            "what is said in %(place)s since %(time)s cannot be read", place=place, time=conversation.start
        )
        yield context.finding("unread_conversation", clause=clause, because=because, severity=Severity.WARNING)
        yield context.remark("unread_conversation", because, _ADVICE, clause=clause, since=conversation.start)


_ADVICE = Sentence(
    "Until somebody writes a public comment, promises of an answer are not counted. While the ticket waits for the "
    "customer, nobody is reminded and nothing is closed."
)

PLACES = (
    Sentence("a conversation in %(value)s Messaging"),
    Sentence("a chat"),
    Sentence("a conversation on %(value)s"),
    Sentence("a conversation by text message"),
    Sentence("a conversation outside the ticket"),
)
"""Where words are said that cannot be read, as the mappings say it."""
