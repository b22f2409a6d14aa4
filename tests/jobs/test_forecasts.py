"""A preview is what enforcing then does: the same actions on the same tickets, at the same times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bridge.account import Account
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ports.forecasts import HORIZON
from bridge.store import SqlStore
from bridge.ticket import (
    Actor,
    Changed,
    Channel,
    Message,
    Person,
    Priority,
    Role,
    Status,
    Ticket,
    TicketRef,
    TimelineEntry,
)

from .watched import CONNECTION, Done, SeveralTickets, Watched

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
PACKS = ("maas360", "maintmaster", "erp_maestro", "mattermost", "oncleversoft")
CUSTOMER = Actor(role=Role.CUSTOMER, email="helpdesk@acme.example")
AGENT = Actor(role=Role.AGENT, email="agent1@vendor.example")
ACCOUNT = Account(name="Acme", plan="standard", time_zone="Europe/Berlin", contacts=frozenset({CUSTOMER.email}))
SETTLED = timedelta(seconds=10)
"""What follows from a write is written once the write has settled; a preview has no need to wait for that."""


def tickets(pack: str, seed: int, count: int, before: datetime = NOW) -> list[Ticket]:
    """Tickets of all ages and states."""
    policy, chance = load_policy(pack), Random(seed)
    return [_ticket(policy, chance, str(number), before) for number in range(1, count + 1)]


def _ticket(policy: Policy, chance: Random, ident: str, before: datetime) -> Ticket:
    created = before - timedelta(
        seconds=chance.choice([600, 7200, 86_400, 864_000, 31_536_000]) * chance.uniform(0.3, 1)
    )
    created = created.replace(microsecond=0)
    facts = {name: chance.choice([None, *(spec.values or ())]) for name, spec in policy.facts.items()}
    status = chance.choice([*Status])
    timeline: list[TimelineEntry] = []
    at = created
    for _ in range(chance.randint(0, 4)):
        at = min(at + (before - at) * chance.uniform(0, 0.9), before - timedelta(seconds=5)).replace(microsecond=0)
        actor = chance.choice([CUSTOMER, AGENT])
        timeline.append(Message(at=at, actor=actor, public=True, text="We are looking into what you sent us"))
    if status is not Status.NEW:
        timeline.append(Changed(at=at, actor=AGENT, field="status", old=Status.NEW, new=status))
    return Ticket(
        ref=TicketRef(connection=CONNECTION, id=ident),
        created_at=created,
        account="5101",
        channel=Channel.PHONE,
        type=chance.choice([*policy.ticket_types]),
        requester=Person(email=CUSTOMER.email),
        subject="Nobody can enrol devices in the portal",
        description="Since this morning nobody can enrol devices in the portal",
        priority=chance.choice([None, Priority.LOW, Priority.URGENT]),
        status=status,
        tier=1,
        facts=facts,
        timeline=tuple(timeline),
    )


def differences(expected: list[Done], done: list[Done]) -> list[Done]:
    """What is on one side alone; times count as equal as long as a write may take to settle."""
    missing = list(expected)
    surplus = []
    for each in done:
        match = next((one for one in missing if one[:4] == each[:4] and abs(one[4] - each[4]) <= SETTLED), None)
        if match:
            missing.remove(match)
        else:
            surplus.append(each)
    return missing + surplus


@pytest.mark.parametrize("pack", PACKS)
def test_what_a_preview_shows_is_what_enforcing_then_does(store: SqlStore, pack: str) -> None:
    helpdesk = SeveralTickets(tickets(pack, seed=7, count=5), ACCOUNT)
    watched = Watched(store, helpdesk, NOW - timedelta(hours=1), pack, account=ACCOUNT)
    watched.watch()
    watched.work_until(NOW)
    expected = watched.expected()
    assert helpdesk.writes == 0
    assert len(expected) > 10
    watched.restart("enforce")
    assert watched.work_until(NOW + timedelta(seconds=1)) == [], "nothing is written before somebody confirms it"
    watched.modes.confirm(CONNECTION, "pat", watched.now)
    done = watched.work_until(NOW + HORIZON - timedelta(minutes=1))
    expected = [each for each in expected if each[4] <= NOW + HORIZON - timedelta(minutes=1)]
    assert differences(expected, done) == []
