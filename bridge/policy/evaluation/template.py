"""Templates: the texts of a pack, and the words that are filled in.

The sentences of a message, and the places of its links, follow from its template alone. What is filled in may hold
anything: it stays as it is, letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from bridge.decision.linked_text import LinkedText, LinkPurpose, TextLink
from bridge.policy.calendars.duration import Length, humanize

PLACEHOLDER = re.compile(r"\{(\w+)\}", re.ASCII)
MADE_LINKS = {
    "approval_link": LinkPurpose.APPROVAL,
    "confirmation_link": LinkPurpose.CONFIRMATION,
    "ticket_link": LinkPurpose.TICKET,
    "why_link": LinkPurpose.WHY,
}
"""Placeholders of links that are made when a message is sent; where one cannot be made, its sentence is left out."""
PLACEHOLDERS = frozenset(
    {
        "approval_link",
        "reason",
        "cadence",
        "clause",
        "closes_in",
        "confirmation_link",
        "level",
        "suggestion",
        "proposed",
    }
    | {"also_notified", "clock", "deadline", "ticket_link", "why_link"}
    | {"remark", "requester", "role", "stage", "status", "subject", "terms", "ticket", "title"}
)
"""Placeholders a template may use."""
PACK_WORDS = frozenset({"clock", "level", "proposed", "reason", "role", "status"})
"""Placeholders that are filled with words of the pack, which it may translate."""

SUBJECT = "notify_subject"
"""Template of the subject of notifications on channels that have one."""
CHANNEL_TEXT = "notify_"
"""How the name of a template begins that replaces ``notify`` on one kind of channel, such as ``notify_slack``."""

_URL = re.compile(r"https?://[^\s<>\"'{}]*[^\s<>\"'{}.,;:!?)]")
_LINK_SENTENCE = re.compile(
    rf"(?:(?<=[.!?])[ \t]*\n?|\A)[^.!?]*?\{{(?:{'|'.join(MADE_LINKS)})\}}[^.!?\n]*[.!?]?", re.ASCII
)
_AFTER_SENTENCE = re.compile(r"[ \t]*\n?(?!\n)")
_WRAPPED = re.compile(r"(?<!\n)\n(?!\n|[-*•] )")
"""A line end within a paragraph: a pack file is wrapped for its editor, a mail wraps itself."""


def unwrapped(template: str) -> str:
    """A template with each of its paragraphs in one line."""
    return _WRAPPED.sub(" ", template)


def fill(template: str, words: Mapping[str, object], addresses: Mapping[str, str] | None = None) -> LinkedText:
    """A template with its placeholders filled in; what is filled in is never a template itself.

    ``addresses``: those of the words that are addresses, by name.
    """
    used = ((name, words[name]) for name in _placeholders(template) if name in words)
    written = tuple((name, humanize(word) if isinstance(word, Length) else str(word)) for name, word in used)
    return _filled(template, written, frozenset(addresses or ()))


@lru_cache(maxsize=1_000)
def _placeholders(template: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(PLACEHOLDER.findall(template)))


@lru_cache(maxsize=2_000)
def _filled(template: str, words: tuple[tuple[str, str], ...], addresses: frozenset[str]) -> LinkedText:
    """The same text again and again: each review of a ticket fills in what earlier ones have said."""
    template = re.sub(r"[ \t]+(?=\n|$)", "", re.sub(r" {2,}", " ", template)).strip()
    filling = _Filling(dict(words), addresses)
    at = 0
    for start, end in _link_sentences(template):
        filling.add(template[at:start])
        filling.add(template[start:end], is_sentence=True)
        at = end
    filling.add(template[at:])
    return LinkedText("".join(filling.pieces), tuple(filling.links))


def _link_sentences(template: str) -> Iterator[tuple[int, int]]:
    """Where the sentences begin and end that need a link, each with the space that goes with it."""
    at = 0
    for paragraph in template.split("\n\n"):
        for found in _LINK_SENTENCE.finditer(paragraph):
            start, end = found.span()
            if start == 0 and (space := _AFTER_SENTENCE.match(paragraph, end)):
                end = space.end()
            yield at + start, at + end
        at += len(paragraph) + 2


@dataclass
class _Filling:
    """A text that grows by pieces of its template and the words that are filled in."""

    words: Mapping[str, str]
    addresses: frozenset[str]
    pieces: list[str] = field(default_factory=list)
    links: list[TextLink] = field(default_factory=list)
    length: int = 0

    def add(self, template: str, *, is_sentence: bool = False) -> None:
        """Add a part of the template; ``is_sentence``: it goes as a whole where its link cannot be made."""
        start, first = self.length, len(self.links)
        at = 0
        for found in PLACEHOLDER.finditer(template):
            self._literal(template[at : found.start()])
            at = found.end()
            if not self._word(found[1]):
                at += self._close_gap(template[at : at + 1])
        self._literal(template[at:])
        if is_sentence:
            span = {"sentence_start": start, "sentence_end": self.length}
            self.links[first:] = [link.model_copy(update=span) for link in self.links[first:]]

    def _literal(self, text: str) -> None:
        for found in _URL.finditer(text):
            self._link(LinkPurpose.ADDRESS, self.length + found.start(), self.length + found.end())
        self._append(text)

    def _word(self, name: str) -> str:
        word = f"({name.replace('_', ' ')})" if name in MADE_LINKS else self.words.get(name, "")
        start = self.length
        self._append(word)
        if word and (name in MADE_LINKS or name in self.addresses):
            self._link(MADE_LINKS.get(name, LinkPurpose.ADDRESS), start, self.length)
        return word

    def _close_gap(self, following: str) -> int:
        """Leave one space, or none, around a word that is empty; returns how much of what follows is left out."""
        last = next((piece[-1] for piece in reversed(self.pieces) if piece), "")
        if last == " " and following in ("", " ", "\n"):
            self.pieces.append(self._without_last())
            return 0
        return 1 if last in ("", "\n") and following == " " else 0

    def _without_last(self) -> str:
        while not (last := self.pieces.pop()):
            pass
        self.length -= 1
        return last[:-1]

    def _append(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def _link(self, purpose: LinkPurpose, start: int, end: int) -> None:
        place = {"sentence_start": start, "sentence_end": end}
        self.links.append(TextLink(purpose=purpose, start=start, end=end, **place))
