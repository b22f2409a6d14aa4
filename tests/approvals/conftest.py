"""A ticket that waits for its customer, a bridge that looks at it, and the page behind the link."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest
from flask import Flask
from flask.testing import FlaskClient

from bridge.account import Account
from bridge.console.approval_page import create_approvals
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ports.reviews import Review
from bridge.runtime.approval_links import ApprovalLink, ApprovalLinks
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.store import SqlStore
from bridge.ticket import Actor, Channel, FactValue, Message, Person, Role, Ticket, TicketRef

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
REF = TicketRef(connection="simulated", id="7")
CLIENT, BOSS = "pat@acme.example", "boss@acme.example"
URL = "https://answers.vendor.example"
AGENT = Actor(role=Role.AGENT, email="agent@vendor.example")

GATES: dict[str, Any] = {
    "ticket_types": ["incident", "information_request"],
    "facts": {"estimate_hours": {"type": "number"}, "purchase": {"type": "bool"}},
    "gates": [
        {
            "clause": "MA-08",
            "name": "estimate",
            "when": {"estimate_hours": {"known": True}},
            "ask_again_if_changed": ["estimate_hours"],
            "request_message": "estimate",
            "status": "waiting_customer",
        },
        {
            "clause": "MA-13",
            "name": "purchase",
            "when": {"purchase": True},
            "approver": "management",
            "request_message": "purchase",
        },
    ],
    "templates": {
        "estimate": "We have an estimate for {subject}.\n\nPlease approve it here: {approval_link}. Or reply to us.",
        "purchase": "A purchase is needed. Approve it here: {approval_link}.",
        "redirect_helpdesk": "Please ask your own help desk first. Solved already? Tell us: {confirmation_link}.",
    },
}
POLICY = load_policy("maas360", GATES)


@dataclass
class ReviewedTicket:
    """One ticket and everybody around it, at one instant."""

    store: SqlStore
    links: ApprovalLinks | None
    policy: Policy = POLICY
    account: Account = field(default_factory=lambda: Account(name="Acme", management=frozenset({BOSS})))
    requester: str = CLIENT
    now: datetime = MONDAY

    def __post_init__(self) -> None:
        ticket = Ticket(
            ref=REF,
            created_at=self.now,
            channel=Channel.PHONE,
            type="incident",
            requester=Person(email=self.requester),
            subject="Reports",
            facts={"affected": "individual"},
        )
        self.helpdesk = InMemoryHelpdesk(ticket, self.account)
        governing = PolicyPinning([self.policy], self.store, self.now)
        self.bridge = Reconciler(
            self.store, {"simulated": self.helpdesk}, governing, lambda _, known: known or Account(), links=self.links
        )

    def set_fact(self, fact: str, value: FactValue) -> None:
        """An agent enters a fact."""
        self.helpdesk.now = self.now
        self.helpdesk.change(f"fact:{fact}", value, AGENT)
        self.store.wake(REF, self.now, "delivery")

    def review(self) -> Review:
        """The bridge looks, and again until nothing is left to do."""
        self.store.wake(REF, self.now, "command")
        for _ in range(10):
            self.helpdesk.now = self.now
            [claim] = self.store.claim(self.now + timedelta(seconds=5), limit=1, lease_s=60)
            review = self.bridge.review(claim, self.now)
            assert review.outcome in ("nothing", "applied"), review.detail
            if review.outcome == "nothing":
                return review
        raise AssertionError("the bridge does not come to rest")

    def pass_time(self, **length: float) -> None:
        self.now += timedelta(**length)

    @property
    def ticket(self) -> Ticket:
        """The ticket as the helpdesk has it."""
        return self.helpdesk.fetch(REF)

    def messages(self) -> list[str]:
        """What the customer was told."""
        return [e.text for e in self.ticket.timeline if isinstance(e, Message) and e.public]

    def link(self) -> str:
        """The path of the link in the last message."""
        return next(word for word in self.messages()[-1].split() if word.startswith(URL)).rstrip(".").removeprefix(URL)

    def link_claims(self) -> ApprovalLink:
        assert self.links
        found = self.links.read(self.link().rpartition("/")[2])
        assert found
        return found

    def browser(self) -> FlaskClient:
        app = Flask("test", static_folder=None)
        app.register_blueprint(create_approvals(self.store, lambda: self.now, self.links))
        return app.test_client()

    def is_waiting(self, gate: str = "estimate") -> bool:
        return f"policy_awaiting_{gate}" in self.ticket.tags


@pytest.fixture
def reviewed(sqlite_store: SqlStore) -> ReviewedTicket:
    """An estimate was entered, and the customer was asked."""
    ticket = ReviewedTicket(sqlite_store, ApprovalLinks(URL, "a key that nobody else knows"))
    ticket.review()
    ticket.pass_time(minutes=10)
    ticket.set_fact("estimate_hours", 12)
    ticket.review()
    assert ticket.is_waiting()
    return ticket


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page of a real browser."""
    page = browser.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.set_default_timeout(30_000)
    yield page
    page.close()
