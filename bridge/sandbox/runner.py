"""Plays stories: at its virtual time each step is done, in whatever helpdesk, through the same rules as everybody else.

A story says who does what in words of no vendor; a :class:`Cast` carries that out in one.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bridge.sandbox.clock import SandboxClock

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Step:
    """One act of a person on the ticket of a story. People go by address, statuses and priorities by canonical name."""

    after: timedelta
    """Virtual time since the ticket was created."""
    by: str
    says: str = ""
    public: bool = True
    status: str = ""
    assignee: str = ""
    priority: str = ""
    tags: tuple[str, ...] = ()
    """Added to the tags the ticket has by then."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Fact -> canonical word, or text."""
    channel: str = "web"
    auto_reply: bool = False
    call: str = ""
    """Text of a logged phone call; nothing else is done then."""


@dataclass(frozen=True)
class Story:
    """A ticket that somebody opens at a virtual time after the start, and what happens to it."""

    at: timedelta
    by: str
    channel: str
    subject: str
    body: str
    facts: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    kind: str = "incident"
    """``incident`` or ``question``."""


class Cast(Protocol):
    """Carries out stories in one helpdesk."""

    @property
    def clock(self) -> SandboxClock: ...
    @property
    def refusal(self) -> type[Exception]:
        """What an act raises that the helpdesk does not allow."""

    def open(self, story: Story) -> int:
        """The customer asks; returns the ticket's id."""

    def act(self, ident: int, step: Step) -> None: ...


class Stage:
    """Plays stories in the background, on the clock of the cast."""

    def __init__(self, cast: Cast, stories: Iterable[Story]) -> None:
        self._cast = cast
        self._order = itertools.count()
        start = cast.clock()
        self._due: list[tuple[datetime, int, Story, Step | None, int]] = []
        for story in stories:
            self._plan(start + story.at, story, None, 0)

    def start(self) -> None:
        """Begin to play; the thread ends with the process."""
        threading.Thread(target=self._play, name="stage", daemon=True).start()

    def play_due(self) -> None:
        """Do everything that is due by now."""
        while self._due and self._due[0][0] <= self._cast.clock():
            at, _, story, step, ident = heapq.heappop(self._due)
            try:
                self._do(at, story, step, ident)
            except self._cast.refusal as refusal:
                # People run into the rules too: a ticket may have been closed by the time they act.
                _log.info("ticket %s: a step was refused: %s", ident, refusal)

    def _play(self) -> None:
        pause = threading.Event()
        while self._due:
            self.play_due()
            pause.wait(_LOOK_EVERY_S)

    def _plan(self, at: datetime, story: Story, step: Step | None, ident: int) -> None:
        heapq.heappush(self._due, (at, next(self._order), story, step, ident))

    def _do(self, at: datetime, story: Story, step: Step | None, ident: int) -> None:
        if step is not None:
            self._cast.act(ident, step)
            return
        opened = self._cast.open(story)
        for later in story.steps:
            self._plan(at + later.after, story, later, opened)
