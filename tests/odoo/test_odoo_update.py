"""The update for a plan, and the checks that verify it, without a server."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.decision import Action, Citation, Fact, Field, Plan, Set
from bridge.decision.records import ActionName, parse_action
from bridge.helpdesks.odoo.setup.fields import unsuitable_fields
from bridge.policy.evaluation.template import fill
from mappings.connection import Connection
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.messages import Recipient, addresses_of, find_announcement, to_html
from mappings.odoo.schema import Schema, with_advice
from mappings.odoo.update import OdooUpdate, tags_of, to_update
from mappings.odoo.update_context import UpdateContext
from mappings.odoo.verification import verify
from mappings.odoo.vocabulary import parse_message_id

AT = datetime(2026, 11, 22, 8, 30, 57, tzinfo=UTC)
ME, AGENT = 5, 6
CUSTOMER, LEAD = Recipient(11), Recipient(9, user=8)
FIELDS: dict[str, dict[str, Any]] = {
    "number": {"type": "char", "string": "Number"},
    "unattended": {"type": "boolean", "string": "Unattended"},
    "priority": {"type": "selection", "string": "Priority", "selection": [["0", "Low"], ["3", "Very High"]]},
    "stage_id": {"type": "many2one", "string": "Stage", "relation": "helpdesk.ticket.stage"},
    "team_id": {"type": "many2one", "string": "Team", "relation": "helpdesk.ticket.team"},
    "tag_ids": {"type": "many2many", "string": "Tags", "relation": "helpdesk.ticket.tag"},
    "x_impact": {"type": "selection", "string": "Impact", "selection": [["all", "Everybody"], ["one", "One user"]]},
    "x_policy_severity": {"type": "char", "string": "Severity"},
    "x_policy_next_due_at": {"type": "datetime", "string": "Due"},
    "x_policy_log": {"type": "text", "string": "Log"},
}
STAGES = [
    {"id": 1, "name": "New", "unattended": True, "closed": False, "active": True, "team_ids": []},
    {"id": 2, "name": "In Progress", "unattended": False, "closed": False, "active": True, "team_ids": []},
    {"id": 3, "name": "Awaiting", "unattended": False, "closed": False, "active": True, "team_ids": [1]},
    {"id": 4, "name": "Done", "unattended": False, "closed": True, "active": True, "team_ids": []},
]
WIRING = {
    "vendor": "odoo",
    "statuses": {"in_progress": "In Progress", "waiting_customer": "Awaiting"},
    "tiers": {1: "First", 2: ["Second", "Third"]},
    "groups": {"development": "Third"},
    "facts": {"impact": {"field": "x_impact", "values": {"all": "everybody"}}},
}
TICKET = {
    "id": 7,
    "priority": "1",
    "stage_id": 1,
    "team_id": 1,
    "user_id": False,
    "tag_ids": [21, 23],
    "partner_id": 11,
    "x_impact": "one",
    "x_policy_severity": False,
    "x_policy_next_due_at": False,
    "x_policy_log": False,
    "write_uid": AGENT,
}


def action(what: ActionName, value: str | int, key: str = "k", text: str = "", to: tuple[str, ...] = ()) -> Action:
    cite = Citation(pack="p", version="1", clause="C-1")
    return parse_action(what, value, key=key, cite=cite, text=text, links=fill(text, {}).links, to=to)


def impact(value: str) -> Action:
    cite = Citation(pack="p", version="1", clause="C-1")
    return Set(cite=cite, because="", key="k", target=Fact("impact"), value=value)


def carried(
    *actions: Action,
    customer: Recipient | None = CUSTOMER,
    address: str = "",
    without: str = "",
    made: dict[str, str] | None = None,
    facts: dict[str, Any] | None = None,
    **held: Any,
) -> OdooUpdate:
    """The update for a plan on the ticket of this page, ``held`` being different on it.

    ``made``: fields that somebody has made by hand, with their types; ``facts``: those of the connection.
    """
    fields = {name: about for name, about in FIELDS.items() if name != without}
    fields |= {name: {"type": kind, "string": name} for name, kind in (made or {}).items()}
    teams = [{"id": ident, "name": name, "active": True} for ident, name in ((1, "First"), (2, "Second"), (3, "Third"))]
    tags = {21: "VIP", 22: "policy_breached", 23: "Policy_Old", 24: "policy_old"}
    catalog = HelpdeskCatalog(Schema.of(fields), STAGES, teams, tags, subtypes={})
    connection = catalog.resolve(Connection.model_validate(WIRING | ({"facts": facts} if facts else {})))
    people = {"lead@example.com": LEAD, "boss@customer.example": Recipient(12)}
    context = UpdateContext(TICKET | held, connection, catalog, people, customer, address, AT)
    return to_update(Plan(actions=actions), "r1", context)


def written(update: OdooUpdate) -> dict[str, Any]:
    return {name: value for name, value in update.values.items() if name != "x_policy_log"}


def logged(update: OdooUpdate) -> Any:
    return json.loads(update.values["x_policy_log"])


def test_a_display_field_and_a_fact_of_one_name_are_two_fields() -> None:
    """One pack asks the customer for the severity, another one shows its own: what people entered stays."""
    facts = {"severity": {"field": "x_severity"}}
    cite = Citation(pack="p", version="1", clause="C-1")
    shown, restored = (
        carried(
            Set(cite=cite, because="", key="k", target=target, value="S1"), made={"x_severity": "char"}, facts=facts
        )
        for target in (Field("severity"), Fact("severity"))
    )
    assert written(shown) == {"x_policy_severity": "S1"}
    assert written(restored) == {"x_severity": "S1"}


def test_a_plan_is_one_write_with_its_entry_in_the_log() -> None:
    update = carried(
        action("set_priority", "high", "k1"),
        action("set_status", "in_progress", "k2"),
        action("add_tag", "policy_breached", "k3"),
        action("set_field", "severity=S1", "k4"),
        action("set_field", "next_due_at=2026-11-22T12:00:00Z", "k5"),
    )
    assert written(update) == {
        "priority": "2",
        "stage_id": 2,
        "tag_ids": [[4, 22]],
        "x_policy_severity": "S1",
        "x_policy_next_due_at": "2026-11-22 12:00:00",
    }
    written_values = {
        "priority": "high",
        "status": "in_progress",
        "tag:policy_breached": "present",
        "field:severity": "S1",
        "field:next_due_at": "2026-11-22T12:00:00Z",
    }
    keys = ["k1", "k2", "k3", "k4", "k5"]
    assert logged(update) == [
        {"at": "2026-11-22T08:30:57Z", "review": "r1", "keys": keys, "set": written_values, "held": {}}
    ]
    assert (update.posts, update.refused) == ((), {})


def test_values_that_the_ticket_has_are_not_written_again() -> None:
    """The same stage once more would reset Odoo's own timers, and any write fires its rules."""
    update = carried(action("set_priority", "normal", "k1"), action("set_status", "new", "k2"))
    assert update.values == {}
    assert verify(update.checks, TICKET | {"write_uid": ME}, ME) == (frozenset({"k1", "k2"}), {})


@pytest.mark.parametrize(
    ("what", "commands"),
    [
        (action("add_tag", "policy_breached"), [[4, 22]]),
        (action("add_tag", "policy_old"), None),
        (action("remove_tag", "policy_old"), [[3, 23]]),
        (action("remove_tag", "policy_breached"), None),
    ],
)
def test_tags_are_linked_and_unlinked_never_replaced(what: Action, commands: object) -> None:
    """So a tag that an agent sets at the same moment stays; names count without their capitals."""
    assert written(carried(what)).get("tag_ids") == commands


def test_a_missing_tag_is_refused_with_advice() -> None:
    update = carried(action("add_tag", "policy_strange"))
    advice = "Odoo has no tag policy_strange, and the integration user may not create tags"
    assert update.refused == {"k": f"{advice}; run `policybridge install odoo --apply`"}
    assert update.values == {}


def test_the_stage_is_one_of_the_team_that_the_ticket_will_have() -> None:
    awaiting = action("set_status", "waiting_customer", "k1")
    assert written(carried(awaiting)) == {"stage_id": 3}
    moved = carried(awaiting, action("set_tier", 2, "k2"))
    assert written(moved) == {"team_id": 2}
    assert moved.refused == {"k1": "no stage of the ticket's team means waiting_customer; configure one under statuses"}


def test_a_status_without_a_stage_of_its_own_takes_one_by_its_flags() -> None:
    assert written(carried(action("set_status", "solved"))) == {"stage_id": 4}
    assert written(carried(action("set_status", "new"), stage_id=4)) == {"stage_id": 1}


def test_open_and_in_progress_stand_for_each_other() -> None:
    assert written(carried(action("set_status", "open"), stage_id=4)) == {"stage_id": 2}
    assert carried(action("set_status", "open"), stage_id=2).values == {}


def test_teams_users_and_facts() -> None:
    assert written(carried(action("set_tier", 2))) == {"team_id": 2}
    assert written(carried(action("set_field", "group=development"))) == {"team_id": 3}
    assert written(carried(action("set_assignee", "Lead@example.com"))) == {"user_id": 8}
    assert written(carried(action("set_assignee", "8"))) == {"user_id": 8}
    assert written(carried(impact("everybody"))) == {"x_impact": "all"}
    assert written(carried(action("set_field", "severity="), x_policy_severity="S1")) == {"x_policy_severity": False}


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (action("set_tier", 3), "no team is configured for tier 3; add it under tiers"),
        (action("set_field", "group=sales"), "no team is configured for group sales; add it under groups"),
        (action("set_assignee", "boss@customer.example"), "boss@customer.example is not an internal user of Odoo"),
        (
            impact("some"),
            "x_impact has the options all, one, not 'some'; translate",
        ),
        (action("set_field", "clause=C-1"), "Odoo has no field x_policy_clause; run `policybridge install"),
    ],
)
def test_what_cannot_be_written_says_what_to_do(what: Action, reason: str) -> None:
    update = carried(what)
    assert update.refused["k"].startswith(reason)
    assert update.values == {}


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        (
            "char",
            "next_due_at",
            "already exists with type char, but the policies need datetime",
        ),
        (
            "integer",
            "severity",
            "already exists with type integer, but the policies need char",
        ),
        (
            "many2one",
            "clause",
            "already exists with type many2one, but the policies need char",
        ),
    ],
)
def test_an_unsuitable_field_made_by_hand_is_not_written(kind: str, name: str, reason: str) -> None:
    field = f"x_policy_{name}"
    update = carried(action("set_field", f"{name}=2026-12-01T09:00:00Z"), made={field: kind})
    assert update.values == {}
    assert update.refused["k"].startswith(f"field {field} {reason}")
    schema = Schema.of({**FIELDS, field: {"type": kind, "string": "Made by hand"}})
    connection = Connection.model_validate(WIRING)
    assert Field(name) not in schema.known_fields(connection)
    assert unsuitable_fields(schema, connection) == {name: update.refused["k"]}


def test_values_with_an_unsuitable_field_are_held_in_the_log_if_possible() -> None:
    update = carried(action("set_field", "closure_at=2026-12-01T09:00:00Z"), made={"x_policy_closure_at": "char"})
    assert written(update) == {}
    assert logged(update)[0]["held"] == {"closure_at": "2026-12-01T09:00:00Z"}


def test_a_log_field_that_is_not_text_is_ignored() -> None:
    update = carried(
        action("set_priority", "low"), action("public_message", "hello", "m"), made={"x_policy_log": "html"}
    )
    assert update.values == {"priority": "0"}
    assert update.posts == ()
    assert "without the text field x_policy_log" in update.refused["m"]


def test_a_fact_in_a_field_that_takes_no_text_is_refused() -> None:
    number = carried(impact("high"), made={"x_impact": "integer"})
    assert number.refused == {"k": "x_impact is a field of type integer and cannot hold 'high'"}
    record = carried(impact("high"), made={"x_impact": "many2one"})
    assert record.refused == {"k": "x_impact is a many2one field, which the bridge cannot write; use one of type char"}


def test_all_missing_fields_are_reported_at_once_with_advice() -> None:
    wiring = {"vendor": "odoo", "type": {"field": "x_kind"}, "channel": {"field": "x_impakt"}}
    missing = Schema.of(FIELDS).missing_fields(Connection.model_validate(wiring))
    assert with_advice(missing.values()) == (
        "channel: helpdesk.ticket has no field x_impakt; similar: x_impact; "
        "type: helpdesk.ticket has no field x_kind; "
        "run `policybridge install odoo --apply`, which creates those that begin with x_"
    )


def test_values_without_a_field_are_held_in_the_log() -> None:
    first = carried(action("set_field", "closure_at=2026-12-01T09:00:00Z", "k1"))
    assert written(first) == {}
    assert logged(first)[0]["held"] == {"closure_at": "2026-12-01T09:00:00Z"}
    second = carried(action("set_priority", "low", "k2"), x_policy_log=first.values["x_policy_log"])
    assert [entry["keys"] for entry in logged(second)] == [["k1"], ["k2"]]
    assert logged(second)[1]["held"] == {"closure_at": "2026-12-01T09:00:00Z"}
    assert carried(action("set_field", "closure_at=x", "k1"), without="x_policy_log").refused.keys() == {"k1"}


def test_messages_follow_the_write_and_carry_their_keys() -> None:
    update = carried(
        action("internal_note", "remark", "k1", "For <agents>"),
        action("public_message", "acknowledged", "k2", "Hello,\nsee https://help.example/a?b=1&c=2.\n\nBye"),
        action("notify", "team_lead", "k3", "Breach ahead", ("lead@example.com", "pager://x", "nobody@example.com")),
    )
    public, note, notification = update.posts
    assert [parse_message_id(post.message_id) for post in update.posts] == [
        ("k2", "acknowledged"),
        ("k1", "remark"),
        ("k3", "team_lead"),
    ]
    assert all(post.message_id.endswith(".7@policybridge>") for post in update.posts), "mail finds its ticket by it"
    link = '<a href="https://help.example/a?b=1&amp;c=2">https://help.example/a?b=1&amp;c=2</a>'
    assert (public.public, public.partners, public.users) == (True, (11,), ())
    assert public.body == f"<p>Hello,<br>see {link}.</p><p>Bye</p>"
    assert (note.public, note.partners, note.body) == (False, (), "<p>For &lt;agents&gt;</p>")
    assert (notification.public, notification.partners, notification.users, notification.summary) == (
        False,
        (9,),
        (8,),
        "Breach ahead",
    )
    reported = "lead@example.com, nobody@example.com"
    assert notification.body == f"<p><strong>To the Team Lead ({reported}):</strong></p><p>Breach ahead</p>"
    advice = "add a contact with this address, or a channel under notify"
    assert update.unreached == {"k3/address": f"Odoo has no contact nobody@example.com; {advice}"}


def test_a_message_to_the_customer_is_announced_in_the_log_before() -> None:
    hello = action("public_message", "acknowledged", "k2", "Hello")
    update = carried(hello, action("internal_note", "remark", "k1"))
    assert written(update) == {}
    assert logged(update)[0] == {
        "at": "2026-11-22T08:30:57Z",
        "review": "r1",
        "keys": [],
        "set": {"say:k2": "begun"},
        "held": {},
    }
    found = find_announcement(update.values["x_policy_log"], "k2")
    assert found is not None
    assert (found.at, found.review) == (AT, "r1")
    assert find_announcement(update.values["x_policy_log"], "k9") is None
    assert carried(action("internal_note", "remark", "k1")).values == {}, "an internal note may come twice"


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        (
            carried(action("public_message", "hello"), customer=None),
            "the ticket has no contact with an e-mail address; add one",
        ),
        (
            carried(action("public_message", "hello"), without="x_policy_log"),
            "without the text field x_policy_log a message to the customer could be sent twice; "
            "run `policybridge install odoo --apply`",
        ),
    ],
)
def test_a_message_that_reaches_nobody_or_could_be_sent_twice_is_refused(update: OdooUpdate, reason: str) -> None:
    assert (update.values, update.refused) == ({}, {"k": reason})
    assert not any(post.public for post in update.posts)


def test_a_customer_who_is_not_a_contact_gets_the_message_by_mail() -> None:
    post = carried(action("public_message", "hello"), customer=None, address="new@customer.example").posts[0]
    assert (post.partners, post.address) == ((), "new@customer.example")


def test_an_audience_follows_the_ticket() -> None:
    update = carried(action("set_field", "audience=management", to=("boss@customer.example", "who@customer.example")))
    assert update.followers == (12,)
    assert logged(update)[0]["held"] == {"audience": "management"}
    assert update.unreached.keys() == {"k/address"}


def test_what_an_update_needs_to_resolve() -> None:
    plan = Plan(
        actions=(
            action("set_assignee", "Agent@example.com"),
            action("notify", "lead", to=("Lead@example.com", "https://chat.example/x@y")),
            action("set_field", "audience=management", to=("boss@customer.example",)),
            action("add_tag", "policy_x"),
            action("remove_tag", "policy_y"),
        )
    )
    assert addresses_of(plan) == {"agent@example.com", "lead@example.com", "boss@customer.example"}
    assert tags_of(plan) == {"policy_x"}


def test_true_does_not_mean_applied() -> None:
    update = carried(
        action("set_priority", "high", "k1"), action("add_tag", "policy_breached", "k2"), action("set_tier", 2, "k3")
    )
    after = TICKET | {"priority": "1", "tag_ids": [21], "team_id": [2, "Second"], "write_uid": ME}
    assert verify(update.checks, after, ME) == (
        frozenset({"k3"}),
        {
            "k1": "Odoo accepted the write, but priority is '1', not '2'; does an automation rule change it back?",
            "k2": "Odoo accepted the write, but the tag policy_breached is missing",
        },
    )


def test_our_write_is_confirmed_even_if_somebody_changed_it_afterwards() -> None:
    update = carried(action("set_priority", "high", "k1"))
    assert verify(update.checks, TICKET | {"priority": "3", "write_uid": AGENT}, ME) == (frozenset({"k1"}), {})


def test_text_becomes_html_that_shows_exactly_this_text() -> None:
    assert to_html(" a < b & c\n d \n\n <script>alert(1)</script> ") == (
        "<p>a &lt; b &amp; c<br> d </p><p> &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    )
    filled = fill("(see <https://x.example/y>), https://x.example. {word}", {"word": "https://a.example"})
    assert to_html(filled.text, filled.links) == (
        '<p>(see &lt;<a href="https://x.example/y">https://x.example/y</a>&gt;), '
        '<a href="https://x.example">https://x.example</a>. https://a.example</p>'
    )
