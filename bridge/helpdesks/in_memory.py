"""A helpdesk in memory with one ticket. It changes nothing by itself: no triggers, no reopening on a reply."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from bridge.account import Account
from bridge.decision import (
    Action,
    Clear,
    Fact,
    Field,
    MessageKind,
    Mode,
    Plan,
    Say,
    Set,
    SystemField,
    Tag,
    Target,
)
from bridge.errors import Conflict, Gone
from bridge.policy.model import Policy
from bridge.policy.rules.mirror_fields import DISPLAY_FIELDS
from bridge.ports.helpdesk import Diagnosis, OpenTickets, WriteResult
from bridge.ports.native_targets import NativeTargets
from bridge.ticket import (
    RESOLVED,
    Actor,
    Changed,
    Ending,
    FactValue,
    Merge,
    Message,
    Role,
    Said,
    Ticket,
    TicketRef,
    TimelineEntry,
    fact_field,
)
from mappings.event_marks import marked_by

_BRIDGE = Actor(role=Role.BRIDGE)


@dataclass(frozen=True)
class NoDisplayFields(Container[Target]):
    """All fields except display fields, because scenarios are about what a policy does."""

    def __contains__(self, target: object) -> bool:
        return not (isinstance(target, Field) and target.name in DISPLAY_FIELDS)


class InMemoryHelpdesk:
    """Implements :class:`~bridge.ports.helpdesk.Helpdesk`; ``now`` is its clock, set by its owner."""

    name = "simulated"
    mode: Mode = "enforce"
    settling_time = timedelta(0)
    known_fields: Container[Target]
    """Everything but display fields, as in a connection that configures none of them."""

    def __init__(self, ticket: Ticket, account: Account | None = None) -> None:
        self.now = ticket.created_at
        self.known_fields = NoDisplayFields()
        self._account = account
        self._version = 0
        self._ticket = ticket
        self._store()

    @property
    def ticket(self) -> Ticket:
        """The ticket as it is now."""
        return self._ticket

    def value(self, field: str) -> FactValue:
        """The present value of a timeline field."""
        return self._plan if field == "plan" else self._ticket.value(field)

    def record(self, entry: TimelineEntry) -> None:
        """Append something that happened and changes no field."""
        self._store(timeline=(*self._ticket.timeline, entry))

    def merge(self, other: InMemoryHelpdesk, actor: Actor) -> None:
        """Merge the ticket of another helpdesk into this one, which brings what was said there."""
        source = other.ticket
        other.end(Ending(kind="merged", into=self.ticket.ref.id))
        said = tuple(entry for entry in source.timeline if isinstance(entry, Said))
        self.record(Merge(at=self.now, actor=actor, source=source.ref.id, created_at=source.created_at, said=said))

    def end(self, ending: Ending) -> None:
        """The ticket leaves the helpdesk."""
        self._store(ending=ending)

    def change(
        self, field: str, new: FactValue, actor: Actor, *, keys: tuple[str, ...] = (), observed: bool = False
    ) -> None:
        """Give a timeline field another value; writing the value it has leaves no trace, as on a real helpdesk.

        ``plan`` changes the account, ``tags`` takes the whole list as comma separated text.
        """
        old = self.value(field)
        if old == new and isinstance(old, bool) == isinstance(new, bool):  # 1 is not yes
            return
        entry = Changed(at=self.now, actor=actor, keys=keys, observed=observed, field=field, old=old, new=new)
        timeline = (*self._ticket.timeline, entry)
        kind, _, name = field.partition(":")
        match kind:
            case "plan":
                self._account = (self._account or Account()).model_copy(update={"plan": new})
                self._store(timeline=timeline)
            case "fact":
                self._store(timeline=timeline, facts={**self._ticket.facts, name: new})
            case "field":
                fields = {other: held for other, held in self._ticket.fields.items() if other != name}
                self._store(timeline=timeline, fields=fields | ({name: str(new)} if new is not None else {}))
            case "tags":
                self._store(timeline=timeline, tags=frozenset(filter(None, str(new).split(","))))
            case _:
                self._store(timeline=timeline, **{field: new})

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:  # noqa: ARG002 (it keeps the full history)
        """The ticket as it is now. Raises ``Gone`` for any other reference."""
        if ref != self._ticket.ref:
            raise Gone(f"{ref} does not exist; the helpdesk in memory has only {self._ticket.ref}")
        return self._ticket

    def apply(self, ticket: Ticket, plan: Plan, review: str = "") -> WriteResult:
        """Carry out a plan at ``now``. Raises ``Conflict`` when the ticket is not the one that was fetched last."""
        if ticket.version != self._ticket.version:
            raise Conflict(
                f"{ticket.ref} changed from version {ticket.version} to {self._ticket.version}; fetch it again"
            )
        for action in plan.actions:
            self._carry_out(action)
        if marks := marked_by([(review, self.now)]):
            self._store(marked_by=self._ticket.marked_by | marks)
        return WriteResult(confirmed=frozenset(action.key for action in plan.actions), version=self._ticket.version)

    def ticket_url(self, ref: TicketRef) -> str:
        """An address that looks like one."""
        return f"https://helpdesk.example/tickets/{ref.id}"

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:  # noqa: ARG002 (versions suffice)
        """The ticket, when its version has moved on since ``cursor``."""
        moved = cursor is None or cursor < self._ticket.version
        return ([self._ticket.ref] if moved else []), self._ticket.version

    def open_tickets(self, cursor: str | None) -> OpenTickets:  # noqa: ARG002 (one page holds it)
        """The ticket, unless it is solved or closed."""
        return OpenTickets([] if self._ticket.status in RESOLVED else [self._ticket.ref])

    def in_background(self) -> AbstractContextManager[None]:
        """Nobody else calls it."""
        return nullcontext()

    def for_person(self) -> AbstractContextManager[None]:
        """It has no limits."""
        return nullcontext()

    def cursor_at(self, instant: datetime) -> str:  # noqa: ARG002 (it knows no changes of the past)
        """The cursor from which every ticket has changed."""
        return ""

    def account(self, ticket: Ticket) -> Account | None:  # noqa: ARG002 (there is one account)
        """The account of the scenario, with its current plan."""
        return self._account

    def native_targets(self, since: datetime) -> NativeTargets:  # noqa: ARG002 (it has no SLA of its own)
        """Targets of its own SLA: it has none."""
        return lambda _: ()

    def probe(self) -> None:
        """Always well: nothing outside this process can fail."""

    def missing(self) -> list[str]:
        """Nothing: it has whatever is named."""
        return []

    def clock_problem(self) -> str:
        """None: it has the clock of its owner."""
        return ""

    def diagnose(self, policies: Sequence[Policy] = ()) -> Iterable[Diagnosis]:  # noqa: ARG002
        """Always well: nothing outside this process can fail."""
        return [Diagnosis(subject=self.name, ok=True, advice="in memory, needs no setup")]

    @property
    def _plan(self) -> str | None:
        return self._account.plan if self._account else None

    def _carry_out(self, action: Action) -> None:
        match action:
            case Say():
                public = action.kind is MessageKind.PUBLIC_MESSAGE
                message = Message(at=self.now, actor=_BRIDGE, keys=(action.key,), public=public, text=action.text)
                self.record(message.model_copy(update={"template": action.template}))
            case Set():
                self._write(action.target, action.value, action.key)
            case Clear():
                self._write(action.target, None, action.key)
            case _:
                assert_never(action)

    def _write(self, target: Target, value: bool | int | str | None, key: str) -> None:
        match target:
            case Tag(name):
                tags = self._ticket.tags | {name} if value is not None else self._ticket.tags - {name}
                self.change("tags", ",".join(sorted(tags)), _BRIDGE, keys=(key,))
            case Fact(name):
                self.change(fact_field(name), value, _BRIDGE, keys=(key,))
            case Field(name):
                fields = {other: value for other, value in self._ticket.fields.items() if other != name}
                self._store(fields=fields | ({name: str(value)} if value is not None else {}))
            case SystemField():
                self.change(target.value, value, _BRIDGE, keys=(key,))
            case _:
                assert_never(target)

    def _store(self, *, timeline: tuple[TimelineEntry, ...] | None = None, **changed: Any) -> None:
        """A new snapshot. What is new is brought into its form; what was there, and may be long, is in it already."""
        self._version += 1
        values: dict[str, Any] = {"version": f"{self._version:09d}"}
        if changed:
            new = Ticket(ref=self._ticket.ref, created_at=self._ticket.created_at, **changed)
            values |= {name: getattr(new, name) for name in changed}
        if timeline is not None:
            values["timeline"] = timeline
        self._ticket = self._ticket.model_copy(update=values)
