"""Plays samples: at its virtual time each step is done, in whatever helpdesk, through the same rules as everybody else.

A sample says who does what in words of no vendor; a :class:`TicketPlayer` carries that out in one.
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
    """One thing a person does to a sample ticket. People go by address, statuses and priorities by canonical name."""

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
class SampleTicket:
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


class TicketPlayer(Protocol):
    """Carries out samples in one helpdesk."""

    @property
    def clock(self) -> SandboxClock: ...
    @property
    def refusal(self) -> type[Exception]:
        """What an act raises that the helpdesk does not allow."""

    def open(self, sample: SampleTicket) -> int:
        """The customer asks; returns the ticket's id."""

    def act(self, ident: int, step: Step) -> None: ...


class SampleTicketRunner:
    """Plays samples in the background, on the clock of the player."""

    def __init__(self, player: TicketPlayer, samples: Iterable[SampleTicket]) -> None:
        self._cast = player
        self._order = itertools.count()
        start = player.clock()
        self._due: list[tuple[datetime, int, SampleTicket, Step | None, int]] = []
        for sample in samples:
            self._plan(start + sample.at, sample, None, 0)

    def start(self) -> None:
        """Begin to play; the thread ends with the process."""
        threading.Thread(target=self._play, name="sample-tickets", daemon=True).start()

    def play_due(self) -> None:
        """Do everything that is due by now."""
        while self._due and self._due[0][0] <= self._cast.clock():
            at, _, sample, step, ident = heapq.heappop(self._due)
            try:
                self._do(at, sample, step, ident)
            except self._cast.refusal as refusal:
                # People run into the rules too: a ticket may have been closed by the time they act.
                _log.info("ticket %s: a step was refused: %s", ident, refusal)

    def _play(self) -> None:
        pause = threading.Event()
        while self._due:
            self.play_due()
            pause.wait(_LOOK_EVERY_S)

    def _plan(self, at: datetime, sample: SampleTicket, step: Step | None, ident: int) -> None:
        heapq.heappush(self._due, (at, next(self._order), sample, step, ident))

    def _do(self, at: datetime, sample: SampleTicket, step: Step | None, ident: int) -> None:
        if step is not None:
            self._cast.act(ident, step)
            return
        opened = self._cast.open(sample)
        for later in sample.steps:
            self._plan(at + later.after, sample, later, opened)
