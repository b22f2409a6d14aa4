"""Plays stories: does at its virtual time what each step says, through the same rules as everybody else."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.sandbox import people
from bridge.sandbox.house import House
from bridge.sandbox.refusals import Refusal
from bridge.sandbox.state import Record

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Step:
    """One act of a person on the ticket of a story."""

    after: timedelta
    """Virtual time since the ticket was created."""
    by: str
    ticket: Record = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    """Added to the tags the ticket has by then."""
    channel: str = "web"
    auto_reply: bool = False
    call: str = ""
    """Text of a logged phone call."""


@dataclass(frozen=True)
class Story:
    """A ticket that somebody opens at a virtual time after the start, and what happens to it."""

    at: timedelta
    by: str
    channel: str
    ticket: Record
    steps: tuple[Step, ...] = ()


class Stage:
    """Plays stories in the background, on the clock of the house."""

    def __init__(self, house: House, stories: Iterable[Story]) -> None:
        self._house = house
        self._order = itertools.count()
        start = house.clock()
        self._due: list[tuple[datetime, int, Story, Step | None, int]] = []
        for story in stories:
            self._plan(start + story.at, story, None, 0)

    def start(self) -> None:
        """Begin to play; the thread ends with the process."""
        threading.Thread(target=self._play, name="stage", daemon=True).start()

    def play_due(self) -> None:
        """Do everything that is due by now."""
        while self._due and self._due[0][0] <= self._house.clock():
            at, _, story, step, ident = heapq.heappop(self._due)
            try:
                self._do(at, story, step, ident)
            except Refusal as refusal:
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
        house = self._house
        if step is None:
            ticket = people.ask(house, story.by, story.channel, story.ticket)
            for later in story.steps:
                self._plan(at + later.after, story, later, ticket["id"])
        elif step.call:
            people.phone_call(house, ident, step.by, step.call)
        else:
            with house.state.lock:
                wanted = dict(step.ticket)
                if step.tags:
                    wanted["tags"] = [*house.state.ticket(ident)["tags"], *step.tags]
                people.change(house, ident, step.by, wanted, channel=step.channel, auto_reply=step.auto_reply)
