"""The Odoo helpdesk over real sockets, for versions 18 and 19: the state of tickets, and what customers received."""

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from bridge.cli import cli
from bridge.decision import Citation, Field, Plan
from bridge.decision.records import ActionName, parse_action
from bridge.errors import Conflict, Gone, Retry
from bridge.helpdesks.installer import InstallOptions, installer
from bridge.helpdesks.odoo.helpdesk import OdooHelpdesk, connect
from bridge.policy.load import load_policy
from bridge.ports.helpdesk import Diagnosis
from bridge.sandbox.odoo.process import OdooSandbox
from bridge.ticket import Channel, Ticket, TicketRef
from mappings.connection import Connection
from mappings.odoo.vocabulary import message_id
from tests.support.wrong_clock import problems_of

CARLA = "carla@customer.example"
POST = "*/helpdesk.ticket/message_post"
WRITE = "*/helpdesk.ticket/write"
WIRING: dict[str, Any] = {
    "vendor": "odoo",
    "mode": "enforce",
    "statuses": {"in_progress": "In Progress", "waiting_customer": "Awaiting", "solved": "Done"},
    "tiers": {1: "Tier 1", 2: "Tier 2"},
}
STAGE, TEAM = "helpdesk.ticket.stage", "helpdesk.ticket.team"
HELLO = ("public_message", "acknowledged", "k/hello", "Hello Carla")


@pytest.fixture(scope="module", params=[19, 18])
def one_odoo(request: pytest.FixtureRequest) -> Iterator[OdooSandbox]:
    with OdooSandbox(request.param) as odoo:
        yield odoo


@pytest.fixture
def odoo(one_odoo: OdooSandbox) -> Iterator[OdooSandbox]:
    """A database as on its first day, installed by the product's own command."""
    one_odoo.reset()
    with installed(one_odoo):
        yield one_odoo


@contextmanager
def installed(one_odoo: OdooSandbox) -> Iterator[None]:
    environment = {
        "ODOO_URL": one_odoo.url,
        "ODOO_DB": one_odoo.db,
        "ODOO_LOGIN": one_odoo.login,
        "ODOO_API_KEY": one_odoo.api_key,
        "ODOO_ADMIN_LOGIN": one_odoo.admin_login,
        "ODOO_ADMIN_API_KEY": one_odoo.admin_api_key,
        "ODOO_WEBHOOK_TOKEN": "t" * 32,
    }
    with patch.dict(os.environ, environment):
        steps = installer("odoo", wired(), [load_policy("maas360")], InstallOptions()).install(apply=True)
        assert list(steps)
        yield


def wired(**more: Any) -> Connection:
    return Connection.model_validate(WIRING | more)


@pytest.fixture
def helpdesk(odoo: OdooSandbox) -> OdooHelpdesk:
    return connect("odoo", wired())


@pytest.fixture
def again(odoo: OdooSandbox) -> Callable[[], OdooHelpdesk]:
    """The same connection in another process, which knows only what Odoo knows."""
    return lambda: connect("odoo", wired())


def plan(*planned: tuple[Any, ...]) -> Plan:
    cite = Citation(pack="maas360", version="1", clause="MA-01")
    actions = []
    for what, value, key, *more in planned:
        text, to = (*more, "", ())[:2]
        name: ActionName = what
        actions.append(parse_action(name, value, key=key, cite=cite, text=text, to=to or ()))
    return Plan(actions=tuple(actions))


def ask(odoo: OdooSandbox) -> TicketRef:
    ident = odoo.ask(CARLA, "VPN down", "It is down", channel="web", team="Tier 1")
    odoo.advance(60)
    return TicketRef(connection="odoo", id=str(ident))


def stored(odoo: OdooSandbox, ref: TicketRef) -> dict[str, Any]:
    """A ticket without what Odoo counts on with every second."""
    return {name: value for name, value in odoo.ticket(int(ref.id)).items() if name != "duration_tracking"}


def make_field(odoo: OdooSandbox, name: str) -> None:
    (model,) = search(odoo, "ir.model", [("model", "=", "helpdesk.ticket")], ["id"])
    about = {"model_id": model["id"], "name": name, "field_description": name, "ttype": "char", "state": "manual"}
    odoo.call("admin", "ir.model.fields", "create", vals_list=[about])


def delete_field(odoo: OdooSandbox, name: str) -> None:
    (found,) = search(odoo, "ir.model.fields", [("model", "=", "helpdesk.ticket"), ("name", "=", name)], ["id"])
    odoo.call("admin", "ir.model.fields", "unlink", [found["id"]])


def public_messages(odoo: OdooSandbox, ref: TicketRef) -> list[str]:
    return [found["body"] for found in odoo.messages(int(ref.id)) if "Hello" in found["body"]]


def keys(ticket: Ticket) -> set[str]:
    return {key for entry in ticket.timeline for key in entry.keys}


def test_a_plan_is_carried_out_and_proved(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    todo = plan(
        ("set_priority", "urgent", "k1"),
        ("set_status", "in_progress", "k2"),
        ("add_tag", "policy_severity_critical", "k3"),
        ("set_field", "severity=critical", "k4"),
        ("set_field", "next_due_at=2026-11-22T12:00:00Z", "k5"),
        ("set_tier", 2, "k6"),
        HELLO,
        ("internal_note", "severity", "k8", "For <agents>"),
        ("notify", "team_lead", "k9", "Breach ahead", ("lead@example.com",)),
    )
    receipt = helpdesk.apply(helpdesk.fetch(ref), todo, "review-1")
    assert receipt.confirmed == {action.key for action in todo.actions}
    assert receipt.refused == {}
    ticket = helpdesk.fetch(ref)
    assert (ticket.priority, ticket.status, ticket.tier) == ("urgent", "in_progress", 2)
    assert ticket.tags == {"policy_severity_critical"}
    assert ticket.fields == {"severity": "critical", "next_due_at": "2026-11-22T12:00:00Z"}
    assert keys(ticket) == receipt.confirmed
    assert [(m.public, m.text, m.template) for m in ticket.messages()] == [
        (True, "Hello Carla", "acknowledged"),
        (False, "For <agents>", "severity"),
        (False, "To the Team Lead (lead@example.com):\nBreach ahead", "team_lead"),
    ]


def test_the_customer_and_the_people_of_a_role_are_notified(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    people = ("lead@example.com", "second@customer.example", "nobody@example.com")
    todo = plan(
        HELLO, ("notify", "team_lead", "k9", "Breach ahead", people), ("set_field", "audience=all", "k2", "", people)
    )
    receipt = helpdesk.apply(helpdesk.fetch(ref), todo, "r")
    assert receipt.refused.keys() == {"k9/address", "k2/address"}
    names = {row["id"]: row["email"] for row in search(odoo, "res.partner", [], ["email"])}
    reported = {row["body"]: {names[one] for one in row["notified_partner_ids"]} for row in posted(odoo, ref)}
    assert CARLA in reported["<p>Hello Carla</p>"]
    notified = next(people for body, people in reported.items() if "Breach ahead" in body)
    assert notified == {"lead@example.com", "second@customer.example"}
    assert [row["summary"] for row in search(odoo, "mail.activity", [("res_id", "=", int(ref.id))], ["summary"])] == [
        "Breach ahead"
    ]
    followers = odoo.call("admin", "helpdesk.ticket", "read", [int(ref.id)], fields=["message_partner_ids"], load=None)
    followed = {names[one] for one in followers[0]["message_partner_ids"]}
    assert {"lead@example.com", "second@customer.example"} <= followed
    assert "policybridge@example.com" not in followed


def test_activities_are_withdrawn_once_the_ticket_is_resolved(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    people = ("lead@example.com",)
    helpdesk.apply(helpdesk.fetch(ref), plan(("notify", "team_lead", "k9", "Breach ahead", people)), "r1")
    theirs = {"summary": "Call Pat", "note": "<p>About the invoice</p>"}
    odoo.call("policybridge", "helpdesk.ticket", "activity_schedule", [int(ref.id)], **theirs)
    assert helpdesk.fetch(ref).activities is None, "somebody has to do it"
    odoo.advance(60)
    [stage] = search(odoo, STAGE, [("name", "=", "Done")], ["id"])
    odoo.act(int(ref.id), "agent1", values={"stage_id": stage["id"]})
    odoo.advance(60)
    helpdesk.apply(helpdesk.fetch(ref), plan(("notify", "team_lead", "k10", "Solved at last", people)), "r2")
    withdrawn = helpdesk.apply(helpdesk.fetch(ref), plan(("set_field", "activities=", "k11")), "r3")
    assert (withdrawn.confirmed, withdrawn.refused) == ({"k11"}, {})
    assert helpdesk.fetch(ref).activities is None
    left = [row["summary"] for row in search(odoo, "mail.activity", [("res_id", "=", int(ref.id))], ["summary"])]
    assert left == ["Call Pat", "Solved at last"], (
        "a person planned the first, and the other is about the resolved ticket"
    )


def search(odoo: OdooSandbox, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = odoo.call(
        "admin", model, "search_read", domain=domain, fields=fields, order="id", load=None
    )
    return found


def posted(odoo: OdooSandbox, ref: TicketRef) -> list[dict[str, Any]]:
    """What the bridge said on a ticket."""
    domain = [("model", "=", "helpdesk.ticket"), ("res_id", "=", int(ref.id)), ("message_id", "like", "@policybridge>")]
    return search(odoo, "mail.message", domain, ["body", "notified_partner_ids"])


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda odoo, ident: odoo.act(ident, "agent1", values={"priority": "2"}),
        lambda odoo, ident: odoo.reply(ident, CARLA, "Still down"),
        lambda odoo, ident: odoo.act(ident, "agent1", says="I look at it", public=False),
        lambda odoo, ident: odoo.phone(ident, "agent1", "reported her"),
    ],
    ids=["an agent changes it", "the customer writes", "an agent notes", "an agent calls"],
)
def test_nothing_is_written_on_a_ticket_that_has_changed(
    odoo: OdooSandbox, helpdesk: OdooHelpdesk, meanwhile: Callable[[OdooSandbox, int], object]
) -> None:
    ref = ask(odoo)
    seen = helpdesk.fetch(ref)
    meanwhile(odoo, int(ref.id))
    before = stored(odoo, ref)
    with pytest.raises(Conflict):
        helpdesk.apply(seen, plan(("set_priority", "urgent", "k1"), HELLO), "r")
    assert stored(odoo, ref) == before
    assert posted(odoo, ref) == []
    helpdesk.fetch(ref)
    with pytest.raises(Conflict, match="fetched again"):
        helpdesk.apply(seen, plan(HELLO), "r")


def test_a_lost_answer_to_a_message_that_was_posted(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    odoo.fail("POST", POST, times=1, drop=True, apply=True)
    with pytest.raises(Retry) as caught:
        helpdesk.apply(helpdesk.fetch(ref), plan(("set_priority", "urgent", "k1"), HELLO), "r1")
    assert caught.value.after == 150
    assert keys(helpdesk.fetch(ref)) == {"k1", "k/hello"}
    receipt = helpdesk.apply(helpdesk.fetch(ref), plan(HELLO), "r2")
    assert receipt.confirmed == {"k/hello"}
    assert len(public_messages(odoo, ref)) == 1


def test_a_message_that_may_still_be_posted_is_waited_for(
    odoo: OdooSandbox, helpdesk: OdooHelpdesk, again: Callable[[], OdooHelpdesk]
) -> None:
    """The request is lost on the way, or Odoo has it and is busy, or we were killed before we sent it: nobody knows."""
    ref = ask(odoo)
    odoo.fail("POST", POST, times=1, drop=True)
    with pytest.raises(Retry):
        helpdesk.apply(helpdesk.fetch(ref), plan(HELLO), "r1")
    for other in (helpdesk, again()):
        with pytest.raises(Retry, match="may still post a message") as caught:
            other.apply(other.fetch(ref), plan(HELLO), "r2")
        assert caught.value.after is not None
        assert 140 < caught.value.after <= 150
    other = again()
    receipt = other.apply(other.fetch(ref), plan(HELLO, ("set_priority", "urgent", "k1")), "r2")
    assert receipt.confirmed == {"k1"}, "all else does not wait"
    assert receipt.deferred == {"k/hello"}
    assert public_messages(odoo, ref) == []
    odoo.advance(151)
    assert helpdesk.apply(helpdesk.fetch(ref), plan(HELLO), "r3").confirmed == {"k/hello"}
    assert len(public_messages(odoo, ref)) == 1


def test_a_message_posted_after_our_timeout_is_not_posted_again(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    odoo.fail("POST", POST, times=1, drop=True)
    with pytest.raises(Retry):
        helpdesk.apply(helpdesk.fetch(ref), plan(HELLO), "r1")
    odoo.advance(151)
    seen = helpdesk.fetch(ref)
    late = {"body": "Hello Carla", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
    ours = message_id("k/hello", "acknowledged", int(ref.id))
    odoo.call(odoo.login, "helpdesk.ticket", "message_post", [int(ref.id)], **late, message_id=ours)
    assert helpdesk.apply(seen, plan(HELLO), "r2").confirmed == {"k/hello"}
    assert len(public_messages(odoo, ref)) == 1


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda odoo, ident: odoo.act(ident, "agent1", values={"priority": "0"}),
        lambda odoo, ident: odoo.reply(ident, CARLA, "It works again"),
    ],
    ids=["an agent changes it", "the customer writes"],
)
def test_nothing_is_posted_if_the_ticket_changes_between_the_write_and_the_message(
    odoo: OdooSandbox,
    helpdesk: OdooHelpdesk,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[OdooSandbox, int], object],
) -> None:
    ref = ask(odoo)
    write = helpdesk._client.write

    def write_and_wait(*arguments: Any, **named: Any) -> None:
        write(*arguments, **named)
        meanwhile(odoo, int(ref.id))

    monkeypatch.setattr(helpdesk._client, "write", write_and_wait)
    with pytest.raises(Conflict):
        helpdesk.apply(helpdesk.fetch(ref), plan(("set_priority", "urgent", "k1"), HELLO), "r1")
    monkeypatch.undo()
    assert public_messages(odoo, ref) == []
    assert keys(helpdesk.fetch(ref)) == {"k1"}, "that it was written is proved all the same"
    assert helpdesk.apply(helpdesk.fetch(ref), plan(HELLO), "r2").confirmed == {"k/hello"}, "and nothing is waited for"


def test_only_one_of_two_workers_posts(
    odoo: OdooSandbox,
    helpdesk: OdooHelpdesk,
    again: Callable[[], OdooHelpdesk],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lease of one has ended while it was stopped; the other one has begun when it goes on."""
    ref = ask(odoo)
    other = again()
    theirs = other.fetch(ref)
    write = helpdesk._client.write

    def write_and_be_overtaken(*arguments: Any, **named: Any) -> None:
        write(*arguments, **named)
        with pytest.raises((Conflict, Retry)):
            other.apply(theirs, plan(HELLO), "r2")

    monkeypatch.setattr(helpdesk._client, "write", write_and_be_overtaken)
    helpdesk.apply(helpdesk.fetch(ref), plan(HELLO), "r1")
    assert len(public_messages(odoo, ref)) == 1


@pytest.mark.parametrize("ages", ["new, new", "old, new"])
def test_installations_that_do_not_know_each_other_post_once(
    odoo: OdooSandbox, helpdesk: OdooHelpdesk, ages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the ticket before either wrote, and go on at random."""
    monkeypatch.setattr("bridge.helpdesks.odoo.ticket_writer.ODOO_MEET_S", 1.0)
    both = [connect("odoo", wired(), may_meet_others=lambda new=age == "new": new) for age in ages.split(", ")]  # type: ignore[misc]
    chance = random.Random(20261130)

    def try_to_greet(one: OdooHelpdesk, ref: TicketRef, ready: Barrier, review: str) -> bool:
        seen = one.fetch(ref)
        ready.wait()
        time.sleep(chance.uniform(0, 0.1))
        with suppress(Conflict, Retry):
            return bool(one.apply(seen, plan(HELLO), review).confirmed)
        return False

    refs = [ask(odoo) for _ in range(8)]
    with ThreadPoolExecutor(2 * len(refs)) as threads:
        for ref in refs:
            ready = Barrier(2)
            for number, one in enumerate(both):
                threads.submit(try_to_greet, one, ref, ready, f"r{number}-{ref.id}")
    assert [len(public_messages(odoo, ref)) for ref in refs] == [1] * len(refs)


def test_a_message_that_was_certainly_not_posted_is_posted_at_once(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    odoo.fail("POST", POST, times=1, status=503)
    with pytest.raises(Retry):
        helpdesk.apply(helpdesk.fetch(ref), plan(HELLO), "r1")
    assert helpdesk.apply(helpdesk.fetch(ref), plan(HELLO), "r2").confirmed == {"k/hello"}
    assert len(public_messages(odoo, ref)) == 1


def test_a_message_that_reaches_nobody_is_not_sent(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ident = odoo.call("agent1", "helpdesk.ticket", "create", vals_list=[{"name": "Phone", "description": "<p>x</p>"}])[
        0
    ]
    odoo.advance(60)
    ref = TicketRef(connection="odoo", id=str(ident))
    receipt = helpdesk.apply(helpdesk.fetch(ref), plan(HELLO, ("set_priority", "urgent", "k1")), "r")
    assert receipt.confirmed == {"k1"}
    advice = "the ticket has no contact with an e-mail address; add one"
    assert receipt.refused == {"k/hello": advice}
    for _ in range(2):
        (note,) = posted(odoo, ref)
        assert (
            "MA-01: the message 'acknowledged' was not sent to the customer. The ticket has no contact" in note["body"]
        )
        assert public_messages(odoo, ref) == []
        receipt = helpdesk.apply(helpdesk.fetch(ref), plan(HELLO), "r2")
        assert receipt.confirmed == frozenset(), "agents know it already, and the customer still does not"


def test_people_without_an_address_are_not_taken_for_each_other(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    kim, _ = odoo.call("admin", "res.partner", "create", vals_list=[{"name": "Kim"}, {"name": "Somebody else"}])
    values = {"name": "Phone", "description": "<p>x</p>", "partner_id": kim}
    ident = odoo.call("agent1", "helpdesk.ticket", "create", vals_list=[values])[0]
    odoo.advance(60)
    ref = TicketRef(connection="odoo", id=str(ident))
    ticket = helpdesk.fetch(ref)
    assert ticket.requester.unreachable == "has no e-mail address"
    assert helpdesk.apply(ticket, plan(HELLO), "r").confirmed == frozenset()
    assert public_messages(odoo, ref) == []


def test_a_message_that_did_not_arrive_says_so(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    (kim,) = odoo.call("admin", "res.partner", "create", vals_list=[{"name": "Kim"}])
    values = {"name": "Phone", "description": "<p>x</p>", "partner_id": kim}
    ident = odoo.call("agent1", "helpdesk.ticket", "create", vals_list=[values])[0]
    message = {"body": "<p>Which device?</p>", "subtype_xmlid": "mail.mt_comment", "message_type": "comment"}
    odoo.call("agent1", "helpdesk.ticket", "message_post", [ident], partner_ids=[kim], **message)
    odoo.advance(60)
    ticket = helpdesk.fetch(TicketRef(connection="odoo", id=str(ident)))
    assert [message.undelivered for message in ticket.messages(public=True)] == [
        "the e-mail address is missing or wrong"
    ]


def test_the_doctor_says_where_answers_go(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    def replies() -> Diagnosis:
        return next(each for each in helpdesk.diagnose() if each.subject == "replies")

    assert replies().ok
    (company,) = odoo.call("admin", "res.company", "search", domain=[])
    odoo.call("admin", "res.company", "write", [company], vals={"catchall_email": False})
    assert not replies().ok
    assert "the bridge's own user" in replies().advice


def test_the_address_of_a_contact_is_enough(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    mailed = {"name": "Mail", "description": "<p>x</p>", "partner_email": f'"Carla" <{CARLA.upper()}>'}
    ident = odoo.call("agent1", "helpdesk.ticket", "create", vals_list=[mailed])[0]
    odoo.advance(60)
    ref = TicketRef(connection="odoo", id=str(ident))
    assert helpdesk.apply(helpdesk.fetch(ref), plan(HELLO), "r").refused == {}
    names = {row["id"]: row["email"] for row in search(odoo, "res.partner", [], ["email"])}
    assert CARLA in {names[one] for one in posted(odoo, ref)[0]["notified_partner_ids"]}


def test_a_response_of_true_is_no_proof(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    true = True if odoo.series >= 19 else {"jsonrpc": "2.0", "id": 1, "result": True}
    odoo.fail("POST", WRITE, times=1, status=200, body=true)
    todo = plan(("set_priority", "urgent", "k1"))
    with pytest.raises(Conflict):
        helpdesk.apply(helpdesk.fetch(ref), todo, "r")
    assert odoo.ticket(int(ref.id))["priority"] == "1"


def test_an_unavailable_odoo_is_retried(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    seen = helpdesk.fetch(ref)
    odoo.stop()
    with pytest.raises(Retry):
        helpdesk.fetch(ref)
    [reported] = helpdesk.diagnose()
    assert (reported.subject, reported.ok) == ("connection", False)
    assert reported.advice.endswith(f"; ODOO_URL is {odoo.url}")
    with pytest.raises(Retry):
        helpdesk.apply(seen, plan(HELLO), "r1")
    odoo.start()
    assert helpdesk.apply(seen, plan(HELLO), "r2").confirmed == {"k/hello"}


@pytest.mark.parametrize("ident", ["99999", "abc", "0", "-1", "1.0", "٣", "1" * 30])
def test_no_such_ticket(odoo: OdooSandbox, helpdesk: OdooHelpdesk, ident: str) -> None:
    with pytest.raises(Gone):
        helpdesk.fetch(TicketRef(connection="odoo", id=ident))


def test_the_sweep_reports_each_change_once(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref, other = ask(odoo), ask(odoo)
    now = instant(odoo)
    found, cursor = helpdesk.changed_since(None, now)
    assert set(found) == {ref, other}
    assert helpdesk.changed_since(cursor, now)[0] == []
    odoo.reply(int(ref.id), CARLA, "Still down")
    odoo.act(int(other.id), "agent1", values={"priority": "2"})
    found, cursor = helpdesk.changed_since(cursor, instant(odoo))
    assert set(found) == {ref, other}
    odoo.advance(3600)
    for _ in range(3):
        found, cursor = helpdesk.changed_since(cursor, instant(odoo))
        assert found == []
    odoo.phone(int(ref.id), "agent1", "reported her")
    assert helpdesk.changed_since(cursor, instant(odoo))[0] == [ref]
    wire = "/json/2" if odoo.series >= 19 else "/jsonrpc"
    assert len(odoo.requests("POST", f"{wire}/res.users.apikeys/search_read")) == 1, (
        "how long the key lasts is asked once a day"
    )
    assert set(helpdesk.changed_since("since:1700000000", instant(odoo))[0]) == {ref}, "another program's cursor"


def test_open_tickets_are_found_page_by_page(
    odoo: OdooSandbox, helpdesk: OdooHelpdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.helpdesks.odoo.open_tickets._PAGE", 2)
    refs = [ask(odoo) for _ in range(4)]
    [done] = odoo.call(odoo.admin_login, STAGE, "search", domain=[("name", "=", "Done")])
    odoo.act(int(refs[1].id), "agent1", values={"stage_id": done})
    first = helpdesk.open_tickets(None)
    assert list(first.refs) == [refs[0], refs[2]]
    assert list(helpdesk.open_tickets(first.following).refs) == [refs[3]]


def instant(odoo: OdooSandbox) -> datetime:
    """The present of the local Odoo, as its answers show it."""
    client = connect("odoo", wired())._client
    client.search_count("helpdesk.ticket", [])
    assert client.server_time is not None
    return client.server_time + timedelta(seconds=1)


def test_a_new_stage_or_tag_is_known_at_once(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    assert helpdesk.fetch(ref).tags == frozenset()
    odoo.act(int(ref.id), "agent1", tags=["Brand new"])
    assert helpdesk.fetch(ref).tags == {"brand_new"}


def test_an_archived_ticket_is_closed(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    odoo.act(int(ref.id), "agent1", values={"active": False})
    ticket = helpdesk.fetch(ref)
    assert (ticket.status, str(ticket.ending)) == ("closed", "the ticket was archived")


STATUS = ("set_status", "waiting_customer", "k/status")
TIER = ("set_tier", 2, "k/tier")
SEVERITY = ("set_field", "severity=critical", "k/severity")


def test_a_name_that_does_not_exist_stops_only_what_needs_it(odoo: OdooSandbox) -> None:
    helpdesk = connect("odoo", wired(statuses={"waiting_customer": "Waiting for Godot"}, tiers={2: "Nobody"}))
    ref = ask(odoo)
    receipt = helpdesk.apply(helpdesk.fetch(ref), plan(STATUS, TIER, SEVERITY, HELLO), "r1")
    assert receipt.confirmed == {"k/severity", "k/hello"}
    assert receipt.refused["k/status"].startswith("statuses.waiting_customer: there is no stage 'Waiting for Godot'")
    assert receipt.refused["k/tier"].startswith("tiers.2: there is no team 'Nobody'")
    assert [line.partition(":")[0] for line in helpdesk.missing()] == ["statuses.waiting_customer", "tiers.2"]
    reported = [found.advice for found in helpdesk.diagnose() if found.subject == "names"]
    assert reported[0].startswith("statuses.waiting_customer: there is no stage 'Waiting for Godot'; found: New (1)")


def test_a_stage_that_is_deleted_is_missed_until_it_is_there_again(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    ref = ask(odoo)
    helpdesk.fetch(ref)
    (stage,) = search(odoo, STAGE, [("name", "=", "Awaiting")], ["sequence"])
    odoo.call("admin", STAGE, "unlink", [stage["id"]])
    with pytest.raises(Conflict, match="stages, teams or tags were changed in Odoo meanwhile"):
        helpdesk.apply(helpdesk.fetch(ref), plan(STATUS, SEVERITY), "r1")
    receipt = helpdesk.apply(helpdesk.fetch(ref), plan(STATUS, SEVERITY), "r2")
    assert (set(receipt.refused), receipt.confirmed) == ({"k/status"}, {"k/severity"})
    assert helpdesk.missing()[0].startswith("statuses.waiting_customer: there is no stage 'Awaiting'")
    odoo.call("admin", STAGE, "create", vals_list=[{"name": "Awaiting", "sequence": stage["sequence"]}])
    assert helpdesk.missing() == []
    assert helpdesk.apply(helpdesk.fetch(ref), plan(STATUS), "r3").confirmed == {"k/status"}


def test_a_stage_that_is_renamed_is_still_the_one_that_is_meant(
    odoo: OdooSandbox, helpdesk: OdooHelpdesk, again: Callable[[], OdooHelpdesk]
) -> None:
    ref = ask(odoo)
    assert helpdesk.apply(helpdesk.fetch(ref), plan(STATUS), "r1").confirmed == {"k/status"}
    (stage,) = search(odoo, STAGE, [("name", "=", "Awaiting")], ["id"])
    odoo.call("admin", STAGE, "write", [stage["id"]], vals={"name": "Your turn"})
    assert helpdesk.missing() == ["statuses.waiting_customer: the stage 'Awaiting' is now called 'Your turn'"]
    assert helpdesk.fetch(ref).status == "waiting_customer"
    restarted = again().fetch(ref)
    assert restarted.status is None, "it does not take it for an open one"
    assert restarted.unusable["status"].startswith("the stage 'Your turn' means no status: statuses.waiting_customer")


def test_an_archived_team_gets_no_ticket_and_is_said(odoo: OdooSandbox) -> None:
    teams = {row["name"]: row["id"] for row in search(odoo, TEAM, [], ["name"])}
    wiring = wired(tiers={2: "Tier 2", 3: ["Tier 3", "Tier 1"]})
    helpdesk = connect("odoo", wiring)
    ref = ask(odoo)
    for name in ("Tier 2", "Tier 3"):
        odoo.call("admin", TEAM, "write", [teams[name]], vals={"active": False})
    said = "tiers.2: the team 'Tier 2' is archived; restore it, or name another one"
    assert helpdesk.missing() == [said]
    receipt = helpdesk.apply(helpdesk.fetch(ref), plan(TIER, SEVERITY), "r1")
    assert (receipt.refused, receipt.confirmed) == ({"k/tier": said}, {"k/severity"})
    other = helpdesk.apply(helpdesk.fetch(ref), plan(("set_tier", 3, "k/other")), "r2")
    assert other.confirmed == {"k/other"}, "the next team that serves is taken"
    assert said in [found.advice for found in helpdesk.diagnose() if not found.ok]
    lines = installer("odoo", wiring, [load_policy("maas360")], InstallOptions()).install(apply=False)
    assert said in [line.advice for line in lines if isinstance(line, Diagnosis) and not line.ok]
    odoo.call("admin", TEAM, "write", [teams["Tier 2"]], vals={"active": True})
    assert helpdesk.missing() == []


def test_the_plan_of_the_installation_names_what_is_missing(odoo: OdooSandbox) -> None:
    wiring = wired(statuses={"waiting_customer": "Waiting for Godot"}, tiers={2: "Nobody"})
    lines = installer("odoo", wiring, [load_policy("maas360")], InstallOptions()).install(apply=False)
    found = [line.advice for line in lines if isinstance(line, Diagnosis) and not line.ok]
    assert found[0].startswith("statuses.waiting_customer: there is no stage 'Waiting for Godot'")
    assert found[1].startswith("tiers.2: there is no team 'Nobody'")


def test_without_the_field_of_the_type_a_ticket_waits_only_if_its_type_was_never_known(odoo: OdooSandbox) -> None:
    make_field(odoo, "x_kind")
    helpdesk = connect("odoo", wired(type={"field": "x_kind"}, fields={"clause": "x_gone"}))
    ref, unseen = ask(odoo), ask(odoo)
    odoo.act(int(ref.id), "agent1", values={"x_kind": "incident"})
    known = helpdesk.fetch(ref)
    delete_field(odoo, "x_kind")
    kept = helpdesk.fetch(ref, known)
    assert (kept.type, kept.changes("type")) == ("incident", known.changes("type"))
    assert kept.unusable["type"].endswith("no field x_kind; its last value on this ticket, 'incident', is kept")
    with pytest.raises(Retry, match=r"type: helpdesk.ticket has no field x_kind") as waits:
        helpdesk.fetch(unseen)
    assert not waits.value.all_tickets
    helpdesk.probe()
    assert "type: helpdesk.ticket has no field x_kind" in "".join(helpdesk.missing())
    assert "fields.clause: helpdesk.ticket has no field x_gone" in "".join(helpdesk.missing())


def test_without_the_field_of_the_channel_no_ticket_waits(odoo: OdooSandbox) -> None:
    make_field(odoo, "x_way")
    helpdesk = connect("odoo", wired(channel={"field": "x_way"}))
    ref, unseen = ask(odoo), ask(odoo)
    odoo.act(int(ref.id), "agent1", values={"x_way": "phone"})
    known = helpdesk.fetch(ref)
    delete_field(odoo, "x_way")
    assert (helpdesk.fetch(ref, known).channel, known.channel) == (Channel.PHONE, Channel.PHONE)
    assert "helpdesk.ticket has no field x_way" in helpdesk.fetch(unseen).unusable["channel"]


def test_a_fact_whose_field_is_deleted_keeps_its_last_value_and_says_so(
    odoo: OdooSandbox,
) -> None:
    """The metadata that the bridge has read still names the field; what Odoo answers is not a reason to give up."""
    make_field(odoo, "x_impact")
    helpdesk = connect("odoo", wired(facts={"impact": {"field": "x_impact"}}))
    ref, unseen = ask(odoo), ask(odoo)
    odoo.act(int(ref.id), "agent1", values={"x_impact": "major"})
    known = helpdesk.fetch(ref, helpdesk.fetch(ref))
    delete_field(odoo, "x_impact")
    kept = helpdesk.fetch(ref, known)
    assert kept.facts["impact"] == "major"
    assert kept.changes("fact:impact") == known.changes("fact:impact")
    assert kept.unusable["fact:impact"].endswith("no field x_impact; its last value on this ticket, 'major', is kept")
    never = helpdesk.fetch(unseen)
    assert (never.facts["impact"], never.unusable["fact:impact"]) == (
        None,
        "facts.impact: helpdesk.ticket has no field x_impact",
    )
    assert "facts.impact: helpdesk.ticket has no field x_impact" in "".join(helpdesk.missing())
    make_field(odoo, "x_impact")
    assert helpdesk.missing() == []
    assert not helpdesk.fetch(ref, kept).unusable


def test_a_display_field_that_was_deleted_and_made_again_was_emptied_by_nobody(
    odoo: OdooSandbox,
) -> None:
    make_field(odoo, "x_clause")
    helpdesk = connect("odoo", wired(fields={"clause": "x_clause"}))
    ref = ask(odoo)
    before = helpdesk.fetch(ref)
    assert helpdesk.apply(before, plan(("set_field", "clause=MA-10", "k1")), "r1").confirmed == {"k1"}
    shown = helpdesk.fetch(ref, before)
    delete_field(odoo, "x_clause")
    gone = helpdesk.fetch(ref, shown)
    make_field(odoo, "x_clause")
    helpdesk.missing()
    again = helpdesk.fetch(ref, gone)
    assert "clause" not in again.fields
    assert again.changes("field:clause")[-1].new == "MA-10"


@pytest.mark.parametrize(("policy", "is_fine"), [("maas360", False), ("mattermost", True)])
def test_the_doctor_warns_of_a_stage_that_mails_the_customer_twice_where_tickets_are_reopened(
    odoo: OdooSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str, is_fine: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policybridge.yaml").write_text(json.dumps({"policy": policy, "connections": {"odoo": WIRING}}))

    def closing_mails() -> list[tuple[bool, str]]:
        done = CliRunner().invoke(cli, ["doctor", "--json"], catch_exceptions=False)
        lines = json.loads(done.stdout)["lines"]
        return [(line["ok"], line["advice"]) for line in lines if line["subject"] == "odoo, closing mails"]

    [(ok, advice)] = closing_mails()
    assert ok is is_fine
    assert "each time a ticket enters" in advice
    assert "remove the stage's mail template" in advice
    stages = odoo.call("admin", STAGE, "search", domain=[])
    odoo.call("admin", STAGE, "write", stages, vals={"mail_template_id": False})
    assert closing_mails() == []


def test_the_doctor_names_every_fault_in_one_run(odoo: OdooSandbox) -> None:
    wiring = wired(
        statuses={"waiting_customer": "Waiting for Godot"},
        tiers={1: "Nobody"},
        groups={"sales": "Elsewhere"},
        facts={"device": {"field": "x_device"}, "impact": {"tags": {"impact_nowhere": "major"}}},
        type={"values": {"No such category": "incident"}},
        channel={"values": {"Pigeon": "other"}},
        marks={"escalation": {"tag": "nobody_has_it"}},
        organizations={"plan": {"field": "x_nowhere"}},
        people={"automated": ["bot@nowhere.example", 99_999], "customers": [CARLA, "@carrier.example"]},
    )
    found = [each for each in connect("odoo", wiring).diagnose() if each.warns or not each.ok]
    advice = "\n".join(f"{each.subject}: {each.advice}" for each in found)
    for word in (
        "statuses.waiting_customer: there is no stage 'Waiting for Godot'",
        "tiers.1: there is no team 'Nobody'",
        "groups.sales: there is no team 'Elsewhere'",
        "facts.device: helpdesk.ticket has no field x_device",
        "facts.impact.tags: Odoo has no tag impact_nowhere",
        "type.values: there is no category 'No such category'",
        "channel.values: there is no channel 'Pigeon'",
        "marks.escalation: Odoo has no tag nobody_has_it",
        "organizations.plan: res.partner has no field x_nowhere",
        "people.automated: Odoo has no contact with the address bot@nowhere.example",
        "people.automated: Odoo has no user with the id 99999",
    ):
        assert word in advice
    assert "people.customers" not in advice


def test_the_account_is_the_company_of_the_contact(odoo: OdooSandbox) -> None:
    wiring = wired(organizations={"key": "name", "contacts": {"field": "email"}})
    helpdesk = connect("odoo", wiring)
    ticket = helpdesk.fetch(ask(odoo))
    assert ticket.account == "Customer Company"
    account = helpdesk.account(ticket)
    assert account is not None
    assert account.name == "Customer Company"
    assert helpdesk.account(ticket.model_copy(update={"account": None})) is None


def test_the_doctor_finds_nothing_wrong_after_the_setup(odoo: OdooSandbox, helpdesk: OdooHelpdesk) -> None:
    found = {each.subject: each for each in helpdesk.diagnose()}
    assert [subject for subject, each in found.items() if not each.ok] == []
    assert found["connection"].advice == f"Odoo {odoo.series}.0, database {odoo.db}, as policybridge"
    assert found["status solved"].advice.startswith("stage Done")
    assert found["history"].advice.startswith("cannot be read")


def test_an_unsuitable_field_made_by_hand_stays_unchanged(one_odoo: OdooSandbox) -> None:
    one_odoo.reset()
    (model,) = search(one_odoo, "ir.model", [("model", "=", "helpdesk.ticket")], ["id"])
    due = {"name": "x_policy_next_due_at", "model_id": model["id"], "ttype": "char", "field_description": "Mine"}
    one_odoo.call("admin", "ir.model.fields", "create", vals_list=[due])
    with installed(one_odoo):
        ref = ask(one_odoo)
        one_odoo.act(int(ref.id), "agent1", values={"x_policy_next_due_at": "soon"})
        helpdesk = connect("odoo", wired())
        fault = (
            "field x_policy_next_due_at already exists with type char, but the policies need datetime: "
            "use another field, or delete this one"
        )
        assert [(e.subject, e.advice) for e in helpdesk.diagnose() if not e.ok] == [("fields", fault)]
        assert Field("next_due_at") not in helpdesk.known_fields
        assert helpdesk.fetch(ref).fields == {}
        receipt = helpdesk.apply(helpdesk.fetch(ref), plan(("set_field", "severity=critical", "k1")), "r")
        assert receipt.confirmed == {"k1"}
        assert receipt.refused == {"field/next_due_at": fault}
        assert one_odoo.ticket(int(ref.id))["x_policy_next_due_at"] == "soon"


def test_the_doctor_lists_all_missing_fields(one_odoo: OdooSandbox) -> None:
    one_odoo.reset()
    with installed(one_odoo):
        facts = {"affected": {"field": "x_affected"}, "device": {"field": "x_device"}}
        found = {each.subject: each for each in connect("odoo", wired(facts=facts)).diagnose()}
        assert "x_affected" in found["names"].advice
        assert "x_device" in found["names"].advice
        assert found["names"].advice.endswith("install odoo --apply`, which creates those that begin with x_")
        assert [subject for subject, each in found.items() if not each.ok] == ["names"]


def test_doctor_before_the_installation(one_odoo: OdooSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    one_odoo.reset()
    for name, value in (("URL", one_odoo.url), ("DB", one_odoo.db), ("LOGIN", "admin")):
        monkeypatch.setenv(f"ODOO_{name}", value)
    monkeypatch.setenv("ODOO_API_KEY", one_odoo.admin_api_key)
    monkeypatch.delenv("ODOO_WEBHOOK_TOKEN", raising=False)
    broken = {each.subject: each.advice for each in connect("odoo", wired()).diagnose() if not each.ok}
    assert broken.keys() == {"webhook", "integration user", "fields", "tags"}
    for missing in ("fields", "tags"):
        assert broken[missing].endswith("run `policybridge install odoo --apply`")
    assert broken["integration user"].startswith("is an administrator")


def test_the_machines_clock_is_compared_with_every_answer(
    helpdesk: OdooHelpdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    helpdesk.probe()
    assert helpdesk._client.server_time
    right_s = (helpdesk._client.server_time - datetime.now(UTC)).total_seconds()
    right, stepped, ahead, behind, again = problems_of(helpdesk, monkeypatch, right_s)
    assert (right, again) == ("", "")
    assert "was set, or the machine slept, since Odoo answered last" in stepped
    assert "ahead of that of Odoo" in ahead
    assert "behind that of Odoo" in behind
