"""Installations that meet on one ticket: who goes on, who stops, and how a person decides."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.account import Account
from bridge.errors import Stopped
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.installation_id import InstallationId
from bridge.policy.load import load_policy
from bridge.ports.conditions import Condition
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.runtime.health import Health
from bridge.runtime.other_installations import OtherInstallations
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.stops import Stops
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore, open_store
from bridge.ticket import Actor, Role, Ticket, TicketRef

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
POLICY = load_policy("maas360")
AGENT = Actor(role=Role.AGENT, id="pat@vendor.example")
REF = TicketRef(connection="simulated", id="1")


@dataclass
class Meeting:
    """One helpdesk with one ticket, and the installations that look after it."""

    folder: Path
    now: datetime = BEGAN
    stores: list[SqlStore] = field(default_factory=list)

    def __post_init__(self) -> None:
        facts = {"affected": "all", "impact": "catastrophic"}
        self.helpdesk = InMemoryHelpdesk(Ticket(ref=REF, created_at=BEGAN, type="incident", facts=facts))

    def starts(self, name: str) -> SqlStore:
        """An installation on this database starts, for the first time or again."""
        store = open_store(f"sqlite:///{self.folder / name}.sqlite3")
        self.stores.append(store)
        store.identity(self.now)
        return store

    def copied(self, name: str, into: str) -> SqlStore:
        """A copy of a database as it is now."""
        with closing(sqlite3.connect(self.folder / f"{name}.sqlite3")) as database:
            database.execute("VACUUM INTO ?", [str(self.folder / f"{into}.sqlite3")])
        return self.starts(into)

    def passes(self, **length: float) -> None:
        self.now += timedelta(**length)
        self.helpdesk.now = self.now

    def reviews(self, store: SqlStore) -> Review:
        """An installation reviews the ticket a minute later."""
        self.passes(minutes=1)
        clock = TicketClock(lambda: self.now)
        pinning = PolicyPinning([POLICY], store, BEGAN)
        reconciler = Reconciler(store, {"simulated": self.helpdesk}, pinning, lambda *_: Account(), clock=clock)
        store.wake(REF, self.now, ReviewCause.COMMAND)
        [claim] = store.claim(self.now, limit=1, lease_s=60)
        return reconciler.review(claim, self.now)

    def reverts(self) -> None:
        """An agent takes the policy's tags away, and another value comes due."""
        self.passes(minutes=1)
        self.helpdesk.change("fact:affected", "one", AGENT)
        self.helpdesk.change("fact:impact", "minor", AGENT)

    def alarm(self, store: SqlStore) -> str:
        return store.condition(Condition.SOLE_WRITER, "simulated").detail

    def is_ready(self, store: SqlStore) -> bool:
        found = Health(store, TicketClock(lambda: self.now), ["simulated"]).assess()
        return not any(each.prevents_readiness for each in found if each.condition is Condition.SOLE_WRITER)

    def takes_over(self, store: SqlStore) -> None:
        OtherInstallations(store, TicketClock(lambda: self.now)).take_over("pat")
        self.passes(minutes=3)


@pytest.fixture
def meeting(tmp_path: Path) -> Iterator[Meeting]:
    made = Meeting(tmp_path)
    yield made
    for store in made.stores:
        store.close()


def test_the_later_one_stops_and_both_say_so(meeting: Meeting) -> None:
    first = meeting.starts("first")
    meeting.passes(minutes=1)
    second = meeting.starts("second")
    assert meeting.reviews(first).outcome is ReviewOutcome.APPLIED
    meeting.reverts()
    review = meeting.reviews(second)
    assert review.outcome is ReviewOutcome.WITHHELD
    assert "it comes first, so this one has stopped writing" in review.detail
    assert "another installation, first started 2026-03-02 08:00 UTC" in meeting.alarm(second)
    assert not meeting.is_ready(second)
    with pytest.raises(Stopped):
        Stops(second).check("simulated")
    assert meeting.reviews(first).outcome is ReviewOutcome.APPLIED
    assert not meeting.alarm(first), "it has seen no write of the other one"


def test_the_earlier_one_goes_on_and_says_so(meeting: Meeting) -> None:
    first = meeting.starts("first")
    meeting.passes(minutes=1)
    second = meeting.starts("second")
    assert meeting.reviews(second).outcome is ReviewOutcome.APPLIED
    meeting.reverts()
    assert meeting.reviews(first).outcome is ReviewOutcome.APPLIED
    assert "this one comes first and goes on" in meeting.alarm(first)
    assert meeting.is_ready(first)
    assert not first.stops()


def test_a_person_decides_and_the_other_one_obeys(meeting: Meeting) -> None:
    first = meeting.starts("first")
    meeting.passes(minutes=1)
    second = meeting.starts("second")
    meeting.reviews(first)
    meeting.reverts()
    meeting.reviews(second)
    meeting.takes_over(second)
    assert meeting.reviews(second).outcome is ReviewOutcome.APPLIED
    assert not second.condition(Condition.SOLE_WRITER, "simulated").is_failing
    meeting.reverts()
    meeting.helpdesk.change("fact:affected", "all", AGENT)
    assert meeting.reviews(first).outcome in (ReviewOutcome.WITHHELD, ReviewOutcome.NOTHING)
    assert first.stops()
    assert not meeting.is_ready(first)
    meeting.takes_over(first)  # another person decides otherwise
    assert not first.stops()
    meeting.reviews(first)
    assert not first.stops()


def test_resuming_without_deciding_stops_again(meeting: Meeting) -> None:
    first = meeting.starts("first")
    meeting.passes(minutes=1)
    second = meeting.starts("second")
    meeting.reviews(first)
    meeting.reverts()
    meeting.reviews(second)
    Stops(second).resume("simulated", "pat", "", meeting.now)
    assert meeting.reviews(second).outcome is ReviewOutcome.WITHHELD


def test_a_lost_database_is_no_alarm_and_repeats_nothing(meeting: Meeting) -> None:
    meeting.reviews(meeting.starts("lost"))
    before = meeting.helpdesk.fetch(REF).timeline
    meeting.passes(minutes=1)
    new = meeting.starts("new")
    assert meeting.reviews(new).outcome is ReviewOutcome.NOTHING
    assert meeting.helpdesk.fetch(REF).timeline == before
    assert not meeting.alarm(new)


def test_a_copy_of_the_database_is_noticed_by_both(meeting: Meeting) -> None:
    one = meeting.starts("one")
    other = meeting.copied("one", "other")
    meeting.reviews(one)
    meeting.reviews(other)
    assert "a copy of the database is in use elsewhere" in meeting.alarm(other)
    assert other.stops()
    meeting.takes_over(other)
    meeting.reverts()
    assert meeting.reviews(other).outcome is ReviewOutcome.APPLIED
    meeting.reviews(one)
    assert one.stops(), "the other one was chosen"


def test_an_installation_that_is_alone_never_alarms(meeting: Meeting) -> None:
    one = meeting.starts("one")
    for _ in range(3):
        meeting.reviews(one)
        meeting.reverts()
        meeting.helpdesk.change("fact:affected", "all", AGENT)
    meeting.reviews(meeting.starts("one"))
    assert not meeting.alarm(one)


def test_marks_of_older_versions_name_no_installation() -> None:
    assert InstallationId.of("0f8fad5bd9cb469fa16570867728950e") is None


moments = st.datetimes(datetime(2026, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))
digits = st.text("0123456789abcdef", min_size=4, max_size=4)
ids = st.builds(lambda at, chance: InstallationId.new(at, chance), moments, digits)
taken = st.builds(lambda one, at, chance: one.taking_over(at, chance), ids, moments, digits)


@given(st.lists(ids | taken, min_size=2, max_size=4, unique_by=str))
def test_all_agree_on_who_comes_first(found: list[InstallationId]) -> None:
    first = [one for one in found if all(one.precedes(other) for other in found if other != one)]
    assert len(first) == 1
    assert all(InstallationId.of(f"{one}-0123456789abcdef") == one for one in found)
