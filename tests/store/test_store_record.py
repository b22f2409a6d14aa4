"""The record: what was seen, decided and said comes back exactly as it was."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bridge.account import Account, OpenTicket
from bridge.decision import Citation, Decision, Plan
from bridge.decision.records import parse_action
from bridge.evaluate import evaluate
from bridge.plan import Ledger, plan
from bridge.policy.load import load_policy
from bridge.ports.queue import Claim
from bridge.ports.reviews import Review
from bridge.store import SqlStore
from bridge.ticket import Status, Ticket, TicketRef

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
TICKET = TicketRef.parse("acme:5158")
CITE = Citation(pack="maas360", version="1.0", clause="MA-03")
TAG = parse_action("add_tag", "policy_breach", key="5158/MA-03/1", cite=CITE)
TIER = parse_action("set_tier", 2, key="5158/MA-04/1", cite=CITE)


def ticket(ident: str = "5158", version: str = "2026-03-02T09:00:00Z", **facts: object) -> Ticket:
    ref = TicketRef(connection="acme", id=ident)
    return Ticket.model_validate({"ref": ref, "created_at": NOW, "version": version, "account": "initech"} | facts)


def recorded_review(store: SqlStore, seen: Ticket, ident: str, at: datetime = NOW) -> Review:
    """One complete look at a ticket."""
    store.wake(seen.ref, at, "command")
    [claim] = store.claim(at, limit=1, lease_s=60)
    review = Review(ident, seen.ref, at, "command", "nothing", ticket=seen)
    assert store.finish(claim, review, confirmed=(), due=None)
    return review


@pytest.fixture
def claim(store: SqlStore) -> Claim:
    store.wake(TICKET, NOW, "command")
    [claim] = store.claim(NOW, limit=1, lease_s=60)
    return claim


def test_a_review_comes_back_as_it_was(store: SqlStore, claim: Claim) -> None:
    review = Review(
        id="r1",
        ref=TICKET,
        at=NOW,
        why="delivery",
        outcome="applied",
        detail="one tag",
        ticket=ticket(subject="Gerät \N{SNOWMAN} defekt", tags={"vip", "de"}, facts={"outage": True, "users": 40}),
        account=Account(name="Initech", plan="premium"),
        decision=Decision(ref=TICKET, at=NOW, pack="maas360", version="1.0", digest="d1", wake_at=NOW),
        plan=Plan(actions=(TAG,)),
        pack={"pack": "maas360", "hours": {"open": "08:00"}},
    )
    assert store.finish(claim, review, confirmed=(), due=None)
    assert store.review("r1") == review
    assert store.review("r1") is not None
    assert store.snapshot(TICKET) == review.ticket
    [listed] = store.reviews(TICKET)
    assert listed.decision == review.decision
    assert listed.pack is None, "lists do not carry the pack's text"
    assert store.review("no-such-review") is None


def test_a_review_takes_little_space_in_its_row(store: SqlStore, claim: Claim) -> None:
    """As of a ticket with an escalation; before it was compressed, it took 18 kB a review."""
    policy = load_policy("maas360")
    seen = ticket(type="incident", facts={"affected": "all", "impact": "catastrophic"}, subject="Console down")
    decision = evaluate(seen, None, policy, NOW + timedelta(hours=5))
    todo = plan(decision, seen, Ledger([], seen))
    review = Review("r1", TICKET, NOW, "due", "applied", ticket=seen, decision=decision, plan=todo)
    store.finish(claim, review, confirmed=(), due=None)
    columns = ("ticket", "account", "decision", "plan", "kept")
    with store.database.read() as connection:
        row = connection.execute(text(f"SELECT {', '.join(columns)} FROM reviews")).one()
    stored = sum(len(value or "") for value in row)
    written = len(decision.model_dump_json()) + len(todo.model_dump_json()) + len(seen.model_dump_json())
    assert stored < 8_000
    assert stored < written / 2


def test_a_packs_text_is_kept_once_and_found_by_every_review(store: SqlStore) -> None:
    decision = Decision(ref=TICKET, at=NOW, pack="maas360", version="1.0", digest="d1")
    for number, pack in enumerate(({"text": "first"}, None)):
        store.wake(TICKET, NOW, "command")
        [claim] = store.claim(NOW, limit=1, lease_s=60)
        review = Review(f"r{number}", TICKET, NOW, "command", "nothing", decision=decision, pack=pack)
        store.finish(claim, review, confirmed=(), due=None)
    found = store.review("r1")
    assert found is not None
    assert found.pack == {"text": "first"}


def test_reviews_are_listed_newest_first(store: SqlStore) -> None:
    for number in range(3):
        recorded_review(store, ticket(), f"r{number}", NOW + timedelta(minutes=number))
    recorded_review(store, ticket("9"), "other", NOW + timedelta(hours=1))
    assert [review.id for review in store.reviews(TICKET)] == ["r2", "r1", "r0"]
    assert [review.id for review in store.reviews(limit=2)] == ["other", "r2"]


def test_text_that_postgresql_refuses_does_not_cost_the_review(store: SqlStore) -> None:
    odd = ticket(subject="nul \0 in it", account="a\0b", description="\0")
    review = recorded_review(store, odd, "r1")
    found = store.review("r1")
    assert found is not None
    assert found.ticket == review.ticket
    [sibling] = store.other_open_tickets(TicketRef.parse("acme:1"), "a\0b")
    assert "\0" not in sibling.subject


def test_an_action_is_intended_then_confirmed(store: SqlStore, claim: Claim) -> None:
    store.record_intent(claim, "r1", [TAG, TIER], NOW)
    recorded = {item.key: item for item in store.ledger(TICKET)}
    assert (recorded[TAG.key].action, recorded[TAG.key].confirmed) == (TAG, False)
    assert recorded[TIER.key].action == TIER
    assert recorded[TAG.key].at == NOW

    store.finish(claim, Review("r1", TICKET, NOW, "due", "applied"), confirmed=[TAG.key, "unknown"], due=None)
    assert {item.key: item.confirmed for item in store.ledger(TICKET)} == {TAG.key: True, TIER.key: False}
    assert store.ledger(TicketRef.parse("acme:1")) == []


def test_an_action_intended_again_is_unconfirmed_again(store: SqlStore, claim: Claim) -> None:
    store.record_intent(claim, "r1", [TAG], NOW)
    store.finish(claim, Review("r1", TICKET, NOW, "due", "applied"), confirmed=[TAG.key], due=NOW)
    [again] = store.claim(NOW, limit=1, lease_s=60)
    store.record_intent(again, "r2", [TAG], NOW + timedelta(seconds=1))
    [recorded] = store.ledger(TICKET)
    assert (recorded.confirmed, recorded.at) == (False, NOW + timedelta(seconds=1))


def test_an_older_snapshot_never_replaces_a_newer_one(store: SqlStore) -> None:
    assert store.last_version(TICKET) == ""
    assert store.snapshot(TICKET) is None
    recorded_review(store, ticket(version="2026-03-02T10:00:00Z", subject="new"), "r1")
    recorded_review(store, ticket(version="2026-03-02T09:59:59Z", subject="old"), "r2")
    assert store.last_version(TICKET) == "2026-03-02T10:00:00Z"
    seen = store.snapshot(TICKET)
    assert seen is not None
    assert seen.subject == "new"


def test_siblings_are_the_open_tickets_of_the_same_account(store: SqlStore) -> None:
    recorded_review(store, ticket("1", subject="Mail down"), "r1")
    recorded_review(store, ticket("2", status=Status.SOLVED), "r2")
    recorded_review(store, ticket("3", account="globex"), "r3")
    recorded_review(store, ticket("4", status=None, subject="No canonical status"), "r4")
    recorded_review(store, ticket("5"), "r5")
    assert store.other_open_tickets(TicketRef.parse("acme:5"), "initech") == [
        OpenTicket(ref=TicketRef.parse("acme:1"), subject="Mail down"),
        OpenTicket(ref=TicketRef.parse("acme:4"), subject="No canonical status"),
    ]
    recorded_review(store, ticket("1", version="2026-03-02T11:00:00Z", status=Status.CLOSED), "r6")
    assert [sibling.ref.id for sibling in store.other_open_tickets(TicketRef.parse("acme:5"), "initech")] == ["4"]


def test_recent_writes_are_listed_newest_first(store: SqlStore) -> None:
    seen = ticket()
    for minute, (outcome, action) in enumerate([("applied", TAG), ("retry", TAG), ("applied", TIER), ("nothing", TAG)]):
        at = NOW + timedelta(minutes=minute)
        store.wake(seen.ref, at, "command")
        [claim] = store.claim(at, limit=1, lease_s=60)
        review = Review(f"r{minute}", seen.ref, at, "command", outcome, plan=Plan(actions=(action,)))
        assert store.finish(claim, review, confirmed=(), due=None)
    assert store.plans_written(seen.ref, NOW - timedelta(seconds=1)) == [Plan(actions=(TIER,)), Plan(actions=(TAG,))]
    assert store.plans_written(seen.ref, NOW) == [Plan(actions=(TIER,))]
    assert store.plans_written(TicketRef.parse("acme:1"), NOW) == []
