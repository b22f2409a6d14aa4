"""What a preview of a backlog costs: processor time and memory, once the tickets have been seen.

    python -m benchmarks.preview
    python -m benchmarks.preview --tickets 10000 --pack maas360

The tickets are of all ages up to two years and in all states, and all of them are adopted.
"""

from __future__ import annotations

import resource
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import click

from bridge.account import Account
from bridge.config.accounts_file import Accounts
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ports.forecasts import ForecastFilter
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.runtime.backlog import Backlog
from bridge.runtime.modes import Modes
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.preview import Previewer
from bridge.runtime.previews import Previews
from bridge.store import SqlStore, open_store
from bridge.ticket import Actor, Changed, Message, Person, Role, Status, Ticket, TicketRef, TimelineEntry
from mappings.connection import Configuration

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CUSTOMER = Actor(role=Role.CUSTOMER, email="helpdesk@acme.example")
AGENT = Actor(role=Role.AGENT, email="agent1@vendor.example")
ACCOUNT = Account(name="Acme", plan="standard", time_zone="Europe/Berlin", contacts=frozenset({CUSTOMER.email}))
STATUSES = (Status.NEW, Status.OPEN, Status.IN_PROGRESS, Status.WAITING_CUSTOMER, Status.SOLVED, Status.CLOSED)
BATCH = 500


@click.command()
@click.option("--tickets", default=10_000, show_default=True)
@click.option("--pack", default="maas360", show_default=True)
def main(tickets: int, pack: str) -> None:
    """Measure one preview."""
    with TemporaryDirectory() as folder, closing(open_store(f"sqlite:///{Path(folder) / 'p.sqlite3'}")) as store:
        policy, chance = load_policy(pack), Random(1)  # noqa: S311 - the same tickets each time
        for first in range(0, tickets, BATCH):
            _see(store, [_ticket(policy, chance, str(first + number)) for number in range(min(BATCH, tickets - first))])
        previews = _previews(store, policy)
        before, began, wall = _memory_mb(), time.process_time(), time.monotonic()
        previews.run(["acme"], NOW, lambda _: None)
        used, took = time.process_time() - began, time.monotonic() - wall
        actions = sum(1 for _ in store.forecast_actions(ForecastFilter(["acme"])))
        click.echo(f"{tickets} tickets, {actions} actions: {used:.1f} s of processor time, {took:.1f} s in all")
        click.echo(
            f"{used / tickets * 1000:.1f} ms a ticket; memory {before:.0f} MB before, at most {_memory_mb():.0f} MB"
        )


def _previews(store: SqlStore, policy: Policy) -> Previews:
    given = {"policy": policy.pack, "connections": {"acme": {"vendor": "zendesk"}}}
    configuration = Configuration.model_validate(given)
    helpdesk = _NothingNew(Ticket(ref=TicketRef(connection="acme", id="none"), created_at=NOW))
    pinning = PolicyPinning([policy], store, NOW)
    previewer = Previewer(store, {"acme": helpdesk}, pinning, Accounts(None))
    modes = Modes(store, configuration.connections, [policy.pack])
    backlog = Backlog(store, configuration.connections, [policy.pack], NOW)
    return Previews(store, configuration, previewer, pinning, backlog, modes)


class _NothingNew(InMemoryHelpdesk):
    name = "acme"

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[list[TicketRef], str]:  # noqa: ARG002
        return [], ""


def _see(store: SqlStore, tickets: list[Ticket]) -> None:
    """Record a review of each ticket, as shadow mode does."""
    found = {each.ref: each for each in tickets}
    for ref in found:
        store.wake(ref, NOW, ReviewCause.SWEEP)
    for claim in store.claim(NOW, limit=len(tickets), lease_s=600):
        ticket = found[claim.ref]
        outcome = ReviewOutcome.WITHHELD
        review = Review(uuid.uuid4().hex, claim.ref, NOW, claim.why, outcome, ticket=ticket, account=ACCOUNT)
        store.finish(claim, review, confirmed=(), due=None)


def _ticket(policy: Policy, chance: Random, ident: str) -> Ticket:
    created = NOW - timedelta(seconds=chance.choice([3_600, 86_400, 2_600_000, 63_000_000]) * chance.uniform(0.3, 1))
    facts = {name: chance.choice([None, *(spec.values or ())]) for name, spec in policy.facts.items()}
    status, at = chance.choice(STATUSES), created
    timeline: list[TimelineEntry] = []
    for _ in range(chance.randint(0, 12)):
        at += (NOW - at) * chance.uniform(0, 0.5)
        actor = chance.choice([CUSTOMER, AGENT])
        timeline.append(Message(at=at, actor=actor, public=True, text="We are looking into what you sent us. " * 5))
    if status is not Status.NEW:
        timeline.append(Changed(at=at, actor=AGENT, field="status", old=Status.NEW, new=status))
    return Ticket(
        ref=TicketRef(connection="acme", id=ident),
        created_at=created,
        account=str(chance.randint(1, 300)),
        type=policy.ticket_types[0],
        requester=Person(email=CUSTOMER.email),
        subject="Nobody can enrol devices in the portal",
        description="Since this morning nobody can enrol devices in the portal. " * 5,
        status=status,
        tier=1,
        facts=facts,
        timeline=tuple(timeline),
    )


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
