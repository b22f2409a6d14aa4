"""The status path of a document: what moves a ticket from one status to the next, and where people may move it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.events import Event, is_event
from bridge.policy.evaluation.field_periods import Spell
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Outcome, PackPart, Rule
from bridge.ticket import Role, Status, TimelineEntry


class Transition(PackPart):
    """One arrow of the path."""

    on: Event
    from_: tuple[Status, ...] = Field(alias="from")
    to: Status


Move = tuple[Transition, TimelineEntry]
"""An arrow, and the event that set it off."""


class Transitions(Rule):
    """Arrows that events set off, in their order. A status that a person sets at the same time or later stays."""

    when: Predicate = Predicate()
    arrows: tuple[Transition, ...]
    allowed: dict[Status, tuple[Status, ...]] = {}
    """Status -> those to which people may move the ticket; another move between statuses named here is put back."""
    note: str | None = None
    """Template of the note on a move that was put back."""

    def judge(self, case: Case) -> Iterator[Outcome]:
        if not case.holds(self.when):
            yield case.applied("status path", clause=self.clause, applied=False, because=self.when.failing(case.lookup))
            return
        if stray := self._stray(case):
            yield from self._put_back(case, *stray)
            return
        move = self._move(case)
        because = f"on {move[0].on.replace('_', ' ')}" if move else "no event asks for another status"
        yield case.applied("status path", clause=self.clause, applied=move is not None, because=because)
        if move:
            arrow, entry = move
            yield case.want("status", arrow.to, clause=self.clause, since=entry.at, because=because)

    def _stray(self, case: Case) -> tuple[Status, Spell] | None:
        """The status before a move of a person that the path does not know, and the spell that it began."""
        if len(case.statuses) < 2 or None in (before := case.statuses[-2].value, (last := case.statuses[-1]).value):
            return None
        source, target = Status(str(before)), Status(str(last.value))
        ours = last.began is not None and last.began.actor.role is Role.BRIDGE
        known = source in self.allowed and target in self.allowed
        return (source, last) if known and not ours and target not in self.allowed[source] else None

    def _put_back(self, case: Case, source: Status, stray: Spell) -> Iterator[Outcome]:
        because = f"the path does not lead from {source} to {stray.value}".replace("_", " ")
        yield case.applied("status path", clause=self.clause, applied=True, because=because)
        yield case.want("status", source, clause=self.clause, since=stray.start, because=because)
        if self.note:
            yield case.note(self.note, clause=self.clause, since=stray.start, because=because)

    def _move(self, case: Case) -> Move | None:
        """What the last event that moved the ticket still asks for; one event may set off one arrow after the other."""
        spells = self._own(case)
        began, status = spells[0].began, spells[0].value
        decided = began is not None and began.actor.role is Role.AGENT
        moves: list[Move] = []
        for entry in (entry for spell in spells for entry in spell.entries):
            if decided and entry.at == spells[0].start:
                continue
            for arrow in self.arrows:
                if status in arrow.from_ and is_event(arrow.on, entry):
                    status = arrow.to
                    moves.append((arrow, entry))
        last = [move for move in moves if move[1] is moves[-1][1]]
        ahead = [index for index, (arrow, _) in enumerate(last) if arrow.to == case.statuses[-1].value]
        return next(iter(last[ahead[-1] + 1 :] if ahead else last), None)

    def _own(self, case: Case) -> list[Spell]:
        """The last status that is not the end of an arrow, and all that the bridge made of it since."""
        spells = case.statuses
        index = len(spells) - 1
        while index and self._led(spells[index - 1], spells[index]):
            index -= 1
        return spells[index:]

    def _led(self, before: Spell, after: Spell) -> bool:
        ours = after.began is not None and after.began.actor.role is Role.BRIDGE
        return ours and any(before.value in arrow.from_ and after.value == arrow.to for arrow in self.arrows)
