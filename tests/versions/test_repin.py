"""An admin moves tickets to another version of their pack: what is closed stays, what runs is judged anew."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridge.cli import cli
from bridge.decision import ClockState
from bridge.errors import BridgeError, Conflict, InputError
from bridge.runtime.repin import carry_out, planned
from bridge.store import SqlStore, open_store
from bridge.ticket import TicketRef

from .conftest import AGENT, CLIENT, RestartableBridge, pack

ONE = TicketRef(connection="one", id="1")


def move(site: RestartableBridge, to: str = "current", ref: TicketRef = ONE) -> None:
    carry_out(site.store, planned(site.store, ref, to, site.now), "admin", "the customer signed anew", site.now)


def targets(site: RestartableBridge, clock: str = "answer") -> list[float]:
    return [each.target_s / 3600 for each in site.clocks(clock)]


@pytest.fixture
def edited(site: RestartableBridge) -> RestartableBridge:
    """A ticket under version 1, four hours, and a version 2 of two hours that is for new tickets only."""
    site.ticket()
    site.review()
    site.pass_time(hours=1)
    site.start(pack(2, "2"))
    assert targets(site) == [4]
    return site


def test_a_moved_ticket_is_evaluated_by_the_other_version_and_becomes_due(edited: RestartableBridge) -> None:
    move(edited)
    assert edited.is_due()
    assert targets(edited) == [2]
    review = edited.review()
    assert review.decision
    assert review.decision.version == "2"


def test_it_can_be_moved_back(edited: RestartableBridge) -> None:
    move(edited, "2")
    edited.review()
    move(edited, "1")
    assert targets(edited) == [4]


def test_a_verdict_once_closed_never_changes(edited: RestartableBridge) -> None:
    edited.pass_time(hours=1.5)
    edited.send_message(AGENT)
    [met] = edited.clocks()
    assert met.state is ClockState.MET
    edited.send_message(CLIENT)
    edited.review()
    for version in ("2", "1", "2"):
        move(edited, version)
        edited.pass_time(minutes=1)
        assert edited.clocks() == [met], "answered in 2.5 of 4 hours, however often it is moved"
    assert targets(edited, "reply") == [2], "what was still running follows the other version"


def test_the_plan_says_what_would_happen_and_does_nothing(edited: RestartableBridge) -> None:
    plan = planned(edited.store, ONE, "2", edited.now)
    [(before, after)] = [pair for pair in plan.clocks() if pair[0] and pair[0].name == "answer"]
    assert before
    assert after
    assert after.due_at
    assert before.due_at == after.due_at + timedelta(hours=2)
    assert not edited.is_due()
    assert targets(edited) == [4]


def test_later_versions_say_what_they_mean_for_a_moved_ticket(edited: RestartableBridge) -> None:
    edited.pass_time(minutes=1)
    edited.start(pack(6, "3", change="retroactive"))
    edited.pass_time(minutes=1)
    plan = planned(edited.store, ONE, "2", edited.now)
    assert (plan.new.version, plan.after.version) == ("2", "3")
    move(edited, "2")
    assert targets(edited) == [6]
    edited.pass_time(minutes=1)
    edited.start(pack(1, "4"))
    assert targets(edited) == [6], "version 4 is for new tickets only"


def test_a_version_between_does_not_touch_a_ticket_that_was_moved_past_it(edited: RestartableBridge) -> None:
    edited.pass_time(minutes=1)
    edited.start(pack(3, "3", change="from_cutover"))
    edited.pass_time(minutes=1)
    edited.start(pack(5, "4"))
    move(edited, "4")
    assert targets(edited) == [5]


def test_a_server_that_was_started_before_follows_to_a_version_it_has_not_read(edited: RestartableBridge) -> None:
    running = edited.bridge
    edited.pass_time(minutes=1)
    edited.start(pack(3, "3", change="retroactive"))
    edited.pass_time(minutes=1)
    edited.start(pack(8, "4"))
    move(edited, "4")
    edited.bridge = running
    assert targets(edited) == [8]


def test_who_moved_it_when_and_why_is_in_the_audit(edited: RestartableBridge) -> None:
    move(edited)
    [line] = edited.store.audit_entries()
    assert (line.kind, line.at) == ("repin", edited.now)
    assert line.detail == "one:1 moved from maas360 1 to 2 by admin: the customer signed anew"


def test_a_ticket_under_review_is_left_alone(edited: RestartableBridge) -> None:
    plan = planned(edited.store, ONE, "2", edited.now)
    edited.store.wake(ONE, edited.now, "delivery")
    [claim] = edited.store.claim(edited.now, limit=1, lease_s=60)
    with pytest.raises(Conflict, match="under review at this moment"):
        carry_out(edited.store, plan, "admin", "why", edited.now)
    assert edited.store.audit_entries() == []
    edited.store.give_back(claim, edited.now)
    carry_out(edited.store, plan, "admin", "why", edited.now)


def test_who_overslept_the_lease_cannot_undo_a_move(edited: RestartableBridge) -> None:
    edited.store.wake(ONE, edited.now, "delivery")
    [claim] = edited.store.claim(edited.now, limit=1, lease_s=60)
    edited.pass_time(minutes=2)
    move(edited)
    assert edited.bridge.review(claim, edited.now).outcome == "superseded"
    assert targets(edited) == [2]


def test_two_admins_do_not_move_a_ticket_unaware_of_each_other(edited: RestartableBridge) -> None:
    plan = planned(edited.store, ONE, "2", edited.now)
    move(edited, "2")
    edited.review()
    with pytest.raises(Conflict, match="pinned to another text"):
        carry_out(edited.store, plan, "admin", "why", edited.now)


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("9", "--to: found '9'; allowed for pack maas360: 1, 2, current"),
        ("3", "--to: found '3', which comes into force on 2026-03-04 00:00 UTC; allowed for pack maas360: 1, 2"),
    ],
)
def test_only_versions_in_force_can_be_chosen(edited: RestartableBridge, to: str, message: str) -> None:
    edited.pass_time(minutes=1)
    edited.start(pack(3, "3", effective="2026-03-04", time_zone="UTC"))
    with pytest.raises(InputError) as refused:
        planned(edited.store, ONE, to, edited.now)
    assert message in str(refused.value)


def test_a_ticket_without_a_review_has_no_version_to_move(edited: RestartableBridge) -> None:
    with pytest.raises(BridgeError, match="`policybridge review one:2` does"):
        planned(edited.store, TicketRef.parse("one:2"), "current", edited.now)


# -- the command


@pytest.fixture
def repin(edited: RestartableBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command over the same database, at the same time."""
    monkeypatch.setattr("bridge.runtime.ticket_clock.wall_clock", lambda: edited.now)
    monkeypatch.setenv("POLICYBRIDGE_DATABASE_URL", f"sqlite:///{tmp_path / 'bridge.sqlite3'}")
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: CliRunner().invoke(cli, ["repin", *arguments], prog_name="policybridge")


def pinned(store: SqlStore) -> str:
    found = store.pin(ONE)
    assert found
    return str((store.pack_text(found.digest) or {})["version"])


def test_without_apply_the_command_only_shows(repin: Any, edited: RestartableBridge) -> None:
    done = repin("one:1")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "one:1  maas360 1 -> 2",
        "  answer of 2026-03-02 08:00: running, due 2026-03-02 12:00 UTC -> running, due 2026-03-02 10:00 UTC",
        "  status_update of 2026-03-02 08:00: running, due 2026-03-03 08:00 UTC",
        "1 ticket would be moved; nothing was changed; add --apply --because TEXT to move",
    ]
    assert pinned(edited.store) == "1"


def test_apply_needs_a_reason_and_does_it(repin: Any, edited: RestartableBridge) -> None:
    refused = repin("one:1", "--apply")
    assert (refused.exit_code, pinned(edited.store)) == (2, "1")
    assert refused.stderr.startswith("--because: found nothing; allowed: why the tickets are moved")
    done = repin("one:1", "--apply", "--because", "new contract", "--json")
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    assert printed["applied"] is True
    [one] = printed["tickets"]
    assert (one["ticket"], one["from"], one["to"], one["evaluated_by"]) == ("one:1", "1", "2", "2")
    assert pinned(edited.store) == "2"
    assert edited.store.audit_entries()[0].detail.endswith(": new contract")
    again = repin("one:1", "--apply", "--because", "new contract")
    assert again.stdout.splitlines() == ["one:1  is pinned to maas360 2 already", "0 tickets moved"]
    assert len(edited.store.audit_entries()) == 1


def test_one_ticket_that_cannot_be_moved_stops_them_all(repin: Any, edited: RestartableBridge) -> None:
    done = repin("one:1", "one:404", "--apply", "--because", "new contract")
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "one:404: no decision is recorded yet; `policybridge review one:404` does",
        "nothing was changed",
    ]
    assert pinned(edited.store) == "1"


def test_a_move_holds_on_either_database(database_url: str) -> None:
    store = open_store(database_url)
    site = RestartableBridge(store)
    site.start(pack(4))
    site.ticket()
    site.review()
    site.pass_time(hours=1)
    site.start(pack(2, "2"))
    move(site)
    assert targets(site) == [2]
    store.close()
