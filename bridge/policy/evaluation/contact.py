"""What the bridge cannot hear of a conversation, and whom its messages do not reach.

Where words cannot be read, nobody is credited and nobody is blamed: promises of answers rest until somebody's words can
be read again, and waiting for the customer proves nothing. The same holds for waiting for somebody who got no message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bridge.policy.evaluation.conditions import Span
from bridge.policy.evaluation.sentence import Sentence, recognized
from bridge.policy.evaluation.timeline_index import TimelineIndex
from bridge.ticket import Message, Readability, Role, Ticket

OUT_OF_REACH = (
    Sentence("has been deleted in %(value)s"),
    Sentence("is suspended in %(value)s"),
    Sentence("has no e-mail address"),
    Sentence("has no usable e-mail address (%(value)s)"),
    Sentence("has an e-mail address to which %(value)s cannot deliver"),
)
"""Why no message reaches a customer, as the mappings say it."""
UNDELIVERED = (
    Sentence("the e-mail address is missing or wrong"),
    Sentence("there is no e-mail address"),
    Sentence("the sender's address is wrong"),
    Sentence("the sender has no address"),
    Sentence("the mail server did not take it"),
    Sentence("the mail came back"),
    Sentence("the mail was taken for spam"),
    Sentence("the address is blocked"),
    Sentence("they have opted out of mail"),
    Sentence("%(value)s took it for a duplicate"),
    Sentence("unknown reason"),
    Sentence("refused"),
)
"""Why a message did not arrive, as the mappings say it; a mail server has words of its own."""


@dataclass(frozen=True)
class UnreadConversation:
    """A conversation of which the bridge cannot read a word."""

    where: str
    start: datetime
    end: datetime | None
    """When words could be read again; None while they cannot."""
    silence_ends: datetime | None
    """When somebody's words were first read after that: until then it is unknown whose turn it is."""

    @property
    def silence(self) -> Span:
        return self.start, self.silence_ends

    def overlaps(self, start: datetime, end: datetime | None) -> bool:
        """Whether some of it lies between two instants."""
        return (end is None or self.start < end) and (self.end is None or self.end > start)


def unread_conversations(timeline: TimelineIndex) -> list[UnreadConversation]:
    """The conversations that cannot be read, oldest first."""
    return list(_unread(timeline))


def _unread(timeline: TimelineIndex) -> Iterator[UnreadConversation]:
    begun: Readability | None = None
    for entry in timeline.of_kind(Readability):
        if begun and entry.readable:
            yield UnreadConversation(begun.where, begun.at, entry.at, _next_words(timeline, entry.at))
            begun = None
        elif begun is None and not entry.readable:
            begun = entry
    if begun:
        yield UnreadConversation(begun.where, begun.at, None, _next_words(timeline, begun.at))


def _next_words(timeline: TimelineIndex, after: datetime) -> datetime | None:
    people = (Role.AGENT, Role.CUSTOMER)
    words = (entry for entry in timeline.of_kind(Message) if entry.public and not entry.auto_reply)
    return next((entry.at for entry in words if entry.at > after and entry.actor.role in people), None)


def failed_contact(ticket: Ticket, since: datetime) -> str:
    """Why the customer has heard nothing of us: they are out of reach, or our words were not delivered; or nothing.

    Not delivered is what was said last, or anything that the bridge has said ``since``.
    """
    if ticket.requester.unreachable:
        return Sentence("the customer %(why)s", why=recognized(ticket.requester.unreachable, OUT_OF_REACH))
    spoken = [entry for entry in ticket.messages(public=True) if entry.actor.role in (Role.AGENT, Role.BRIDGE)]
    ours = [entry for entry in spoken if entry.at >= since and entry.actor.role is Role.BRIDGE]
    failed = next((entry for entry in (*ours, *spoken[-1:]) if entry.undelivered), None)
    if failed is None:
        return ""
    why = recognized(failed.undelivered, UNDELIVERED)
    return Sentence("the message of %(time)s was not delivered: %(why)s", time=failed.at, why=why)
