"""An installation with real tickets in a real store, and a browser to look at it."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest
from flask import Flask
from pydantic import SecretStr
from werkzeug.serving import make_server

from bridge.account import Account
from bridge.config.settings import Settings
from bridge.console import DEMONSTRATION, Demonstration, create_console
from bridge.evaluate import evaluate
from bridge.plan import Ledger, plan
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ports.helpdesk import Helpdesk
from bridge.ports.reviews import Review
from bridge.runtime.ticket_clock import TicketClock
from bridge.sandbox.http_server import QuietRequestHandler
from bridge.store import SqlStore, open_store
from bridge.ticket import Actor, Channel, Message, Person, Priority, Role, Ticket, TicketRef
from mappings.connection import Configuration

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
CONFIGURATION = {"policy": "maas360", "connections": {"zendesk": {"vendor": "zendesk", "mode": "enforce"}}}
COMPLETE = dict.fromkeys(("company", "contact", "preferred_contact", "device", "username", "devices_affected"), "x")
ACME = Account(name="Acme", contacts=frozenset({"desk@acme.example"}), roles={"account_manager": "am@vendor.example"})


@dataclass
class Installation:
    """What the console reads of a running installation."""

    settings: Settings
    configuration: Configuration
    store: SqlStore
    policy: Policy
    helpdesks: dict[str, Helpdesk] = field(default_factory=dict)
    now: datetime = MONDAY
    speed: float = 1.0
    original: "Installation | None" = None
    """Whose present this one shows, where it is the same installation at another speed."""
    _idents: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def clock(self) -> TicketClock:
        return TicketClock(lambda: (self.original or self).now, self.speed)

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

    def review(self, ticket: Ticket, *, outcome: str | None = None, detail: str = "") -> Review:
        """Look at a ticket now and record it, as a reconciler does whose every write succeeds."""
        self.store.wake(ticket.ref, self.now, "delivery")
        (claim,) = self.store.claim(self.now, limit=1, lease_s=60)
        decision = evaluate(ticket, ACME, self.policy, self.now)
        todo = plan(decision, ticket, Ledger(self.store.ledger(ticket.ref), ticket))
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
        self.store.record_intent(claim, review.id, todo.actions, self.now)
        keys = [action.key for action in todo.actions]
        assert self.store.finish(claim, review, confirmed=keys, due=decision.wake_at)
        return review

    def app(self, speed: float | None = None) -> Flask:
        app = Flask("test", static_folder=None)
        app.register_blueprint(create_console(replace(self, speed=speed or 1.0, original=self)))
        if speed:
            app.config[DEMONSTRATION] = Demonstration(speed)
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
def installed(folder: Path, url: str = "", token: str | None = None) -> Iterator[Installation]:
    """An installation with an empty store."""
    store = open_store(url or f"sqlite:///{folder / 'console.sqlite3'}")
    settings = Settings(_env_prefix="NONE_", _secrets_dir=None, console_token=SecretStr(token) if token else None)
    try:
        yield Installation(settings, Configuration.model_validate(CONFIGURATION), store, load_policy("maas360"))
    finally:
        store.close()


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Installation]:
    """An installation whose console answers this machine only."""
    with installed(tmp_path) as installation:
        yield installation


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Installation]:
    """An installation with a console token."""
    with installed(tmp_path, token="open sesame") as installation:
        yield installation


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serve an application over a real socket; gives its URL."""
    running = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietRequestHandler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        pytest.skip("no browser: install Debian's chromium to run the tests that look at the pages")
    return found


@pytest.fixture(scope="module")  # two drivers cannot run in one process, and others have theirs
def browser(chromium: str) -> Iterator[object]:
    """A real browser with nothing of the user in it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
    quiet = ["quic", "gpu", "background-networking", "component-update", "sync"]
    flags = ["--no-sandbox", "--no-first-run", *(f"--disable-{feature}" for feature in quiet)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, playwright.sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=flags, headless=True
        )
        yield context
        context.close()
