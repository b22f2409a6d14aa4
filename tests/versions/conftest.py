"""An installation that is restarted with an edited pack while a ticket is under way."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

from bridge.account import Account
from bridge.decision import Clock
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ports.reviews import Review
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.store import SqlStore
from bridge.ticket import Actor, Channel, Message, Role, Ticket, TicketRef

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
AGENT = Actor(role=Role.AGENT, email="agent@vendor.example")
CLIENT = Actor(role=Role.CUSTOMER, email="pat@acme.example")


def pack(hours: float, version: str = "1", **values: Any) -> Policy:
    """A pack that promises an answer within so many hours, first and to each message."""
    minutes = f"{round(hours * 60)}m"
    targets = dict.fromkeys(("critical", "high", "medium", "low"), minutes)
    clock = {"clause": "MA-10", "met_by": ["agent_message"], "targets": targets}
    clocks = [
        {**clock, "name": "answer"},
        {**clock, "name": "reply", "starts_on": "customer_message", "periodic": True},
    ]
    return load_policy("maas360", {"version": version, "clocks": clocks, "escalation": None, **values})


@dataclass
class RestartableBridge:
    """A bridge with its store, and any number of tickets on helpdesks of their own."""

    store: SqlStore
    now: datetime = MONDAY
    account: Account = field(default_factory=Account)
    helpdesks: dict[str, InMemoryHelpdesk] = field(default_factory=dict)

    def start(self, *policies: Policy) -> None:
        """The bridge is started, or restarted, with these packs."""
        governing = PolicyPinning(policies, self.store, self.now)
        self.bridge = Reconciler(self.store, self.helpdesks, governing, lambda *_: self.account)

    def ticket(self, name: str = "one", **values: Any) -> TicketRef:
        """A customer opens a ticket now."""
        ref = TicketRef(connection=name, id="1")
        given = {"type": "incident", "channel": Channel.EMAIL, "facts": {"affected": "individual"}}
        self.helpdesks[name] = InMemoryHelpdesk(Ticket(ref=ref, created_at=self.now, **given | values))
        return ref

    def send_message(self, actor: Actor, name: str = "one") -> None:
        self.helpdesks[name].now = self.now
        self.helpdesks[name].record(Message(at=self.now, actor=actor, public=True, text="..."))

    def pass_time(self, **length: float) -> None:
        self.now += timedelta(**length)

    def review(self, name: str = "one") -> Review:
        """The bridge looks, and again until nothing is left to do."""
        ref = TicketRef(connection=name, id="1")
        self.store.wake(ref, self.now, "command")
        for _ in range(10):
            self.helpdesks[name].now = self.now
            claims = self.store.claim(self.now + timedelta(seconds=5), limit=10, lease_s=60)
            [claim] = [claim for claim in claims if claim.ref == ref]
            for other in claims:
                if other.ref != ref:
                    self.store.give_back(other, self.now)
            review = self.bridge.review(claim, self.now)
            if review.outcome != "applied":
                return review
        raise AssertionError("the bridge does not come to rest")

    def clocks(self, clock: str = "answer", name: str = "one") -> list[Clock]:
        """The clocks of a name after a look."""
        decision = self.review(name).decision
        assert decision
        return [each for each in decision.clocks if each.name == clock]

    def is_due(self, name: str = "one") -> bool:
        claims = self.store.claim(self.now, limit=10, lease_s=60)
        for claim in claims:
            self.store.give_back(claim, self.now)
        return name in {claim.ref.connection for claim in claims}


@pytest.fixture
def site(sqlite_store: SqlStore) -> RestartableBridge:
    """A bridge with the first version of its pack: four hours."""
    site = RestartableBridge(sqlite_store)
    site.start(pack(4))
    return site
