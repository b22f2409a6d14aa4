"""Amendments of what was promised: a clock that is waived or extended, a date of follow-up; as entries, and as notes.

An agent writes one as an internal note of one line, in any helpdesk::

    policy: waive completion, because the customer has postponed the project
    policy: extend completion until 2026-03-05 17:00, because the spare part comes on Thursday
    policy: promise 2026-03-05 10:00, because the vendor answers on Wednesday
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.policy.evaluation.timeline_index import TimelineIndex
from bridge.ticket import Amendment, AmendmentKind, Message, Role

_COMMAND = re.compile(r"^\s*policy\s*:\s*(?P<words>.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_FORMS: dict[AmendmentKind, re.Pattern[str]] = {
    "waive": re.compile(r"waive\s+(?P<clock>\w+)", re.IGNORECASE),
    "extend": re.compile(r"extend\s+(?P<clock>\w+)\s+until\s+(?P<until>.+)", re.IGNORECASE),
    "promise": re.compile(r"promise\s+(?P<until>.+)", re.IGNORECASE),
}
_REASON = re.compile(r"\s*,?\s*\bbecause\b\s*:?\s*", re.IGNORECASE)
ALLOWED = (
    "policy: waive CLOCK, because REASON; policy: extend CLOCK until 2026-03-05 17:00, because REASON; "
    "policy: promise 2026-03-05 17:00, because REASON"
)


@dataclass(frozen=True)
class Misread:
    """A note that looks like an amendment and cannot be read."""

    at: datetime
    found: str
    allowed: str


def written_amendments(timeline: TimelineIndex, zone: ZoneInfo) -> Iterator[Amendment | Misread]:
    """The amendments on a ticket, oldest first; times in notes are local times of ``zone``."""
    notes = (note for note in timeline.of_kind(Message) if note.actor.role is Role.AGENT and not note.public)
    commands = ((note, command["words"]) for note in notes if (command := _COMMAND.search(note.text)))
    read = (read_amendment(note, words, zone) for note, words in commands)
    yield from sorted((*timeline.of_kind(Amendment), *read), key=lambda each: each.at)


def read_amendment(note: Message, words: str, zone: ZoneInfo) -> Amendment | Misread:
    """The amendment that an agent wrote as a note."""
    what, *reasons = _REASON.split(words, maxsplit=1)
    for kind, form in _FORMS.items():
        if found := form.fullmatch(what.strip(" .,")):
            given = found.groupdict()
            until = local_time(given["until"], zone) if "until" in given else None
            if "until" in given and until is None:
                return Misread(note.at, repr(given["until"]), "a time such as 2026-03-05 17:00")
            clock, reason = given.get("clock") or "", "".join(reasons).strip()
            return Amendment(at=note.at, actor=note.actor, what=kind, clock=clock, until=until, reason=reason)
    return Misread(note.at, repr(words), ALLOWED)


def local_time(text: str, zone: ZoneInfo) -> datetime | None:
    """A local time such as ``2026-03-05 17:00``, or one with an offset; None where it is neither."""
    try:
        at = datetime.fromisoformat(text.strip().replace(" ", "T", 1))
    except ValueError:
        return None
    has_time = ":" in text
    return (at if at.tzinfo else at.replace(tzinfo=zone)) if has_time else None
