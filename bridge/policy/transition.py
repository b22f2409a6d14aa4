"""The status path of a document: what moves a ticket from one status to the next by itself."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from bridge.policy.case import Case, Outcome, PackPart, Rule
from bridge.policy.predicate import Predicate
from bridge.policy.target import Event, is_event
from bridge.ticket import Role, Status, TimelineEntry


class Transition(PackPart):
    """One arrow of the path."""

    on: Event
    from_: tuple[Status, ...] = Field(alias="from")
    to: Status


class Transitions(Rule):
    """Arrows that events set off. A status that a person sets at the same time or later stays."""

    when: Predicate = Predicate()
    arrows: tuple[Transition, ...]

    def judge(self, case: Case) -> Iterator[Outcome]:
        if not case.holds(self.when):
            yield case.applied("status path", clause=self.clause, applied=False, because=self.when.failing(case.lookup))
            return
        moved = self._move(case)
        because = f"on {moved[0].on.replace('_', ' ')}" if moved else "no event asks for another status"
        yield case.applied("status path", clause=self.clause, applied=moved is not None, because=because)
        if moved:
            arrow, entry = moved
            yield case.want("status", arrow.to, clause=self.clause, since=entry.at, because=because)

    def _move(self, case: Case) -> tuple[Transition, TimelineEntry] | None:
        """The arrow that the last event since the present status asks for."""
        spell = case.statuses[-1]
        decided = spell.began is not None and spell.began.actor.role is Role.AGENT
        for entry in reversed(case.ticket.timeline):
            if entry.at < spell.start or (entry.at == spell.start and decided):
                return None
            arrow = next((a for a in self.arrows if spell.value in a.from_ and is_event(a.on, entry)), None)
            if arrow:
                return arrow, entry
        return None
