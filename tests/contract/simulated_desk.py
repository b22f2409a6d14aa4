"""The helpdesk in memory, several tickets of it behind one name, with a door and a line of its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import requests
from flask import Flask

from app import wall_clock
from bridge.account import Account
from bridge.decision import Plan
from bridge.errors import Gone, Retry
from bridge.helpdesks.simulated import SimulatedHelpdesk
from bridge.plan import Mode
from bridge.policy.load import load_policy
from bridge.ports import Ailment, Receipt, WallClock
from bridge.runtime.accounts import Accounts
from bridge.runtime.governing import Governing
from bridge.runtime.inbox import Inbox
from bridge.runtime.jobs import Jobs
from bridge.runtime.reconcile import Reconciler
from bridge.settings import Settings
from bridge.store import open_store
from bridge.ticket import Actor, Channel, Message, Person, PhoneContact, Priority, Role, Status, Ticket, TicketRef
from bridge.yamlfile import load_model
from mappings.connection import DEFERRABLE, Configuration
from webhooks import create_blueprint
from webhooks.door import Envelope

from .desk import REPORT, SHOWN, Desk, Json, Line, Running, Seen, one_line

CUSTOMER = Actor(role=Role.CUSTOMER, email="helpdesk@acme.example")
AGENT = Actor(role=Role.AGENT, email="agent1@vendor.example")


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
    """Many simulated tickets as one :class:`~bridge.ports.Helpdesk`."""

    name = "simulated"
    settles = timedelta(0)
    known_fields: Container[str] = {*SHOWN, "next_due_at", *DEFERRABLE}

    mode: Mode = "shadow"

    def __init__(self, line: ShortLine, clock: WallClock) -> None:
        self.clock = clock
        self.tickets: dict[str, SimulatedHelpdesk] = {}
        self.told: dict[str, set[str]] = {}
        self._line = line

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        return self._reach(ref).fetch(ref)

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> Receipt:
        if self._line.acts:
            self._line.acts.pop(0)()
        receipt = self._reach(ticket.ref).apply(ticket, plan)
        if self._line.passing:
            self._line.passing -= 1
        self._line.changed.append(ticket.ref.id)
        for action in plan.actions:
            if action.action == "notify":
                self.told.setdefault(ticket.ref.id, set()).update(action.to)
        public = any(action.action == "public_message" for action in plan.actions)
        if self._line.lost and (public or not self._line.lost[0]):
            self._line.lost.pop(0)
            raise Retry("the answer was lost on its way")
        return receipt

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        seen = json.loads(cursor or "{}")
        versions = {ident: self._reach(_ref(ident)).fetch(_ref(ident)).version for ident in self.tickets}
        return [_ref(ident) for ident in versions if versions[ident] != seen.get(ident)], json.dumps(versions)

    def account(self, ticket: Ticket) -> Account | None:
        return None

    def examine(self) -> Iterable[Ailment]:
        return ()

    def _reach(self, ref: TicketRef) -> SimulatedHelpdesk:
        if self._line.passing == 0:
            raise Retry("the line is cut")
        if ref.id not in self.tickets:
            raise Gone(f"{ref} does not exist")
        return self.present(ref.id)

    def present(self, ident: str) -> SimulatedHelpdesk:
        """One ticket, with the hands of its clock where they belong; stamps have whole seconds, as at real vendors."""
        found = self.tickets[ident]
        found.now = self.clock().replace(microsecond=0)
        return found


class OpenDoor:
    """Deliveries from within this process need no proof."""

    def verify(self, envelope: Envelope) -> None:
        return

    def delivery_id(self, envelope: Envelope) -> str:
        return str(json.loads(envelope.body)["delivery"])

    def refs(self, envelope: Envelope) -> tuple[TicketRef, ...]:
        return (_ref(json.loads(envelope.body)["ticket"]),)


class SimulatedDesk(Desk):
    """Tells of every act of people by a request to the bridge's socket, as a vendor would."""

    name = connection = "simulated"
    account = "5101"
    roles: Mapping[str, str] = {
        "account_manager": "am@vendor.example",
        "customer_service_manager": "csm@vendor.example",
    }

    def words(self) -> Json:
        """It has no words of its own: the file must name some vendor, and nothing of it is used but the mode."""
        return {"vendor": "zendesk"}

    def begin(self, endpoint: str) -> Mapping[str, str]:
        self.line: ShortLine = ShortLine()
        self._endpoint = endpoint
        self._idents = count(1)
        self._helpdesk = Several(self.line, self.now)
        self._offset = datetime(2026, 3, 2, 8, tzinfo=UTC) - wall_clock()
        return {}

    def end(self) -> None:
        return

    @contextmanager
    def run(self, settings: Settings) -> Iterator[Running]:
        configuration = load_model(settings.config, Configuration)
        policies = [load_policy(name) for name in configuration.policy]
        self._helpdesk.mode = configuration.connections[self.connection].mode
        helpdesks = {self.connection: self._helpdesk}
        with closing(open_store(settings.database_url)) as store:
            accounts = Accounts(configuration.accounts, policies)
            reconciler = Reconciler(store, helpdesks, Governing(policies, store, self.now()), accounts)
            app = Flask("policybridge")
            inbox = Inbox(store, wall_clock, settings.debounce, queue_clock=self.now)
            app.register_blueprint(create_blueprint({self.connection: OpenDoor()}, inbox))
            jobs = Jobs(store, reconciler, self.now)
            yield Running(store, jobs, helpdesks, app)
            jobs.stop()

    def now(self) -> datetime:
        return wall_clock() + self._offset

    def pass_time(self, seconds: float) -> None:
        self._offset += timedelta(seconds=seconds)

    def open(self, subject: str, *, affected: str | None, text: str = "Nobody can enrol") -> str:
        ident = str(next(self._idents))
        policy = load_policy("maas360")
        ticket = Ticket(
            ref=_ref(ident),
            created_at=self._stamp(),
            account=self.account,
            channel=Channel.PHONE,
            type="incident",
            requester=Person(email=CUSTOMER.email),
            subject=subject,
            description=text,
            tier=1,
            facts=dict.fromkeys(policy.facts) | REPORT | {"affected": affected},
        )
        self._helpdesk.tickets[ident] = SimulatedHelpdesk(ticket)
        self._tell(ident)
        return ident

    def reply(self, ident: str, text: str, *, automatic: bool = False) -> None:
        self._record(ident, Message(at=self._stamp(), actor=CUSTOMER, public=True, text=text, auto_reply=automatic))

    def answer(self, ident: str, text: str) -> None:
        self._record(ident, Message(at=self._stamp(), actor=AGENT, public=True, text=text))

    def note(self, ident: str, text: str) -> None:
        self._record(ident, Message(at=self._stamp(), actor=AGENT, public=False, text=text))

    def call(self, ident: str) -> None:
        self._record(ident, PhoneContact(at=self._stamp(), actor=AGENT))

    def edit(
        self,
        ident: str,
        *,
        priority: str | None = None,
        status: str | None = None,
        affected: str | None = None,
        tag: str | None = None,
        untag: str | None = None,
    ) -> None:
        desk = self._desk(ident)
        if priority:
            desk.change("priority", Priority(priority), AGENT)
        if status:
            desk.change("status", Status(status), AGENT)
        if affected:
            desk.change("fact:affected", affected, AGENT)
        if tag or untag:
            tags = (desk.fetch(_ref(ident)).tags | {tag or ""}) - {untag or "", ""}
            desk.change("tags", ",".join(sorted(tags)), AGENT)
        self._tell(ident)

    def put_aside(self, ident: str) -> None:
        """It has canonical statuses alone: one that nobody named reads as open."""
        self.edit(ident, status="open")

    def is_aside(self, ident: str) -> bool:
        return self._desk(ident).fetch(_ref(ident)).status is Status.OPEN

    def delete(self, ident: str) -> None:
        del self._helpdesk.tickets[ident]
        self._tell(ident)

    def see(self, ident: str) -> Seen:
        ticket = self._desk(ident).fetch(_ref(ident))
        spoken = [(entry.public, one_line(entry.text)) for entry in ticket.timeline if isinstance(entry, Message)]
        return Seen(
            priority=ticket.priority,
            status=ticket.status,
            tier=ticket.tier,
            tags=ticket.tags,
            fields={name: value for name, value in ticket.fields.items() if name in SHOWN and value},
            public=tuple(text for public, text in spoken if public),
            notes=tuple(text for public, text in spoken if not public),
        )

    def called_upon(self, ident: str) -> frozenset[str]:
        return frozenset(self._helpdesk.told.get(ident, ()))

    def _stamp(self) -> datetime:
        return self.now().replace(microsecond=0)

    def _desk(self, ident: str) -> SimulatedHelpdesk:
        return self._helpdesk.present(ident)

    def _record(self, ident: str, entry: Message | PhoneContact) -> None:
        self._desk(ident).record(entry)
        self._tell(ident)

    def _tell(self, ident: str) -> None:
        told = {"ticket": ident, "delivery": uuid.uuid4().hex}
        requests.post(self._endpoint, json=told, timeout=30)  # whether anybody listens is no matter of a vendor's


def _ref(ident: str) -> TicketRef:
    return TicketRef(connection="simulated", id=ident)
