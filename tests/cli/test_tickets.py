"""``policybridge explain``, ``review`` and ``replay`` against a local Zendesk and a real database."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from app import assemble
from bridge.account import Account
from bridge.cli.exits import Exit
from bridge.cli.review import review_now
from bridge.config.settings import load_settings
from bridge.decision import Decision
from bridge.errors import Retry
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy
from bridge.ports.reviews import Review
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.store import open_store
from bridge.ticket import Ticket, TicketRef

AT = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


def writes(zendesk: ZendeskSandbox) -> list[dict[str, Any]]:
    return [request for request in zendesk.requests("PUT") if "/tickets/" in request["path"]]


def tags(zendesk: ZendeskSandbox, ident: str) -> set[str]:
    found = requests.get(f"{zendesk.url}/api/v2/tickets/{ident}.json", auth=zendesk.auth, timeout=30)
    return set(found.json()["ticket"]["tags"])


def recorded(machine: Any, outcome: str = "applied", decided: bool = True) -> Review:
    """A review of acme:7 as a worker would have recorded it, in the machine's database."""
    policy = load_policy("maas360")
    ref = TicketRef(connection="acme", id="7")
    ticket = Ticket.model_validate(
        {"ref": ref, "created_at": AT.replace(hour=8), "facts": {"affected": "all"}, "status": "open", "version": "1"}
    )
    decision = evaluate(ticket, Account(), policy, AT) if decided else None
    review = Review(
        id=f"review{AT.minute}",
        ref=ref,
        at=AT,
        why="due",
        outcome=outcome,
        detail="" if decided else "the helpdesk does not answer",
        ticket=ticket,
        account=Account(),
        decision=decision,
        pack=policy.source,
    )
    with closing(open_store(machine.environment["POLICYBRIDGE_DATABASE_URL"])) as store:
        store.wake(ref, AT, "due")
        (claim,) = store.claim(AT, limit=1, lease_s=60)
        assert store.finish(claim, review, confirmed=(), due=None)
    return review


# -- explain


def test_explain_tells_what_the_policy_makes_of_a_ticket_and_writes_nothing(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    ident = critical_ticket()
    before = tags(zendesk, ident)
    done = connected("explain", ident)
    assert (done.code, done.err) == (Exit.OK, "")
    assert done.out.startswith(f"acme:{ident}: severity critical under maas360 1\n")
    assert "[MA-11] status_update is running" in done.out
    assert "[MA-09] set priority to urgent" in done.out
    assert not writes(zendesk)
    assert tags(zendesk, ident) == before
    with closing(open_store(connected.environment["POLICYBRIDGE_DATABASE_URL"])) as store:
        assert store.reviews() == []
        assert store.claim(datetime.now(UTC), limit=9, lease_s=1) == []  # nobody was woken


def test_explain_as_json(connected: Any, critical_ticket: Callable[[], str]) -> None:
    ident = critical_ticket()
    done = connected("explain", f"acme:{ident}", "--json")
    assert done.code == Exit.OK
    told = done.json()
    assert told["review"] is None
    assert (told["ref"], told["level"]) == ({"connection": "acme", "id": ident}, "critical")
    clock = next(clock for clock in told["clocks"] if clock["name"] == "status_update")
    assert clock["intervals"][-1]["sum_s"] == clock["target_s"] == 2 * 3600
    assert clock["intervals"][-1]["ends"] == clock["due_at"]
    assert {"set_priority", "add_tag"} <= {action["action"] for action in told["plan"]["actions"]}
    assert {rule["applied"] for rule in told["rules"]} == {True, False}
    assert told["clauses"]["MA-09"]["text"]


@pytest.mark.parametrize(
    ("ticket", "message"),
    [
        ("other:7", "TICKET: found connection 'other'; allowed: acme"),
        ("acme:", "TICKET: 'acme:' is not a ticket reference"),
    ],
)
def test_a_reference_that_names_no_ticket(connected: Any, ticket: str, message: str) -> None:
    for command in ("explain", "review"):
        done = connected(command, ticket)
        assert done.code == Exit.UNUSABLE
        assert done.err.startswith(message)
        assert "Traceback" not in done.err


def test_with_several_connections_the_id_alone_says_which_there_are(connected: Any) -> None:
    file = connected.folder / "policybridge.yaml"
    settings = json.loads(file.read_text())
    settings["connections"]["beta"] = {"vendor": "zendesk"}
    file.write_text(json.dumps(settings))
    done = connected("explain", "7")
    assert done.code == Exit.UNUSABLE
    assert "write it as connection:id" in done.err
    assert "acme, beta" in done.err


def test_a_ticket_the_helpdesk_does_not_know(connected: Any) -> None:
    done = connected("explain", "999999")
    assert done.code == Exit.FINDINGS
    assert len(done.err.splitlines()) == 1
    assert "`policybridge explain acme:999999 --recorded` shows the last decision" in done.err


def test_what_was_recorded_is_explained_without_helpdesk_and_credentials(connected: Any) -> None:
    review = recorded(connected)
    for name in [name for name in connected.environment if name.startswith("ZENDESK")]:
        del connected.environment[name]
    done = connected("explain", "7", "--recorded")
    assert done.code == Exit.OK
    assert done.out.startswith(f"Recorded by review {review.id}\n\nacme:7: severity critical under maas360 1\n")
    assert "[MA-14] escalation stage 1" in done.out
    as_json = connected("explain", "acme:7", "--recorded", "--json").json()
    assert as_json["review"] == review.id
    assert as_json["at"] == "2026-03-02T12:30:00Z"


def test_nothing_recorded_yet(connected: Any) -> None:
    done = connected("explain", "acme:7", "--recorded")
    assert done.code == Exit.FINDINGS
    assert done.err == "acme:7: no decision is recorded; `policybridge review acme:7` makes one\n"


# -- review


def test_review_acts_at_once(connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]) -> None:
    ident = critical_ticket()
    done = connected("review", ident, "--json")
    assert done.code == Exit.OK, done.err
    result = done.json()
    assert (result["ticket"], result["outcome"]) == (f"acme:{ident}", "applied")
    assert {"policy_maas360", "policy_severity_critical"} <= tags(zendesk, ident)
    assert len(writes(zendesk)) == 1
    assert all(action["cite"]["clause"].startswith("MA-") for action in result["actions"])

    again = connected("review", f"acme:{ident}")
    assert again.code == Exit.OK
    assert again.out.startswith(f"acme:{ident}  nothing  (review ")
    assert len(writes(zendesk)) == 1

    explained = connected("explain", ident, "--recorded").out
    replayed = connected("replay", result["review"])
    assert "Left to do\n  nothing" in explained
    assert (replayed.code, replayed.out) == (Exit.OK, f"review {result['review']} is reproduced byte for byte\n")


def test_a_review_that_needs_attention_is_a_finding(connected: Any) -> None:
    done = connected("review", "999999")
    assert done.code == Exit.FINDINGS
    assert done.out.startswith("acme:999999  gave_up: ")
    as_json = connected("review", "999999", "--json")
    assert as_json.code == Exit.FINDINGS
    assert as_json.json()["outcome"] == "gave_up"
    assert as_json.json()["actions"] == []


def test_review_beside_a_running_server(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    ident = critical_ticket()
    connected("migrate")
    connected.inhabit()
    with assemble(load_settings()) as bridge:
        bridge.jobs.start()
        results = [connected("review", ident, "--json") for _ in range(3)]
    assert [done.code for done in results] == [Exit.OK] * 3
    assert {done.json()["ticket"] for done in results} == {f"acme:{ident}"}
    assert len(writes(zendesk)) == 1  # whoever came first


def test_a_ticket_under_another_lease_is_not_reviewed_within_the_timeout(
    connected: Any, critical_ticket: Callable[[], str]
) -> None:
    ref = TicketRef(connection="acme", id=critical_ticket())
    connected.inhabit()
    with assemble(load_settings()) as bridge:
        bridge.store.wake(ref, bridge.clock(), "delivery")
        (claim,) = bridge.store.claim(bridge.clock(), limit=1, lease_s=600)
        with pytest.raises(Retry, match=f"{ref}: not reviewed within 1 s"):
            review_now(bridge, ref, timeout_s=1)
        bridge.reconciler.review(claim, bridge.clock())
        assert review_now(bridge, ref).ref == ref  # it stayed due


# -- replay


def test_a_recorded_decision_is_reproduced_byte_for_byte(connected: Any) -> None:
    review = recorded(connected)
    done = connected("replay", review.id, "--json")
    assert done.code == Exit.OK
    assert done.json() == {"review": review.id, "identical": True, "same_decision": True, "diff": []}


def test_a_decision_that_this_version_would_not_make_is_shown_as_a_diff(connected: Any) -> None:
    review = recorded(connected)
    assert review.decision
    other = Decision.model_validate({**review.decision.model_dump(), "level": "low"})
    with closing(sqlite3.connect(connected.folder / "bridge.sqlite3")) as database, database:
        database.execute("UPDATE reviews SET decision = ?", (other.model_dump_json(),))
    done = connected("replay", review.id)
    assert done.code == Exit.FINDINGS
    assert '\n-  "level": "low",\n+  "level": "critical",\n' in done.out
    as_json = connected("replay", review.id, "--json")
    assert as_json.code == Exit.FINDINGS
    assert as_json.json()["identical"] is as_json.json()["same_decision"] is False
    assert '-  "level": "low",' in as_json.json()["diff"]


def test_a_decision_that_this_version_words_differently_is_told_from_another_decision(connected: Any) -> None:
    review = recorded(connected)
    assert review.decision
    rules = [{**rule.model_dump(), "because": "as 0.1.0 put it"} for rule in review.decision.rules]
    other = Decision.model_validate({**review.decision.model_dump(), "rules": rules})
    with closing(sqlite3.connect(connected.folder / "bridge.sqlite3")) as database, database:
        database.execute("UPDATE reviews SET decision = ?", (other.model_dump_json(),))
    done = connected("replay", review.id)
    assert done.code == Exit.FINDINGS
    assert f"review {review.id} is the same decision; this version words its reasons differently:" in done.out
    as_json = connected("replay", review.id, "--json").json()
    assert (as_json["identical"], as_json["same_decision"]) == (False, True)


@pytest.mark.parametrize("decided", [True, False])
def test_what_cannot_be_replayed_says_why(connected: Any, decided: bool) -> None:
    ident = "nonesuch" if decided else recorded(connected, "retry", decided=False).id
    done = connected("replay", ident)
    assert done.code == Exit.FINDINGS
    assert len(done.err.splitlines()) == 1
    assert ident in done.err
    assert ("is recorded" if decided else "the helpdesk does not answer") in done.err


# -- approve


@pytest.fixture
def asking(connected: Any) -> Any:
    """The machine, under a pack that asks the customer about every case in which nobody can work."""
    file = connected.folder / "policybridge.yaml"
    settings = json.loads(file.read_text())
    ask = {"clause": "MA-08", "name": "estimate", "when": {"affected": "all"}, "request_message": "estimate"}
    settings["overrides"] = {"maas360": {"gates": [ask], "templates": {"estimate": "Do you agree?"}}}
    file.write_text(json.dumps(settings))
    return connected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("estimate", "--email", "nobody", "--caller", "Pat"), "address: found 'nobody'; allowed: "),
        (
            ("estmate", "--email", "a@b.example", "--caller", "Pat"),
            "gate: found 'estmate'; allowed under this policy: ",
        ),
        (("resolution", "--email", "a@b.example", "--caller", "Pat", "--refuse"), "a resolution can be confirmed only"),
    ],
)
def test_an_answer_that_cannot_be_used(
    asking: Any, critical_ticket: Callable[[], str], arguments: tuple[str, ...], message: str
) -> None:
    done = asking("approve", critical_ticket(), *arguments)
    assert done.code == Exit.UNUSABLE
    assert done.err.startswith(message)
