"""An installation with real tickets in a real store, and a browser to look at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime, timedelta
from itertools import count

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest
from flask import Flask
from pydantic import SecretStr

from bridge.account import Account
from bridge.config.settings import Settings
from bridge.console import DEMONSTRATION, OPEN_CONSOLE, Demonstration
from bridge.decision import WithheldCause
from bridge.evaluate import evaluate
from bridge.plan import Ledger, plan
from bridge.policy.load import load_policy
from bridge.ports.reviews import Review
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore, open_store
from bridge.ticket import Actor, Channel, Message, Person, Priority, Role, Ticket, TicketRef
from mappings.connection import Configuration
from tests.support.installation import Installation

TOKEN = "open sesame, please"
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
CONFIGURATION = {"policy": "maas360", "connections": {"zendesk": {"vendor": "zendesk", "mode": "enforce"}}}
COMPLETE = dict.fromkeys(("company", "contact", "preferred_contact", "device", "username", "devices_affected"), "x")
ACME = Account(name="Acme", contacts=frozenset({"desk@acme.example"}), roles={"account_manager": "am@vendor.example"})


class ReviewingInstallation(Installation):
    """An installation that records reviews of tickets whenever a test says so, at ``now``."""

    def __init__(self, store: SqlStore, settings: Settings) -> None:
        super().__init__(Configuration.model_validate(CONFIGURATION), store, lambda: self.now, settings)
        self.policy = load_policy("maas360")
        self.now = MONDAY
        self.speed = 1.0
        self._idents = count(1)

    @property
    def clock(self) -> TicketClock:
        return TicketClock(self.read_now, self.speed)

    def ticket(self, ident: str = "1", subject: str = "Console down", level: str = "all", **values: object) -> Ticket:
        """A ticket called in by a contact of Acme, as it is when it was just made."""
        given = {
            "ref": TicketRef(connection="zendesk", id=ident),
            "created_at": MONDAY,
            "account": "5101",
            "channel": Channel.PHONE,
            "type": "incident",
            "requester": Person(email="desk@acme.example", name="Help desk, Acme"),
            "subject": subject,
            "description": "Nobody can work.",
            "facts": COMPLETE | {"affected": level},
        }
        return Ticket.model_validate(given | values)

    def review(
        self,
        ticket: Ticket,
        *,
        outcome: str | None = None,
        detail: str = "",
        withheld: WithheldCause | None = None,
    ) -> Review:
        """Look at a ticket now and record it, as a reconciler does whose every write succeeds."""
        self.store.wake(ticket.ref, self.now, "delivery")
        (claim,) = self.store.claim(self.now, limit=1, lease_s=60)
        decision = evaluate(ticket, ACME, self.policy, self.now)
        todo = plan(decision, ticket, Ledger(self.store.ledger(ticket.ref), ticket))
        todo = todo.withhold(withheld, "as the test says") if withheld else todo
        review = Review(
            id=f"{next(self._idents):032x}",
            ref=ticket.ref,
            at=self.now,
            why=claim.why,
            outcome=outcome or ("applied" if todo else "nothing"),
            detail=detail,
            ticket=ticket,
            account=ACME,
            decision=decision,
            plan=todo,
            pack=self.policy.source,
        )
        written = todo.permitted.actions
        self.store.record_intent(claim, review.id, written, self.now)
        keys = [action.key for action in written]
        assert self.store.finish(claim, review, confirmed=keys, due=decision.wake_at)
        return review

    def app(self, speed: float | None = None) -> Flask:
        """The console; with a speed, that of a demonstration whose time passes faster."""
        shown = copy(self)  # which goes by the same present
        shown.speed = speed or 1.0
        app = super(ReviewingInstallation, shown).app()
        if speed:
            app.config[DEMONSTRATION] = Demonstration(speed)
        return app

    def closed_app(self) -> Flask:
        """The console as ``serve`` has it."""
        app = self.app()
        app.config[OPEN_CONSOLE] = False
        return app


def answered(ticket: Ticket, after: timedelta, text: str = "We are on it.") -> Ticket:
    """The ticket after an agent's public answer."""
    agent = Actor(role=Role.AGENT, name="Agent")
    entry = Message(at=ticket.created_at + after, actor=agent, public=True, text=text)
    values = {name: getattr(ticket, name) for name in Ticket.model_fields}
    return Ticket(**{**values, "timeline": (*ticket.timeline, entry), "version": f"{entry.at:%Y-%m-%dT%H:%M:%SZ}"})


def prioritised(ticket: Ticket) -> Ticket:
    """The ticket as it looks once the priority of a critical case was written."""
    values = {name: getattr(ticket, name) for name in Ticket.model_fields}
    return Ticket(**{**values, "priority": Priority.URGENT})


@contextmanager
def installed(url: str, token: str | None = None) -> Iterator[ReviewingInstallation]:
    """An installation with an empty store."""
    store = open_store(url)
    settings = Settings(_env_prefix="NONE_", _secrets_dir=None, console_token=SecretStr(token) if token else None)
    try:
        yield ReviewingInstallation(store, settings)
    finally:
        store.close()


@pytest.fixture
def bridge(sqlite_url: str) -> Iterator[ReviewingInstallation]:
    """An installation without a console token; its pages are open as in the demo, unless a test closes them."""
    with installed(sqlite_url) as installation:
        yield installation


@pytest.fixture
def locked(sqlite_url: str) -> Iterator[ReviewingInstallation]:
    """An installation with a console token."""
    with installed(sqlite_url, token=TOKEN) as installation:
        yield installation
