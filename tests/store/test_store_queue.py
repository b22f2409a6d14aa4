"""The queue: what is due is looked at once at a time, by whoever holds it, and no wake-up is lost."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from bridge.decision import Citation
from bridge.decision.records import parse_action
from bridge.errors import Conflict
from bridge.ports.outcomes import ReviewCause
from bridge.ports.queue import Claim
from bridge.ports.reviews import Review
from bridge.store import SqlStore, open_store
from bridge.ticket import TicketRef

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TICKET = TicketRef.parse("acme:5158")
NOTE = parse_action("internal_note", "breach", key="5158/MA-03/1", cite=Citation(pack="p", version="1", clause="MA-03"))


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def take(store: SqlStore, at: datetime, *, limit: int = 100, lease_s: float = 60) -> list[Claim]:
    return store.claim(at, limit=limit, lease_s=lease_s)


def review(claim: Claim, ident: str = "r1", at: datetime = NOW, detail: str = "") -> Review:
    return Review(ident, claim.ref, at, claim.why, "nothing", detail)


def test_nothing_is_due_before_its_time(store: SqlStore) -> None:
    store.wake(TICKET, after(10), "command")
    assert take(store, after(9.999999)) == []
    [claim] = take(store, after(10))
    assert (claim.ref, claim.attempts, claim.why, claim.lease_until) == (TICKET, 0, "command", after(70))


def test_an_earlier_due_time_stays(store: SqlStore) -> None:
    store.wake(TICKET, after(10), "command")
    store.wake(TICKET, after(1000), "sweep")
    assert len(take(store, after(10))) == 1


def test_the_longest_waiting_come_first(store: SqlStore) -> None:
    for ident, due in (("1", 30), ("2", 10), ("3", 20)):
        store.wake(TicketRef(connection="acme", id=ident), after(due), "command")
    assert [claim.ref.id for claim in take(store, after(60), limit=2)] == ["2", "3"]
    assert [claim.ref.id for claim in take(store, after(60))] == ["1"]


def test_those_that_became_due_last_come_first_where_asked(store: SqlStore) -> None:
    for ident, due in (("1", 30), ("2", 10), ("3", 20), ("4", 90)):
        store.wake(TicketRef(connection="acme", id=ident), after(due), "command")
    claims = store.claim(after(60), limit=2, lease_s=60, latest=True)
    assert [claim.ref.id for claim in claims] == ["1", "3"]
    assert [claim.ref.id for claim in take(store, after(60))] == ["2"]


def test_a_claimed_ticket_is_not_claimed_again_until_its_lease_ends(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "command")
    [first] = take(store, NOW)
    store.wake(TICKET, NOW, "delivery")
    assert take(store, after(59)) == []
    [second] = take(store, after(60))
    assert second.owner != first.owner


def test_who_overslept_the_lease_can_neither_write_nor_finish(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "command")
    [expired] = take(store, NOW)
    [holder] = take(store, after(61))
    with pytest.raises(Conflict, match="no longer leased"):
        store.record_intent(expired, "r-late", [NOTE], after(62))
    assert not store.finish(expired, review(expired, "r-late"), confirmed=[NOTE.key], due=None)
    assert not store.park(expired, review(expired, "r-late"))
    assert (store.review("r-late"), store.ledger(TICKET), store.parked()) == (None, [], [])
    assert store.finish(holder, review(holder), confirmed=[], due=None)


def test_what_is_given_back_is_due_again_at_once_and_as_it_was(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "delivery")
    [failed] = take(store, NOW)
    store.finish(failed, review(failed), confirmed=[], due=after(1), attempts=3)
    [held] = take(store, after(1))
    store.give_back(held, after(2))
    assert take(store, after(1)) == []
    [again] = take(store, after(2))
    assert (again.why, again.attempts, again.generation) == (held.why, 3, held.generation)
    assert not store.finish(held, review(held, "r-late"), confirmed=[], due=None)


def test_only_its_holder_can_give_a_ticket_back(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "command")
    [expired] = take(store, NOW)
    [holder] = take(store, after(61))
    store.give_back(expired, after(62))
    assert take(store, after(62)) == []
    assert store.finish(holder, review(holder), confirmed=[], due=None)


def test_a_finished_claim_cannot_be_finished_again(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "command")
    [claim] = take(store, NOW)
    assert store.finish(claim, review(claim), confirmed=[], due=after(600))
    assert not store.finish(claim, review(claim, "again"), confirmed=[], due=None)
    [woken] = take(store, after(600))
    assert woken.why == "due"


def test_a_ticket_woken_during_its_review_is_reviewed_again(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "command")
    [claim] = take(store, NOW)
    store.wake(TICKET, after(5), "delivery")
    assert store.finish(claim, review(claim), confirmed=[], due=after(86400))
    assert take(store, after(4)) == [], "the burst is not over"
    [again] = take(store, after(5))
    assert again.why == "delivery"


def test_failed_reviews_are_counted_in_a_row(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "command")
    [claim] = take(store, NOW)
    store.finish(claim, review(claim), confirmed=[], due=NOW, attempts=claim.attempts + 1)
    [claim] = take(store, NOW)
    assert claim.attempts == 1
    store.finish(claim, review(claim, "r2"), confirmed=[], due=NOW)
    assert [claim.attempts for claim in take(store, NOW)] == [0]


def test_a_parked_ticket_is_not_claimed_again(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "command")
    [claim] = take(store, NOW)
    assert store.park(claim, review(claim, detail="422: status: closed prevents ticket update"))
    assert take(store, after(10**7)) == []
    [parked] = store.parked()
    assert (parked.ref, parked.since) == (TICKET, NOW)
    assert parked.reason.startswith("422")
    assert store.counts(NOW).parked == 1

    store.wake(TICKET, after(60), "command")
    [claim] = take(store, after(60))
    assert (claim.why, store.parked()) == ("command", [])


def test_an_event_unparks(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "command")
    [claim] = take(store, NOW)
    store.park(claim, review(claim, detail="gone"))
    store.wake(TICKET, after(5), "delivery")
    assert store.parked() == []
    assert len(take(store, after(5))) == 1


def test_a_ticket_woken_while_it_is_given_up_is_not_parked(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "command")
    [claim] = take(store, NOW)
    store.wake(TICKET, after(5), "delivery")
    assert store.park(claim, review(claim, detail="gone"))
    assert store.parked() == []
    assert len(take(store, after(5))) == 1


def test_a_held_connection_is_left_alone_and_others_are_not(store: SqlStore) -> None:
    other = TicketRef.parse("globex:1")
    store.wake(TICKET, NOW, "command")
    store.wake(other, NOW, "command")
    store.pause_connection("acme", after(30))
    store.pause_connection("acme", after(10))  # a shorter wait never shortens a longer one
    assert [claim.ref for claim in take(store, after(29))] == [other]
    assert [claim.ref for claim in take(store, after(30))] == [TICKET]


def test_the_sweep_wakes_and_moves_on_in_one_step(store: SqlStore) -> None:
    assert store.sweep_cursor("acme") is None
    store.record_sweep("acme", "MTU3", [TICKET, TICKET], NOW)
    store.pause_connection("acme", NOW)
    store.record_sweep("acme", "MTU4", [], NOW)
    assert store.sweep_cursor("acme") == "MTU4"
    assert [(claim.ref, claim.why) for claim in take(store, NOW)] == [(TICKET, "sweep")]


def test_many_claimers_share_the_work_and_nothing_twice(store: SqlStore) -> None:
    refs = [TicketRef(connection="acme", id=str(ident)) for ident in range(60)]
    store.record_sweep("acme", "c", refs, NOW)
    with ThreadPoolExecutor(6) as threads:
        claims = [claim for taken in threads.map(lambda _: take(store, NOW, limit=7), range(12)) for claim in taken]
    claims += take(store, NOW)  # what a claimer skipped because another one had it locked
    assert sorted(claim.ref.id for claim in claims) == sorted(ref.id for ref in refs)


def test_figures_for_people(store: SqlStore) -> None:
    store.wake(TICKET, NOW, "command")
    store.wake(TicketRef.parse("acme:2"), after(60), "command")
    store.wake(TicketRef.parse("acme:3"), after(600), "command")
    counts = store.counts(after(90))
    assert (counts.due, counts.waiting, counts.parked, store.longest_wait(after(90))) == (2, 1, 0, 90.0)
    take(store, after(90))
    counts = store.counts(after(90))
    assert (counts.due, counts.waiting, store.longest_wait(after(90))) == (0, 3, 0.0)


def test_the_lease_of_a_process_that_has_died_on_this_machine_is_taken_over_at_once(database_url: str) -> None:
    with closing(open_store(database_url)) as store:
        store.wake(TICKET, NOW, ReviewCause.DELIVERY)
        code = (
            "import sys; from datetime import datetime; from bridge.store import open_store; "
            "assert open_store(sys.argv[1]).claim(datetime.fromisoformat(sys.argv[2]), limit=1, lease_s=3600)"
        )
        subprocess.run([sys.executable, "-c", code, database_url, NOW.isoformat()], check=True, timeout=120)
        [claim] = store.claim(NOW, limit=1, lease_s=60)
        assert claim.ref == TICKET
        assert store.claim(NOW, limit=1, lease_s=60) == [], "the holder lives"
