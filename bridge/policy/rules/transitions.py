"""Status transitions: events that move a ticket, and the moves that people may make."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from bridge.decision import SystemField
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.events import Event, is_event
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart, Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import TemplateName
from bridge.ticket import Role, Status, TimelineEntry


class Transition(PackPart):
    """One automatic status change."""

    on: Event
    from_: tuple[Status, ...] = Field(alias="from")
    to: Status


Move = tuple[Transition, TimelineEntry]
"""An arrow, and the event that set it off."""


class Transitions(Rule):
    """Automatic status changes by events, and the moves allowed to people. A status that a person sets later stays."""

    when: Predicate = Predicate()
    automatic_moves: tuple[Transition, ...]
    allowed_moves: dict[Status, tuple[Status, ...]] = {}
    """Status -> those to which people may move the ticket; another move between statuses named here is put back."""
    note: TemplateName | None = None
    """Template of the note on a move that was put back."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        if not context.holds(self.when):
            yield context.applied(
                "status path", clause=self.clause, applied=False, because=self.when.failing(context.lookup)
            )
            return
        if moved := self._unknown_move(context):
            yield from self._put_back(context, *moved)
            return
        move = self._move(context)
        because = f"on {move[0].on.replace('_', ' ')}" if move else "no event calls for another status"
        yield context.applied("status path", clause=self.clause, applied=move is not None, because=because)
        if move:
            arrow, entry = move
            yield context.want(SystemField.STATUS, arrow.to, clause=self.clause, since=entry.at, because=because)

    def _unknown_move(self, context: Context) -> tuple[Status, FieldPeriod] | None:
        """The status before a move of a person that the path does not know, and the period that it began."""
        if len(context.status_periods) < 2 or None in (
            before := context.status_periods[-2].value,
            (last := context.status_periods[-1]).value,
        ):
            return None
        source, target = Status(str(before)), Status(str(last.value))
        ours = last.began is not None and last.began.actor.role is Role.BRIDGE
        known = source in self.allowed_moves and target in self.allowed_moves
        return (source, last) if known and not ours and target not in self.allowed_moves[source] else None

    def _put_back(self, context: Context, source: Status, moved: FieldPeriod) -> Iterator[RuleOutcome]:
        names = {"old": source.replace("_", " "), "new": str(moved.value).replace("_", " ")}
        because = Sentence("moving from %(old)s to %(new)s is not allowed", **names)
        yield context.applied("status path", clause=self.clause, applied=True, because=because)
        yield context.want(SystemField.STATUS, source, clause=self.clause, since=moved.start, because=because)
        if self.note:
            yield context.note(self.note, clause=self.clause, since=moved.start, because=because)

    def _move(self, context: Context) -> Move | None:
        """What the last event that moved the ticket still asks for; one event may set off one arrow after the other."""
        periods = self._periods_of_ours(context)
        began, status = periods[0].began, periods[0].value
        decided = began is not None and began.actor.role is Role.AGENT
        moves: list[Move] = []
        for entry in (entry for period in periods for entry in period.entries):
            if decided and entry.at == periods[0].start:
                continue
            for arrow in self.automatic_moves:
                if status in arrow.from_ and is_event(arrow.on, entry):
                    status = arrow.to
                    moves.append((arrow, entry))
        last = [move for move in moves if move[1] is moves[-1][1]]
        ahead = [index for index, (arrow, _) in enumerate(last) if arrow.to == context.status_periods[-1].value]
        return next(iter(last[ahead[-1] + 1 :] if ahead else last), None)

    def _periods_of_ours(self, context: Context) -> list[FieldPeriod]:
        """The last status that is not the end of an arrow, and what the bridge or the helpdesk itself made of it."""
        periods = context.status_periods
        index = len(periods) - 1
        while index and (
            self._was_set_by_us(periods[index - 1], periods[index])
            or self._was_set_by_helpdesk(periods[index - 1], periods[index])
        ):
            index -= 1
        return periods[index:]

    def _was_set_by_us(self, before: FieldPeriod, after: FieldPeriod) -> bool:
        ours = after.began is not None and after.began.actor.role is Role.BRIDGE
        return ours and any(before.value in arrow.from_ and after.value == arrow.to for arrow in self.automatic_moves)

    def _was_set_by_helpdesk(self, before: FieldPeriod, after: FieldPeriod) -> bool:
        """Whether the helpdesk itself changed the status on an event that moves the ticket on from the status before.

        Zendesk opens a pending ticket with the reply of its customer.
        """
        if after.began is None or after.began.actor.role not in (Role.CUSTOMER, Role.SYSTEM):
            return False
        events = [entry for entry in (*before.entries, *after.entries) if entry.at == after.start]
        arrows = [arrow for arrow in self.automatic_moves if before.value in arrow.from_]
        return any(is_event(arrow.on, entry) for arrow in arrows for entry in events)
