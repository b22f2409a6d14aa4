"""Since when a pack is in force for a ticket that is older: per connection, pack and ticket."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

import bridge.store
from bridge.account import Account
from bridge.errors import Conflict, InputError
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ports.reviews import Review
from bridge.runtime.backlog import Backlog, adopt
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.replay import replay
from bridge.store import SqlStore
from bridge.ticket import Actor, Channel, Role, Ticket, TicketRef
from mappings.connection import Connection

from .conftest import MONDAY

REF = TicketRef(connection="acme", id="1")
MONTH = timedelta(days=30)


class RestartedBridge:
    """One ticket on one connection; its bridge is restarted with other settings."""

    def __init__(self, store: SqlStore, created: datetime = MONDAY - MONTH, **values: object) -> None:
        self.store, self.now = store, MONDAY
        given = {"type": "incident", "channel": Channel.PHONE, "facts": {"affected": "all"}, "account": "Acme"}
        self.helpdesk = InMemoryHelpdesk(Ticket(ref=REF, created_at=created, **given | values))

    def start(self, *policies: Policy, **settings: object) -> Backlog:
        connection = Connection.model_validate({"vendor": "zendesk", "mode": "enforce", **settings})
        self.helpdesk.mode = connection.mode
        packs = [policy.pack for policy in policies]
        self.backlog = Backlog(self.store, {"acme": connection}, packs, self.now)
        governing = PolicyPinning(policies, self.store, self.now)
        self.bridge = Reconciler(
            self.store, {"acme": self.helpdesk}, governing, lambda *_: Account(name="Acme"), backlog=self.backlog
        )
        return self.backlog

    def review(self) -> Review:
        self.helpdesk.now = self.now
        self.store.wake(REF, self.now, "command")
        while True:
            [claim] = self.store.claim(self.now + timedelta(seconds=5), limit=10, lease_s=60)
            done = self.bridge.review(claim, self.now)
            if done.outcome != "applied":
                return done
            self.store.wake(REF, self.now, "command")

    @property
    def tags(self) -> frozenset[str]:
        return self.helpdesk.fetch(REF).tags


MAAS360 = load_policy("maas360")


def test_a_pack_is_in_force_since_its_connection_first_left_shadow_mode(store: SqlStore) -> None:
    restarted = RestartedBridge(store)
    assert restarted.start(MAAS360, mode="shadow").start("acme", "maas360").since is None
    restarted.now += timedelta(days=2)
    assert restarted.start(MAAS360, mode="comment_only").start("acme", "maas360").since == MONDAY + timedelta(days=2)
    restarted.now += timedelta(days=2)
    for mode in ("enforce", "shadow", "enforce"):
        assert restarted.start(MAAS360, mode=mode).start("acme", "maas360").since == MONDAY + timedelta(days=2)


def test_what_shadow_mode_withheld_is_not_made_up_for(store: SqlStore) -> None:
    restarted = RestartedBridge(store, created=MONDAY + timedelta(hours=1))
    restarted.start(MAAS360, mode="shadow")
    restarted.now += timedelta(days=3)
    review = restarted.review()
    assert review.outcome == "withheld"
    assert review.decision
    assert any(clock.state == "breached" for clock in review.decision.clocks), "a rehearsal on tickets of the time"
    restarted.start(MAAS360)
    restarted.review()
    assert restarted.tags >= {"policy_severity_critical"}
    assert not [tag for tag in restarted.tags if "breached" in tag or "escalated" in tag]


def test_a_ticket_that_was_created_under_the_promise_is_evaluated_from_its_creation(store: SqlStore) -> None:
    restarted = RestartedBridge(store, created=MONDAY)
    restarted.start(MAAS360)
    restarted.now += timedelta(days=1)
    restarted.review()
    assert "policy_escalated_3" in restarted.tags


def test_a_pack_that_is_added_later_has_a_time_of_its_own(store: SqlStore) -> None:
    restarted = RestartedBridge(
        store, created=MONDAY + timedelta(hours=1), facts={"severity": "critical"}, type="request"
    )
    one = load_policy("maas360", {"applies_when": {"tags": {"any": ["phones"]}}})
    other = load_policy("oncleversoft", {"applies_when": {"tags": {"none": ["phones"]}}})
    restarted.start(one)
    restarted.now += timedelta(days=5)
    backlog = restarted.start(one, other)
    assert [start.since for start in backlog.starts()] == [MONDAY, MONDAY + timedelta(days=5)]
    restarted.review()
    assert "policy_oncleversoft" in restarted.tags
    assert "policy_breached_first_response" not in restarted.tags


def test_a_ticket_that_a_pack_begins_to_govern_is_adopted_then(store: SqlStore) -> None:
    """A brand, a group or an account that joins: the ticket was seen before, and no pack applied."""
    restarted = RestartedBridge(store, created=MONDAY + timedelta(hours=1), brand="blue")
    restarted.start(load_policy("maas360", {"applies_when": {"brand": "red"}}))
    restarted.now += timedelta(days=1)
    assert restarted.review().outcome == "not_governed"
    restarted.now += timedelta(days=1)
    joined = load_policy("maas360", {"version": "2", "applies_when": {"brand": ["red", "blue"]}})
    restarted.start(joined)
    restarted.review()
    assert "policy_severity_critical" in restarted.tags
    assert not [tag for tag in restarted.tags if "breached" in tag or "escalated" in tag]
    restarted.now += timedelta(hours=4)
    restarted.review()
    assert "policy_escalated_1" in restarted.tags, (
        "its schedule began when it was adopted, at whichever review that was"
    )


def test_a_ticket_that_was_never_seen_is_adopted_since_the_version_that_covers_it(store: SqlStore) -> None:
    restarted = RestartedBridge(store, created=MONDAY + timedelta(hours=1), brand="blue")
    restarted.start(load_policy("maas360", {"applies_when": {"brand": "red"}}))
    restarted.now += timedelta(days=2)
    restarted.start(load_policy("maas360", {"version": "2", "applies_when": {"brand": ["red", "blue"]}}))
    restarted.now += timedelta(hours=5)
    restarted.review()
    assert "policy_escalated_1" in restarted.tags
    assert "policy_escalated_2" not in restarted.tags


def test_moving_the_time_later_leaves_tickets_alone_that_were_governed(store: SqlStore) -> None:
    restarted = RestartedBridge(store, created=MONDAY)
    restarted.start(MAAS360)
    restarted.now += timedelta(hours=5)
    restarted.review()
    before = restarted.tags
    restarted.now += timedelta(hours=1)
    restarted.start(MAAS360, in_force_since=restarted.now.isoformat())
    assert restarted.review().outcome == "nothing"
    assert restarted.tags == before


def test_an_ignored_ticket_is_adopted_once(store: SqlStore) -> None:
    restarted = RestartedBridge(store)
    backlog = restarted.start(MAAS360, backlog="ignore")
    review = restarted.review()
    assert (review.outcome, restarted.tags) == ("left_alone", frozenset())
    assert review.detail.endswith("such tickets are ignored; `policybridge adopt acme:1` adopts it")
    backlog.check_adoption("acme")
    restarted.now += timedelta(days=1)
    adopt(store, REF, "sam", "the customer asked", restarted.now)
    with pytest.raises(Conflict, match="is adopted already"):
        adopt(store, REF, "sam", "", restarted.now)
    restarted.review()
    assert "policy_severity_critical" in restarted.tags
    [entry] = [entry for entry in store.audit_entries() if entry.kind == "adoption"]
    assert entry.detail == "acme:1 adopted by sam: the customer asked"
    with pytest.raises(InputError, match="older tickets are adopted on their own; nothing to adopt"):
        restarted.start(MAAS360).check_adoption("acme")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            "2026-03-02T08:00:01Z",
            "connections.acme.in_force_since: found 2026-03-02 08:00:01 UTC, which is in the future; allowed: a time "
            "that has passed; without the key, when it first left shadow mode",
        ),
        (
            {"maas36": "2026-01-01T00:00:00Z"},
            "connections.acme.in_force_since.maas36: found pack 'maas36'; allowed: maas360; did you mean 'maas360'?",
        ),
    ],
)
def test_a_time_that_cannot_be_used_is_one_line(sqlite_store: SqlStore, given: object, line: str) -> None:
    with pytest.raises(InputError) as refused:
        RestartedBridge(sqlite_store).start(MAAS360, in_force_since=given)
    assert str(refused.value) == line


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("shadow", "the mode is shadow"),
        ("comment_only", "it begins when `policybridge serve` starts with mode comment_only"),
        ("enforce", "mode enforce is not confirmed yet; `policybridge enforce` shows what it would do"),
    ],
)
def test_a_pack_that_is_not_in_force_yet_gets_the_reason(sqlite_store: SqlStore, mode: str, reason: str) -> None:
    connection = Connection.model_validate({"vendor": "odoo", "mode": mode})
    start = Backlog(sqlite_store, {"acme": connection}, ["maas360"], MONDAY, begins=False).start("acme", "maas360")
    assert start.describe() == f"not in force yet: {reason}"


def test_the_file_decides_for_a_connection_or_a_pack(sqlite_store: SqlStore) -> None:
    restarted, since = RestartedBridge(sqlite_store), MONDAY - timedelta(days=9)
    for given in (since.isoformat(), {"maas360": since.isoformat()}):
        start = restarted.start(MAAS360, in_force_since=given, backlog="judge").start("acme", "maas360")
        assert start.describe() == (
            "in force since 2026-02-21 08:00 UTC; older tickets are evaluated from their creation (backlog: judge), "
            "with everything overdue"
        )
    assert restarted.start(MAAS360).start("acme", "maas360").since == MONDAY


@pytest.mark.parametrize("mode", ["enforce", "shadow"])
def test_an_installation_that_is_upgraded_goes_on_where_it_was(store: SqlStore, mode: str) -> None:
    restarted = RestartedBridge(store, created=MONDAY)
    restarted.start(MAAS360, mode=mode)
    restarted.now += timedelta(hours=5)
    restarted.review()
    before = restarted.tags
    migrate(store, "0008")
    migrate(store, "head")
    [start] = store.pack_starts()
    written = mode == "enforce"
    assert (start.watched_since, start.since) == (restarted.now, restarted.now if written else None)
    restarted.start(MAAS360, mode=mode)
    review = restarted.review()
    assert restarted.tags == before
    assert review.outcome == ("nothing" if written else "withheld")


def migrate(store: SqlStore, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(bridge.store.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with store.database.write() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if revision == "head" else command.downgrade)(config, revision)


def test_a_replay_of_an_adopted_ticket_is_the_same(sqlite_store: SqlStore) -> None:
    restarted = RestartedBridge(sqlite_store)
    restarted.start(MAAS360)
    recorded, again = replay(sqlite_store, restarted.review().id)
    assert recorded.model_dump_json() == again.model_dump_json()


def test_a_bulk_edit_that_lets_a_pack_begin_to_apply_makes_nothing_of_the_past_due(store: SqlStore) -> None:
    """The tickets were created under the policy, and nobody has seen them since: a sweep brings them all at once."""
    site = RestartedBridge(store, created=MONDAY)
    site.start(load_policy("maas360", {"applies_when": {"tags": ["governed"]}}))
    site.helpdesk.now = MONDAY + timedelta(days=9)
    site.helpdesk.change("tags", "governed", Actor(role=Role.AGENT))
    site.now += timedelta(days=9, minutes=1)
    site.review()
    assert "policy_severity_critical" in site.tags
    assert not [tag for tag in site.tags if "breached" in tag or "escalated" in tag]
    site.now += timedelta(hours=4)
    site.review()
    assert "policy_escalated_1" in site.tags
