"""Several simulated tickets as one helpdesk, with the line and the door that a vendor has and a process needs not."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta

from bridge.account import Account
from bridge.decision import Fact, Field, Mode, Plan, SystemField, Target
from bridge.decision.records import action_name
from bridge.errors import Gone, Retry
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.model import Policy
from bridge.ports.clock import WallClock
from bridge.ports.helpdesk import Diagnosis, OpenTickets, WriteResult
from bridge.ports.native_targets import NativeTargets
from bridge.ticket import Ticket, TicketRef
from mappings.connection import DEFERRABLE
from webhooks.receiver import WebhookRequest

from .vendor import REPORT, SHOWN, Line


def ref_to(ident: str) -> TicketRef:
    """A simulated ticket."""
    return TicketRef(connection="simulated", id=ident)


class ShortLine(Line):
    """A call within the process has nothing between that could fail; here something has."""

    def __init__(self) -> None:
        self.changed: list[str] = []
        self.passing: int | None = None
        self.lost: list[bool] = []
        self.acts: list[Callable[[], object]] = []

    @property
    def writes(self) -> Sequence[str]:
        return self.changed

    @contextmanager
    def cut(self, after: int = 0) -> Iterator[None]:
        self.passing = after
        yield
        self.passing = None

    def lose_answer(self, *, public: bool = False) -> None:
        self.lost.append(public)

    def meanwhile(self, act: Callable[[], object]) -> None:
        self.acts.append(act)


class Several:
    """Many simulated tickets as one :class:`~bridge.ports.helpdesk.Helpdesk`."""

    name = "simulated"
    settling_time = timedelta(0)
    known_fields: Container[Target] = {
        *map(Field, (*SHOWN, "next_due_at", *DEFERRABLE)),
        *map(Fact, REPORT),
        SystemField.GROUP,
    }

    mode: Mode = "shadow"

    def __init__(self, line: ShortLine, clock: WallClock) -> None:
        self.clock = clock
        self.tickets: dict[str, InMemoryHelpdesk] = {}
        self.notified: dict[str, set[str]] = {}
        self._line = line

    @staticmethod
    def before_write() -> None:
        """What is asked before each write; nothing by itself."""

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        return self._reach(ref).fetch(ref)

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> WriteResult:
        if self._line.acts:
            self._line.acts.pop(0)()
        self.before_write()
        receipt = self._reach(ticket.ref).apply(ticket, plan)
        if self._line.passing:
            self._line.passing -= 1
        self._line.changed.append(ticket.ref.id)
        for action in plan.actions:
            if action_name(action) == "notify":
                self.notified.setdefault(ticket.ref.id, set()).update(action.to)
        public = any(action_name(action) == "public_message" for action in plan.actions)
        if self._line.lost and (public or not self._line.lost[0]):
            self._line.lost.pop(0)
            raise Retry("the answer was lost on its way")
        return receipt

    def missing(self) -> Sequence[str]:
        """Nothing: it has whatever is named."""
        return ()

    def cursor_at(self, instant: datetime) -> str:
        return ""

    def native_targets(self, since: datetime) -> NativeTargets:
        return lambda _: ()

    def ticket_url(self, ref: TicketRef) -> str:
        return self.tickets[ref.id].ticket_url(ref)

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        seen = json.loads(cursor or "{}")
        versions = {ident: self._reach(ref_to(ident)).fetch(ref_to(ident)).version for ident in self.tickets}
        return [ref_to(ident) for ident in versions if versions[ident] != seen.get(ident)], json.dumps(versions)

    def open_tickets(self, cursor: str | None) -> OpenTickets:
        """One ticket a page, so that the pages are turned."""
        found = [ref for ref in map(ref_to, self.tickets) if self._reach(ref).open_tickets(None).refs]
        at = int(cursor or 0)
        return OpenTickets(found[at : at + 1], str(at + 1) if at + 1 < len(found) else None)

    def in_background(self) -> AbstractContextManager[None]:
        return nullcontext()

    def for_person(self) -> AbstractContextManager[None]:
        return nullcontext()

    def account(self, ticket: Ticket) -> Account | None:
        return None

    def diagnose(self, policies: Sequence[Policy] = ()) -> Iterable[Diagnosis]:
        return ()

    def probe(self) -> None:
        return

    def clock_problem(self) -> str:
        return ""

    def _reach(self, ref: TicketRef) -> InMemoryHelpdesk:
        if self._line.passing == 0:
            raise Retry("the line is cut")
        if ref.id not in self.tickets:
            raise Gone(f"{ref} does not exist")
        return self.present(ref.id)

    def present(self, ident: str) -> InMemoryHelpdesk:
        """One ticket, with the hands of its clock where they belong; stamps have whole seconds, as at real vendors."""
        found = self.tickets[ident]
        found.now = self.clock().replace(microsecond=0)
        return found


class UnsignedReceiver:
    """Deliveries from within this process need no proof."""

    kept_headers: frozenset[str] = frozenset()

    def verify(self, webhook: WebhookRequest) -> None:
        return

    def delivery_id(self, webhook: WebhookRequest) -> str:
        return str(json.loads(webhook.body)["delivery"])

    def ticket_refs(self, webhook: WebhookRequest) -> tuple[TicketRef, ...]:
        return (ref_to(json.loads(webhook.body)["ticket"]),)
