"""Linked text: a message with the places of its links, which are known by their position, never by their words.

Words of customers are filled into messages; whatever they look like, they are not a link and end no sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from bridge.ticket import Facts


class LinkPurpose(StrEnum):
    """What a link in a message is for."""

    ADDRESS = "address"
    """An address of the policy, which stands there already."""
    APPROVAL = "approval"
    """The page on which the request of the message is answered; made when the message is sent."""
    CONFIRMATION = "confirmation"
    """The page on which the customer confirms the resolution; made when the message is sent."""
    TICKET = "ticket"
    """The ticket in its helpdesk, for agents; made when the message is sent."""
    WHY = "why"
    """The page that explains what was done to the ticket, for agents; made when the message is sent."""


FOR_AGENTS = frozenset({LinkPurpose.TICKET, LinkPurpose.WHY})
"""Links that no message to a customer carries."""


class TextLink(Facts):
    """The place of a link in a text, and of the sentence that makes no sense without it."""

    purpose: LinkPurpose
    start: int
    end: int
    sentence_start: int
    sentence_end: int


@dataclass(frozen=True)
class LinkedText:
    """A text with its links, in the order of their places."""

    text: str
    links: tuple[TextLink, ...] = ()

    def resolved(self, address: Callable[[LinkPurpose], str | None]) -> LinkedText:
        """The text with the addresses of its links; a sentence whose link cannot be made is left out."""
        found = self
        for index in reversed(range(len(self.links))):
            if index >= len(found.links) or found.links[index].purpose is LinkPurpose.ADDRESS:
                continue
            link = found.links[index]
            url = address(link.purpose)
            found = found._with_address(index, url) if url else found._without_sentence(link)
        return found

    def _with_address(self, index: int, url: str) -> LinkedText:
        link = self.links[index]
        replaced = self._edited(link.start, link.end, url)
        links = list(replaced.links)
        links[index] = links[index].model_copy(update={"purpose": LinkPurpose.ADDRESS})
        return LinkedText(replaced.text, tuple(links))

    def _without_sentence(self, link: TextLink) -> LinkedText:
        """Without a sentence; a paragraph of such sentences alone goes as a whole."""
        start, end = link.sentence_start, link.sentence_end
        begins_paragraph = start == 0 or self.text.endswith("\n\n", 0, start)
        if begins_paragraph and self.text.startswith("\n\n", end):
            end += 2
        elif begins_paragraph and end == len(self.text):
            start = max(start - 2, 0)
        inside = (other for other in self.links if not (link.sentence_start <= other.start < link.sentence_end))
        return LinkedText(self.text, tuple(inside))._edited(start, end, "")

    def _edited(self, start: int, end: int, new: str) -> LinkedText:
        def moved(place: int) -> int:
            return place if place <= start else place + len(new) - (end - start)

        return LinkedText(self.text[:start] + new + self.text[end:], tuple(_moved(self.links, moved)))


def _moved(links: Iterable[TextLink], moved: Callable[[int], int]) -> Iterable[TextLink]:
    places = ("start", "end", "sentence_start", "sentence_end")
    return (link.model_copy(update={name: moved(getattr(link, name)) for name in places}) for link in links)
