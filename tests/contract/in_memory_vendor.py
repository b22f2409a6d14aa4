"""The helpdesk in memory: people change tickets within the process, and tell of it over the bridge's socket."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import requests
from flask import Flask

from bridge.config.accounts_file import Accounts
from bridge.config.configured_packs import load_packs
from bridge.config.settings import Settings
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.runtime.backlog import Backlog
from bridge.runtime.digests import Digests
from bridge.runtime.inbox import Inbox
from bridge.runtime.jobs import Jobs
from bridge.runtime.modes import Modes
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.previews import Previews
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.stops import Stops
from bridge.runtime.ticket_clock import TicketClock, wall_clock
from bridge.store import open_store
from bridge.ticket import Actor, Channel, Message, Person, PhoneContact, Priority, Request, Role, Status, Ticket
from bridge.yamlio.validate import load_model
from mappings.connection import Configuration
from webhooks import create_blueprint

from .in_memory_tickets import Several, ShortLine, UnsignedReceiver, ref_to
from .vendor import NO_FACTS, REPORT, SHOWN, Json, Running, Seen, Vendor, one_line

CUSTOMER = Actor(role=Role.CUSTOMER, email="helpdesk@acme.example")
AGENT = Actor(role=Role.AGENT, email="agent1@vendor.example")


class InMemoryVendor(Vendor):
    """Tells of every act of people by a request to the bridge's socket, as a vendor would."""

    name = connection = "simulated"
    lacks = {"lists": "it keeps no list, only who was called upon"}
    account = "5101"
    roles: Mapping[str, str] = {
        "account_manager": "am@vendor.example",
        "customer_service_manager": "csm@vendor.example",
    }

    def settings(self) -> Json:
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
        policies = [policy for _, policy in load_packs(configuration)]
        self._helpdesk.mode = configuration.connections[self.connection].mode
        helpdesks = {self.connection: self._helpdesk}
        with closing(open_store(settings.database_url)) as store:
            self._helpdesk.before_write = partial(Stops(store).check, self.connection)  # type: ignore[method-assign]
            accounts = Accounts(configuration.accounts, policies)
            packs = [policy.pack for policy in policies]
            backlog = Backlog(store, configuration.connections, packs, self.now())
            modes = Modes(store, configuration.connections, packs)
            pinning = PolicyPinning(policies, store, self.now())
            clock = TicketClock(self.now)
            reconciler = Reconciler(
                store,
                helpdesks,
                pinning,
                accounts,
                clock=clock,
                backlog=backlog,
                modes=modes,
                limits=configuration.limits,
            )
            app = Flask("policybridge")
            inbox = Inbox(store, wall_clock, settings.debounce, ticket_clock=self.now)
            app.register_blueprint(create_blueprint({self.connection: UnsignedReceiver()}, inbox))
            jobs = Jobs(store, reconciler, clock)
            jobs.previews = Previews(store, configuration, reconciler.previewer, pinning, backlog, modes)
            jobs.digests = Digests(store, policies, configuration.connections, helpdesks, modes)
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
            ref=ref_to(ident),
            created_at=self._stamp(),
            account=self.account,
            channel=Channel.PHONE,
            type="incident",
            requester=Person(email=CUSTOMER.email),
            subject=subject,
            description=text,
            tier=1,
            group="desk",
            facts=dict.fromkeys(policy.facts) | REPORT | {"affected": affected},
        )
        self._helpdesk.tickets[ident] = InMemoryHelpdesk(ticket)
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
        facts: Mapping[str, str] = NO_FACTS,
    ) -> None:
        vendor = self._in_memory(ident)
        if priority:
            vendor.change("priority", Priority(priority), AGENT)
        if status:
            vendor.change("status", Status(status), AGENT)
        if affected:
            vendor.change("fact:affected", affected, AGENT)
        for name, value in facts.items():
            vendor.change(f"fact:{name}", value, AGENT)
        if tag or untag:
            tags = (vendor.fetch(ref_to(ident)).tags | {tag or ""}) - {untag or "", ""}
            vendor.change("tags", ",".join(sorted(tags)), AGENT)
        self._tell(ident)

    def ask_for_escalation(self, ident: str) -> None:
        self._record(ident, Request(at=self._stamp(), actor=AGENT))

    def put_aside(self, ident: str) -> None:
        """It has canonical statuses alone: one that nobody named reads as open."""
        self.edit(ident, status="open")

    def is_aside(self, ident: str) -> bool:
        return self._in_memory(ident).fetch(ref_to(ident)).status is Status.OPEN

    def delete(self, ident: str) -> None:
        del self._helpdesk.tickets[ident]
        self._tell(ident)

    def merge(self, ident: str, into: str) -> None:
        self._in_memory(into).merge(self._in_memory(ident), AGENT)
        self._tell(ident)
        self._tell(into)

    def see(self, ident: str) -> Seen:
        ticket = self._in_memory(ident).fetch(ref_to(ident))
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
        return frozenset(self._helpdesk.notified.get(ident, ()))

    def _stamp(self) -> datetime:
        return self.now().replace(microsecond=0)

    def _in_memory(self, ident: str) -> InMemoryHelpdesk:
        return self._helpdesk.present(ident)

    def _record(self, ident: str, entry: Message | PhoneContact | Request) -> None:
        self._in_memory(ident).record(entry)
        self._tell(ident)

    def _tell(self, ident: str) -> None:
        payload = {"ticket": ident, "delivery": uuid.uuid4().hex}
        requests.post(self._endpoint, json=payload, timeout=30)  # whether anybody listens is not a matter of a vendor's
