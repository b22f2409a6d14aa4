"""Digests: who gets what, when, and once; over a real SMTP server, from two processes and after a kill."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bridge.account import Account
from bridge.errors import InputError
from bridge.evaluate import evaluate
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ports.conditions import Condition
from bridge.ports.reviews import Review
from bridge.ports.stops import EVERYTHING, Stop, stop_entry
from bridge.runtime.digests import EVERYBODY, Digests
from bridge.runtime.modes import Modes
from bridge.store import SqlStore, open_store, tables
from bridge.ticket import Ticket, TicketRef
from mappings.connection import Connection

from ..support.mailbox import Mailbox, open_mailbox

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
"""In Berlin it is one hour later."""
DIGEST = {
    "name": "morning",
    "clause": "MA-08",
    "notify": ["assignee", "team_lead"],
    "at": "08:00",
    "time_zone": "Europe/Berlin",
    "calendar": "office",
}
COMPLETION = {
    "name": "completion",
    "clause": "MA-10",
    "met_by": ["solved"],
    "calendar": "office",
    "targets": {"critical": "8h"},
}
PACK: dict[str, Any] = {
    "calendars": {"office": {"clause": "MA-01", "time_zone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-17:00"]}}},
    "escalation": None,
    "clocks": {"replace": [COMPLETION]},
    "role_directory": ["assignee", "team_lead"],
    "roles": {"team_lead": "lead@vendor.example"},
}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


def pack(**digest: Any) -> Policy:
    return load_policy("maas360", PACK | {"digests": [DIGEST | digest]})


def keep(store: SqlStore, policy: Policy, ident: str, created: datetime, **values: Any) -> None:
    """Record an open ticket as a review does."""
    given = {"type": "incident", "channel": "phone", "facts": {"affected": "all"}, "subject": "Console down", **values}
    ticket = Ticket.model_validate({"ref": TicketRef(connection="desk", id=ident), "created_at": created, **given})
    account, at = Account(name="Acme"), created + timedelta(minutes=1)
    decision = evaluate(ticket, account, policy, at)
    store.wake(ticket.ref, at, "command")
    [claim] = store.claim(at, limit=1, lease_s=60)
    review = Review(
        f"review-{ident}", ticket.ref, at, "command", "nothing",
        ticket=ticket, account=account, decision=decision, pack=policy.source,
    )  # fmt: skip
    assert store.finish(claim, review, confirmed=(), due=None)


def digests(store: SqlStore, policy: Policy, mail: str, **connection: Any) -> Digests:
    configured = Connection.model_validate({"vendor": "zendesk", "mode": "enforce", "mail": mail, **connection})
    connections = {"desk": configured}
    helpdesk = InMemoryHelpdesk(Ticket(ref=TicketRef(connection="desk", id="1"), created_at=MONDAY))
    return Digests(store, [policy], connections, {"desk": helpdesk}, Modes(store, connections, [policy.pack]))


def two_tickets(store: SqlStore, policy: Policy) -> None:
    """One is due on Tuesday at ten in Berlin, one was due at the end of Friday."""
    keep(store, policy, "7", MONDAY + timedelta(hours=9), assignee="ann@vendor.example")
    keep(store, policy, "6", MONDAY - timedelta(days=3, hours=-6), assignee="bob@vendor.example")


MORNING = MONDAY + timedelta(days=1, hours=7, minutes=1)
"""Tuesday, a minute after eight in Berlin."""


def test_each_person_gets_his_own_and_the_lead_gets_all(store: SqlStore, mailbox: Mailbox) -> None:
    url = mailbox.url
    policy = pack()
    two_tickets(store, policy)
    assert digests(store, policy, url).send_due(MORNING) == 3
    texts = mailbox.texts()
    assert texts.keys() == {"ann@vendor.example", "bob@vendor.example", "lead@vendor.example"}
    text = texts["lead@vendor.example"]
    assert f"{policy.title}: 2 clocks due" in {mail["Subject"] for _, mail in mailbox.mails}
    overdue, due = (text.index(f"#{ident} Console down (Acme): completion") for ident in ("6", "7"))
    assert overdue < due
    assert "overdue since 27 February 2026, 17:00 CET" in text
    assert "completion due 3 March 2026, 10:00 CET" in text
    assert "#6" not in texts["ann@vendor.example"]


def test_it_is_sent_once_however_many_processes_look(store: SqlStore, mailbox: Mailbox) -> None:
    url = mailbox.url
    policy = pack()
    two_tickets(store, policy)
    one, other = digests(store, policy, url), digests(store, policy, url)
    assert [each.send_due(MORNING) for each in (one, other, one)] == [3, 0, 0]
    assert one.send_due(MORNING + timedelta(hours=20)) == 0
    assert len(mailbox.mails) == 3
    assert other.send_due(MORNING + timedelta(days=1)) == 3


@pytest.mark.parametrize(
    ("keys", "at", "sent"),
    [
        ({}, timedelta(minutes=-2), 0),
        ({}, timedelta(hours=5), 3),
        ({}, timedelta(hours=17), 0),
        ({"if_late": "skip"}, timedelta(hours=5), 0),
        ({"if_late": "skip"}, timedelta(minutes=30), 3),
        ({}, timedelta(days=4), 0),
        ({"calendar": "always"}, timedelta(days=4), 3),
        ({"when": {"level": "low"}}, timedelta(), 0),
        ({"when": {"level": "low"}, "if_empty": "send"}, timedelta(), 1),
        ({"notify": ["assignee"]}, timedelta(), 2),
    ],
    ids=[
        "too early",
        "late",
        "on the next day",
        "late, skipped",
        "hardly late",
        "closed",
        "open",
        "empty",
        "empty, sent",
        "persons only",
    ],
)
def test_when_and_whether_it_is_sent(
    sqlite_store: SqlStore, mailbox: Mailbox, keys: dict[str, Any], at: timedelta, sent: int
) -> None:
    policy = pack(**keys)
    two_tickets(sqlite_store, policy)
    assert digests(sqlite_store, policy, mailbox.url).send_due(MORNING + at) == sent
    assert len(mailbox.mails) == sent
    empty = "when" in keys
    assert all(("Nothing is due until" in text) is empty for text in mailbox.texts().values())


@pytest.mark.parametrize(
    ("at", "now", "expected"),
    [
        ("02:30", "2026-03-29T00:45:00Z", None),
        ("02:30", "2026-03-29T01:45:00Z", "2026-03-29T01:30:00+00:00"),
        ("02:30", "2026-10-25T00:45:00Z", "2026-10-25T00:30:00+00:00"),
        ("02:30", "2026-10-25T01:29:00Z", "2026-10-25T00:30:00+00:00"),
        ("08:00", "2026-03-29T06:15:00Z", "2026-03-29T06:00:00+00:00"),
        ("08:00", "2026-10-25T07:15:00Z", "2026-10-25T07:00:00+00:00"),
    ],
    ids=["before the gap", "after the gap", "first of two", "second of two", "summer time", "winter time"],
)
def test_days_on_which_the_clocks_change(at: str, now: str, expected: str | None) -> None:
    """On the last Sunday of March 02:30 does not exist in Berlin, on that of October it comes twice."""
    policy = pack(at=at, calendar="always", if_late="skip")
    calendar, zone = policy.calendar_for("always", Account()), ZoneInfo("Europe/Berlin")
    slot = policy.digests[0].slot(calendar, zone, datetime.fromisoformat(now))
    assert (slot and slot.isoformat()) == expected


def test_channels_of_a_role_and_the_language_of_the_pack(sqlite_store: SqlStore, mailbox: Mailbox) -> None:
    url = mailbox.url
    policy = load_policy(
        "maas360", PACK | {"language_of_templates": "de", "digests": [DIGEST | {"notify": ["team_lead"]}]}
    )
    two_tickets(sqlite_store, policy)
    channel = f"{url}&to=leads@vendor.example"
    assert digests(sqlite_store, policy, url, notify={"team_lead": channel}).send_due(MORNING) == 2
    assert mailbox.texts().keys() == {"lead@vendor.example", "leads@vendor.example"}
    assert "completion überfällig seit 27. Februar 2026, 17:00 MEZ" in mailbox.texts()["lead@vendor.example"]


@pytest.mark.parametrize(
    ("contact", "recorded"),
    [("env:LEADS_CHANNEL", "env:LEADS_CHANNEL"), ("{url}&to=leads@vendor.example", r"mailto://\*\*\*[0-9a-f]{16}")],
)
def test_the_store_learns_no_token_of_a_channel(
    sqlite_store: SqlStore, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, contact: str, recorded: str
) -> None:
    url = mailbox.url
    monkeypatch.setenv("LEADS_CHANNEL", f"{url}&to=leads@vendor.example")
    policy = load_policy(
        "maas360",
        PACK
        | {"digests": [DIGEST | {"notify": ["team_lead"], "if_empty": "send"}]}
        | {"roles": {"team_lead": contact.format(url=url)}},
    )
    sender = digests(sqlite_store, policy, url)
    assert (sender.send_due(MORNING), sender.send_due(MORNING)) == (1, 0)
    assert mailbox.texts().keys() == {"leads@vendor.example"}
    with sqlite_store.database.read() as connection:
        recipients = set(connection.scalars(select(tables.digests.c.recipient))) - {EVERYBODY}
    [recipient] = recipients
    assert re.fullmatch(recorded, recipient)


def test_nothing_is_sent_while_a_connection_is_watched_or_stopped(sqlite_store: SqlStore, mailbox: Mailbox) -> None:
    policy = pack()
    two_tickets(sqlite_store, policy)
    assert digests(sqlite_store, policy, mailbox.url, mode="shadow").send_due(MORNING) == 0
    stop = Stop(EVERYTHING, MORNING, "ann", "a test")
    sqlite_store.stop(stop, stop_entry(stop))
    assert digests(sqlite_store, policy, mailbox.url).send_due(MORNING) == 0
    assert mailbox.mails == []


def test_a_contact_that_cannot_be_reached_is_a_condition_and_tried_again(
    sqlite_store: SqlStore, mailbox: Mailbox
) -> None:
    policy = pack(notify=["team_lead"])
    two_tickets(sqlite_store, policy)
    assert digests(sqlite_store, policy, "").send_due(MORNING) == 0
    state = sqlite_store.condition(Condition.DIGESTS, "desk")
    assert state.detail == "lead@vendor.example cannot be reached; name a mail server under mail of the connection"
    assert state.is_failing
    repaired = digests(sqlite_store, policy, mailbox.url)
    assert repaired.send_due(MORNING + timedelta(minutes=1)) == 0, "it waits for a while"
    assert repaired.send_due(MORNING + timedelta(minutes=3)) == 1
    assert not sqlite_store.condition(Condition.DIGESTS, "desk").is_failing


def _send(database: str, url: str) -> None:
    store = open_store(database)
    digests(store, pack(notify=["team_lead"]), url).send_due(MORNING)


def test_a_process_that_is_killed_while_it_sends_loses_and_doubles_nothing(tmp_path: Path, mailbox: Mailbox) -> None:
    """The mail server has the first process wait; it is killed, and another one sends at once."""
    url = mailbox.url
    database = f"sqlite:///{tmp_path / 'bridge.sqlite3'}"
    store = open_store(database)
    two_tickets(store, pack(notify=["team_lead"]))
    mailbox.refuses_after_s = 1.0
    sender = multiprocessing.get_context("spawn").Process(target=_send, args=(database, url))
    sender.start()
    deadline = time.monotonic() + 30
    while not mailbox.asked and time.monotonic() < deadline:
        time.sleep(0.02)
    assert mailbox.asked, "the first process has begun to send"
    other = digests(store, pack(notify=["team_lead"]), url)
    assert other.send_due(MORNING) == 0, "the first one is still at it"
    os.kill(cast(int, sender.pid), signal.SIGKILL)
    sender.join()
    mailbox.refuses_after_s = 0.0
    assert other.send_due(MORNING) == 1
    assert other.send_due(MORNING) == 0
    assert [to for to, _ in mailbox.mails] == [["lead@vendor.example"]]
    store.close()


@pytest.mark.parametrize("at", ["8:00", "25:00", "noon"])
def test_a_time_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(InputError, match=f"found '{at}'; allowed: a time of day such as 08:00"):
        pack(at=at)
