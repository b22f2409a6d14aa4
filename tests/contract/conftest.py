"""Every scenario with every vendor: a vendor, a bridge beside it, and what a scenario asks of both."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

from bridge.config.settings import Settings
from bridge.decision import Plan
from bridge.policy.load import load_policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.ports.conditions import Condition
from bridge.ports.helpdesk import Helpdesk, WriteResult
from bridge.ports.reviews import Review
from bridge.runtime.backlog import adopt
from bridge.runtime.phone_approvals import PhoneApproval, recorded_approval
from bridge.store.queries import QueueEntry
from bridge.ticket import Ticket
from tests.support.processes import PATIENCE_S

from .vendor import SHOWN, Running, Seen, Vendor
from .vendors import GIVEN, VENDORS, is_given
from .webhook_endpoint import WebhookEndpoint

PACK = "maas360"
SOON = timedelta(seconds=200)
"""What is due within this is part of coming to rest: second looks, and what a vendor asks to wait."""


class BeforeWriting:
    """The bridge's helpdesk, with a moment between looking and writing in which people can act."""

    def __init__(self, helpdesk: Helpdesk) -> None:
        self._helpdesk = helpdesk
        self.acts: list[Callable[[], object]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._helpdesk, name)

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> WriteResult:
        while self.acts:
            self.acts.pop(0)()
        return self._helpdesk.apply(ticket, plan, review)


@dataclass
class VendorScenario:
    """Everything of one scenario."""

    vendor: Vendor
    webhook_endpoint: WebhookEndpoint
    folder: Path
    mode: str
    overrides: Mapping[str, Any]
    """Of the pack, as an admin writes them."""
    empty_database: Path
    """A SQLite file with the tables; each bridge gets a copy."""
    limits: Mapping[str, Any] = field(default_factory=dict)
    """As an admin writes them."""
    running: Running = field(init=False)
    moment: BeforeWriting = field(init=False)
    """What happens between the bridge's look and its write."""
    _bridge: ExitStack = field(default_factory=ExitStack)

    def start(self, **more: object) -> None:
        """Connect a bridge that has never seen this helpdesk, in the place of the one that runs."""
        self.stop()
        self.agree()
        self.vendor.know_tags(sorted(self._new_tags()))
        accounts, config = self.accounts, self.folder / "policybridge.yaml"
        connections = {self.vendor.connection: {**self.vendor.settings(), "mode": self.mode, **more}}
        policy = {"policy": PACK, "overrides": {PACK: dict(self.overrides)} if self.overrides else {}}
        policy["limits"] = dict(self.limits)
        config.write_text(json.dumps({**policy, "accounts": str(accounts), "connections": connections}))
        database = copyfile(self.empty_database, self.folder / f"{uuid.uuid4().hex}.sqlite3")
        settings = Settings(config=config, database_url=f"sqlite:///{database}", debounce=0)
        self.running = self._bridge.enter_context(self.vendor.run(settings))
        self.moment = BeforeWriting(self.running.helpdesks[self.vendor.connection])
        self.running.helpdesks[self.vendor.connection] = self.moment  # type: ignore[assignment]
        self.webhook_endpoint.app = self.running.app

    @property
    def accounts(self) -> Path:
        return self.folder / "accounts.yaml"

    def agree(self, **terms: Any) -> None:
        """The contract of the customer has these terms from now on."""
        account = {"roles": dict(self.vendor.roles), **terms}
        self.accounts.write_text(json.dumps({"accounts": {self.vendor.account: account}}))

    def _new_tags(self) -> set[str]:
        """The tags that the overrides add to the pack; what the pack has was installed."""
        if not self.overrides:
            return set()
        shipped, laid_over = load_policy(PACK), load_policy(PACK, self.overrides)
        return {*helpdesk_requirements([laid_over]).tags} - {*helpdesk_requirements([shipped]).tags}

    def approve(self, ident: str, gate: str, *, refuse: bool = False, remarks: str = "", caller: str = "") -> None:
        """The customer, or another caller, approves on the phone, and ``policybridge approve`` records it."""
        previewer = self.running.jobs.reconciler.previewer
        seen = previewer.preview_for_person(self.vendor.ref(ident), self.vendor.now())
        address = caller or seen.context.ticket.requester.email
        call = PhoneApproval(gate, not refuse, address, "Pat", "agent1", remarks)
        assert self.running.store.record_approval(recorded_approval(call, seen.context))

    def stop(self) -> None:
        """End the bridge; who tells it of something now is refused."""
        self.webhook_endpoint.app = None
        self._bridge.close()

    def adopt(self, ident: str) -> None:
        """A person adopts a ticket from before the policy came into force."""
        adopt(self.running.store, self.vendor.ref(ident), "agent", "the customer asked", self.vendor.now())

    def needs(self, ability: str) -> None:
        """Skip the scenario where the vendor lacks something."""
        if ability in self.vendor.lacks:
            pytest.skip(f"{self.vendor.name} lacks {ability}: {self.vendor.lacks[ability]}")

    def settle(self) -> None:
        """Let everything happen that happens within minutes: deliveries arrive, the bridge looks, and looks again."""
        deadline = time.monotonic() + PATIENCE_S
        if "webhooks" in self.vendor.lacks:
            self.running.jobs.sweep()
        while time.monotonic() < deadline:
            if not self.vendor.has_delivered_all():
                time.sleep(0.01)
            elif self.running.jobs.tick() == 0:
                due = self.next_due()
                if due is None or due > self.vendor.now() + SOON or self._is_on_hold():
                    return
                self.vendor.pass_time(max(0.0, (due - self.vendor.now()).total_seconds()) + 0.1)
        pytest.fail(f"the bridge did not come to rest within {PATIENCE_S:.0f} seconds: {self.outcomes()}")

    def _is_on_hold(self) -> bool:
        """The line is cut, and the bridge has noticed: its tickets wait for a probe that succeeds."""
        return self.running.store.condition(Condition.CALLS, self.vendor.connection).is_failing

    def hear_out(self) -> None:
        """Wait until the vendor has told of everything that has happened."""
        while not self.vendor.has_delivered_all():
            time.sleep(0.01)

    def later(self, **length: float) -> None:
        """Let time pass, and everything happen that is due by then."""
        self.vendor.pass_time(timedelta(**length).total_seconds())
        self.settle()

    def sweep(self) -> None:
        """What the bridge does by itself now and then: ask the vendor what has changed."""
        self.running.jobs.sweep()
        self.settle()

    def ticket(self, ident: str) -> Ticket:
        """The ticket in canonical words, as the bridge reads it now."""
        ref = self.vendor.ref(ident)
        return self.running.helpdesks[self.vendor.connection].fetch(ref, self.running.store.snapshot(ref))

    def see(self, ident: str) -> Seen:
        """The ticket at the vendor; what the adapter makes of it must be the same."""
        found = self.vendor.see(ident)
        read = Seen.by_adapter(self.ticket(ident))
        assert replace(read, tags=found.tags) == found
        assert _ours(read.tags) == _ours(found.tags)
        return found

    def expect(
        self,
        ident: str,
        *,
        priority: str,
        status: str,
        tags: Iterable[str],
        tier: int = 1,
        public: Iterable[str] = (),
        notes: Iterable[str] = (),
        **fields: str,
    ) -> None:
        """The whole ticket: our tags without their prefix, public texts, and beginnings of notes, each exactly once.

        ``fields``: of the fields that are shown those that are not empty.
        """
        seen = self.see(ident)
        spoken = "\n".join(seen.notes)
        found: Mapping[str, object] = {
            "priority": seen.priority,
            "status": seen.status,
            "tier": seen.tier,
            "tags": sorted(_ours(seen.tags)),
            "fields": {name: value for name, value in seen.fields.items() if name in SHOWN},
            "public": list(seen.public),
            "notes": {text: spoken.count(text) for text in notes},
        }
        assert found == {
            "priority": priority,
            "status": status,
            "tier": tier,
            "tags": sorted(f"policy_{tag}" for tag in tags),
            "fields": fields,
            "public": list(public),
            "notes": dict.fromkeys(notes, 1),
        }

    def queue_entry(self, ident: str) -> QueueEntry | None:
        return self.running.store.queue_entry(self.vendor.ref(ident))

    def reviews(self, ident: str) -> list[Review]:
        """What the bridge has recorded of a ticket, oldest first."""
        return self.running.store.reviews(self.vendor.ref(ident), limit=1000)[::-1]

    def outcomes(self) -> list[str]:
        """How the reviews ended, oldest first."""
        return [f"{each.outcome} {each.detail}".strip() for each in self.running.store.reviews(limit=30)][::-1]

    def next_due(self) -> datetime | None:
        """When the bridge looks at a ticket again."""
        known = [
            each for is_open in (True, False) for each in self.running.store.queue_entries(is_open=is_open, limit=99)
        ]
        return min((each.due for each in known if each.due), default=None)


def _ours(tags: Iterable[str]) -> set[str]:
    return {tag for tag in tags if tag.startswith("policy_")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where no server is given one line is enough to say so."""
    if not is_given():
        unplayed = [item for item in items if item.path.parent == Path(__file__).parent and f"[{GIVEN}" in item.name]
        items[:] = [item for item in items if item not in unplayed[1:]]


@pytest.fixture(
    scope="session",
    params=[pytest.param(name, marks=pytest.mark.slow) if name == "odoo_18" else name for name in VENDORS],
)
def vendor(request: pytest.FixtureRequest, webhook_endpoint: WebhookEndpoint) -> Iterator[Vendor]:
    with VENDORS[request.param](webhook_endpoint) as opened:
        yield opened


@pytest.fixture(scope="session")
def webhook_endpoint() -> Iterator[WebhookEndpoint]:
    opened = WebhookEndpoint()
    yield opened
    opened.close()


@pytest.fixture
def mode() -> str:
    """How far the connection trusts the bridge; a scenario about another mode parametrizes it."""
    return "enforce"


@pytest.fixture
def overrides() -> Mapping[str, Any]:
    """What is laid over the pack; a scenario about something that the pack does not have parametrizes it."""
    return {}


@pytest.fixture
def limits() -> Mapping[str, Any]:
    """How much may be written; a scenario about caps parametrizes it."""
    return {}


@pytest.fixture
def scenario(
    vendor: Vendor,
    webhook_endpoint: WebhookEndpoint,
    mode: str,
    overrides: Mapping[str, Any],
    sqlite_template: Path,
    limits: Mapping[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[VendorScenario]:
    """A new scenario: nobody has written yet, and the bridge is connected and listening."""
    for name in ("ZENDESK_EMAIL", "ZENDESK_API_TOKEN", "ZENDESK_SUBDOMAIN"):
        monkeypatch.delenv(name, raising=False)
    environment = vendor.begin(f"{webhook_endpoint.url}/webhooks/{vendor.connection}")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    scenario = VendorScenario(vendor, webhook_endpoint, tmp_path, mode, overrides, sqlite_template, limits)
    try:
        scenario.start()
        yield scenario
    finally:
        scenario.stop()
        vendor.end()
