"""A Zendesk ticket and its audits become one canonical timeline."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ticket import (
    Approval,
    Changed,
    Channel,
    Confirmation,
    Message,
    PhoneContact,
    Priority,
    Request,
    Role,
    Status,
    Ticket,
    TicketRef,
)
from mappings.connection import Connection
from mappings.event_marks import EVIDENCE
from mappings.zendesk.actors import TicketSnapshot, user_ids_in
from mappings.zendesk.ticket import to_ticket

REF = TicketRef(connection="acme", id="7")
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BRIDGE, AGENT, PAT, BOSS = 100, 101, 701, 702
USERS = {
    "100": {"id": 100, "role": "admin", "email": "bridge@vendor.example", "name": "Policybridge"},
    "101": {"id": 101, "role": "agent", "email": "A@vendor.example", "name": "Agent"},
    "701": {"id": 701, "role": "end-user", "email": "pat@acme.example", "name": "Pat", "locale": "ja"},
}
WIRED = Connection.model_validate(
    {
        "vendor": "zendesk",
        "tiers": {1: 41, 3: [43, 44]},
        "groups": {"japanese": 45},
        "brands": {"main": 9},
        "statuses": {"in_progress": 2103, "customer_update_required": 2105},
        "facts": {
            "affected": {"field": 31, "values": {"affected_all": "all"}},
            "impact": {"tags": {"impact_high": "major", "impact_low": "minor"}},
            "devices": {"field": 32, "type": "number"},
            "reported_before": {"field": 33, "type": "checkbox"},
        },
        "type": {"values": {"question": "information_request"}},
        "marks": {
            "escalation": {"tag": "request_escalation"},
            "confirm_resolution": {"field": 51, "value": True},
            "phone_contact": {"tag": "called_back"},
            "approvals": {"severity_change": {"approve": {"tag": "approve_it"}, "refuse": {"tag": "refuse_it"}}},
        },
        "fields": {"severity": {"field": 61, "values": {"critical": "sev_critical"}}, "clause": 62},
    }
)


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def audit(number: int, minutes: float, author: int | None, *events: Any, **more: Any) -> dict[str, Any]:
    about = {"via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}}, "metadata": {"custom": {}}}
    return {"id": number, "created_at": at(minutes), "author_id": author, "events": list(events), **about, **more}


def create(**values: Any) -> list[dict[str, Any]]:
    return [{"type": "Create", "field_name": name, "value": value} for name, value in values.items()]


def change(name: str, old: Any, new: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Change", "field_name": name, "previous_value": old, "value": new, **more}


def comment(body: str, *, public: bool = True, **more: Any) -> dict[str, Any]:
    return {"type": "Comment", "body": body, "public": public, **more}


def opened(*more: dict[str, Any], **values: Any) -> dict[str, Any]:
    first = {"status": "new", "priority": None, "subject": "Down"} | values
    return audit(1, 0, PAT, *create(**first), comment("It is down"), *more)


def ticket_from(*audits: dict[str, Any], connection: Connection = WIRED, me: str = "100", **present: Any) -> Ticket:
    ticket = {
        "id": 7,
        "created_at": at(0),
        "updated_at": at(60),
        "subject": "Down",
        "description": "It is down",
        "status": "new",
        "priority": None,
        "type": None,
        "requester_id": PAT,
        "assignee_id": None,
        "group_id": None,
        "tags": [],
        "custom_fields": [],
        "via": {"channel": "email", "source": {}},
    } | present
    return to_ticket(REF, TicketSnapshot(ticket, audits, USERS, me), connection)


def changes(ticket: Ticket, field: str) -> list[tuple[float, Any, Any, Role]]:
    found = ticket.changes(field)
    return [((c.at - START) / timedelta(minutes=1), c.old, c.new, c.actor.role) for c in found]


def test_a_new_ticket_has_facts_and_no_history() -> None:
    ticket = ticket_from(
        opened(),
        tags=["impact_high", "vip"],
        custom_fields=[{"id": 31, "value": "affected_all"}, {"id": 32, "value": "12"}, {"id": 33, "value": True}],
        type="question",
        organization_id=5101,
        group_id=43,
        brand_id=9,
        ticket_form_id=77,
    )
    assert ticket.facts == {"affected": "all", "impact": "major", "devices": 12, "reported_before": True}
    assert (ticket.type, ticket.account, ticket.tier, ticket.brand, ticket.form) == (
        "information_request",
        "5101",
        3,
        "main",
        "77",
    )
    assert (ticket.subject, ticket.description, ticket.channel) == ("Down", "It is down", Channel.EMAIL)
    assert (ticket.requester.email, ticket.requester.locale) == ("pat@acme.example", "ja")
    assert ticket.version == at(60)
    assert ticket.timeline == ()


def test_status_and_custom_status_are_one_change() -> None:
    ticket = ticket_from(
        opened(custom_status_id=2101),
        audit(2, 10, AGENT, change("status", "new", "open"), change("custom_status_id", "2101", "2103")),
        audit(3, 20, AGENT, change("status", "open", "pending"), change("custom_status_id", 2103, 2105)),
        status="pending",
        custom_status_id=2105,
    )
    assert changes(ticket, "status") == [
        (10, Status.NEW, Status.IN_PROGRESS, Role.AGENT),
        (20, Status.IN_PROGRESS, Status.CUSTOMER_UPDATE_REQUIRED, Role.AGENT),
    ]
    assert ticket.status is Status.CUSTOMER_UPDATE_REQUIRED


def test_audits_without_custom_statuses_are_understood() -> None:
    ticket = ticket_from(
        opened(),
        audit(2, 10, AGENT, change("status", "new", "pending")),
        status="pending",
        custom_status_id=2105,
    )
    assert changes(ticket, "status") == [(10, Status.NEW, Status.CUSTOMER_UPDATE_REQUIRED, Role.AGENT)]


def test_every_field_has_its_history() -> None:
    ticket = ticket_from(
        opened(tags=["impact_low"], type="question"),
        audit(
            2,
            5,
            AGENT,
            change("priority", None, "high"),
            change("assignee_id", None, "101"),
            change("group_id", None, "45"),
            change("tags", ["impact_low"], ["impact_high", "vip"]),
            change("31", None, "affected_all"),
            change("type", "question", "incident"),
        ),
        audit(3, 9, AGENT, change("group_id", "45", "44"), change("61", None, "sev_critical")),
        priority="high",
        assignee_id=101,
        group_id=44,
        tags=["vip", "impact_high"],
        custom_fields=[{"id": 31, "value": "affected_all"}, {"id": 61, "value": "sev_critical"}],
        type="incident",
    )
    assert changes(ticket, "priority") == [(5, None, Priority.HIGH, Role.AGENT)]
    assert changes(ticket, "assignee") == [(5, None, "a@vendor.example", Role.AGENT)]
    assert changes(ticket, "group") == [(5, None, "japanese", Role.AGENT), (9, "japanese", "44", Role.AGENT)]
    assert changes(ticket, "tier") == [(9, None, 3, Role.AGENT)]
    assert changes(ticket, "tags") == [(5, "impact_low", "impact_high,vip", Role.AGENT)]
    assert changes(ticket, "fact:impact") == [(5, "minor", "major", Role.AGENT)]
    assert changes(ticket, "fact:affected") == [(5, None, "all", Role.AGENT)]
    assert changes(ticket, "type") == [(5, "information_request", "incident", Role.AGENT)]
    assert ticket.fields == {"severity": "critical"}


def test_changes_of_a_trigger_are_those_of_the_system() -> None:
    rule = {"channel": "rule", "source": {"from": {"id": 3, "title": "route"}, "rel": "trigger"}}
    ticket = ticket_from(
        opened(change("group_id", None, 41, via=rule), comment("Thank you for writing", via=rule)),
        audit(2, 5, -1, change("status", "new", "open"), via={"channel": "rule", "source": {"rel": "automation"}}),
        group_id=41,
        status="open",
    )
    assert [entry.actor.role for entry in ticket.timeline] == [Role.SYSTEM] * 4
    assert [entry.actor.name for entry in ticket.timeline][:3] == ["trigger 3 (route)"] * 3
    assert ticket.timeline[3].actor.name == ""  # an automation that Zendesk does not name
    assert [m.text for m in ticket.messages()] == ["Thank you for writing"]
    assert changes(ticket, "tier") == [(0, None, 1, Role.SYSTEM)]


def test_messages_have_an_author_and_a_visibility() -> None:
    ticket = ticket_from(
        opened(),
        audit(2, 1, AGENT, comment("We look", author_id=AGENT)),
        audit(3, 2, AGENT, comment("hm", public=False)),
        audit(4, 3, PAT, comment("Any news?")),
        audit(5, 4, AGENT, comment("Pat said: here", author_id=PAT)),
    )
    assert [(m.text, m.public, m.actor.role) for m in ticket.messages()] == [
        ("We look", True, Role.AGENT),
        ("hm", False, Role.AGENT),
        ("Any news?", True, Role.CUSTOMER),
        ("Pat said: here", True, Role.CUSTOMER),
    ]


def test_the_opening_comment_is_the_description_unless_the_connection_says_otherwise() -> None:
    assert list(ticket_from(opened()).messages()) == []
    reported = WIRED.model_copy(update={"first_comment": "message"})
    assert [m.text for m in ticket_from(opened(), connection=reported).messages()] == ["It is down"]
    assert ticket_from(opened(), description=None).description == "It is down"


@pytest.mark.parametrize(
    "metadata",
    [
        {"flags": [4], "flags_options": {"4": {"trusted": True}}, "custom": {}},
        {"system": {"headers": {"Auto-Submitted": "auto-replied"}}, "custom": {}},
        {"custom": {"precedence": "bulk"}},
    ],
)
def test_automatic_replies_are_marked_and_their_return_is_read(metadata: dict[str, Any]) -> None:
    ticket = ticket_from(opened(), audit(2, 1, PAT, comment("Back on 2026-03-09"), metadata=metadata))
    [reply] = [entry for entry in ticket.timeline if isinstance(entry, Message)]
    assert (reply.auto_reply, reply.back_at, reply.back_on_day) == (True, datetime(2026, 3, 9, tzinfo=UTC), True)


def test_a_person_who_mentions_an_absence_is_not_an_automatic_reply() -> None:
    ticket = ticket_from(
        opened(), audit(2, 1, PAT, comment("I am out of office until 2026-03-09"), metadata={"flags": [2]})
    )
    [message] = ticket.messages()
    assert (message.auto_reply, message.back_at) == (False, None)


def test_marks_are_entries_at_the_moment_they_are_set() -> None:
    ticket = ticket_from(
        opened(),
        audit(2, 1, PAT, change("tags", [], ["request_escalation"])),
        audit(3, 2, AGENT, change("tags", "request_escalation", "request_escalation refuse_it"), comment("too late")),
        audit(4, 3, AGENT, change("tags", ["request_escalation", "refuse_it"], ["called_back", "approve_it"])),
        audit(5, 4, PAT, change("51", "0", "1")),
        audit(6, 5, AGENT, change("tags", ["called_back", "approve_it"], ["request_escalation"])),
        tags=["request_escalation"],
        custom_fields=[{"id": 51, "value": True}],
    )
    marks = [e for e in ticket.timeline if isinstance(e, Request | Approval | PhoneContact | Confirmation)]
    reported = [(type(e).__name__, (e.at - START) / timedelta(minutes=1), e.actor.role.value) for e in marks]
    assert reported == [
        ("Request", 1, "customer"),
        ("Approval", 2, "agent"),
        ("Approval", 3, "agent"),
        ("PhoneContact", 3, "agent"),
        ("Confirmation", 4, "customer"),
        ("Request", 5, "agent"),
    ]
    approvals = [e for e in marks if isinstance(e, Approval)]
    assert [(a.gate, a.granted, a.remarks) for a in approvals] == [
        ("severity_change", False, "too late"),
        ("severity_change", True, ""),
    ]


def test_an_answered_call_is_a_contact_and_a_voicemail_is_a_message() -> None:
    call = {"type": "VoiceComment", "body": "Call", "public": False, "data": {"answered_by_id": AGENT}}
    mail = {
        "type": "VoiceComment",
        "body": "please call",
        "public": True,
        "via": {"channel": "voice", "source": {"rel": "voicemail"}},
    }
    ticket = ticket_from(opened(), audit(2, 1, PAT, call), audit(3, 2, PAT, mail))
    contact, message = ticket.timeline
    assert isinstance(contact, PhoneContact)
    assert contact.actor.role is Role.AGENT
    assert isinstance(message, Message)
    assert (message.text, message.actor.role) == ("please call", Role.CUSTOMER)


OURS = {"custom": {"policybridge": {"review": "r1", "keys": ["7/MA-14/1"], "template": "ladder_1"}}}


def test_our_own_keys_are_evidence() -> None:
    ticket = ticket_from(
        opened(),
        audit(2, 1, BRIDGE, comment("Notice"), change("priority", None, "high"), metadata=OURS),
        priority="high",
    )
    assert {entry.keys for entry in ticket.timeline} == {("7/MA-14/1",)}
    assert {entry.actor.role for entry in ticket.timeline} == {Role.BRIDGE}
    assert [m.template for m in ticket.messages()] == ["ladder_1"]


def test_our_metadata_in_an_audit_of_somebody_else_is_ignored() -> None:
    ticket = ticket_from(opened(), audit(2, 1, AGENT, comment("Notice"), metadata=OURS))
    [message] = ticket.messages()
    assert (message.keys, message.actor.role) == ((), Role.AGENT)


def test_evidence_is_kept_even_where_nothing_mapped_changed() -> None:
    ticket = ticket_from(opened(), audit(2, 1, BRIDGE, {"type": "FollowerNotificationEvent"}, metadata=OURS))
    [entry] = ticket.timeline
    assert isinstance(entry, Changed)
    assert (entry.field, entry.keys) == (EVIDENCE, ("7/MA-14/1",))


def test_a_person_who_shares_the_integration_user_is_told_apart_by_our_mark() -> None:
    shared = WIRED.model_copy(update={"shared_user": True})
    audits = (opened(), audit(2, 1, BRIDGE, comment("by hand")), audit(3, 2, BRIDGE, comment("ours"), metadata=OURS))
    assert [m.actor.role for m in ticket_from(*audits, connection=shared).messages()] == [Role.AGENT, Role.BRIDGE]
    assert [m.actor.role for m in ticket_from(*audits).messages()] == [Role.BRIDGE, Role.BRIDGE]


def test_fields_without_an_id_are_remembered_by_our_own_metadata() -> None:
    def our_metadata(**fields: str) -> dict[str, Any]:
        return {"custom": {"policybridge": {"keys": ["k"], "fields": fields}}}

    audits = [
        opened(),
        audit(2, 1, BRIDGE, comment("x"), metadata=our_metadata(closure_at="2026-03-09", audience="am@vendor.example")),
        audit(3, 2, BRIDGE, comment("x"), metadata=our_metadata(audience="", severity="critical")),
        audit(4, 3, AGENT, comment("x"), metadata=our_metadata(closure_at="never")),
    ]
    assert ticket_from(*audits).fields == {"closure_at": "2026-03-09"}


def test_values_that_the_audits_do_not_explain_are_entered_as_observed() -> None:
    ticket = ticket_from(opened(priority="low"), priority="urgent")
    [entry] = ticket.timeline
    assert isinstance(entry, Changed)
    assert (entry.field, entry.old, entry.new, entry.observed) == ("priority", Priority.LOW, Priority.URGENT, True)


def test_the_initial_state_is_computed_if_the_creation_is_not_in_the_audits() -> None:
    ticket = ticket_from(audit(2, 10, AGENT, change("priority", "normal", "urgent")), priority="urgent")
    assert ticket.value_at("priority", START) == Priority.NORMAL


def test_deleted_users_and_merges_are_tolerated() -> None:
    merge = {"channel": "web", "source": {"rel": "merge", "to": {"ticket_id": 8}}}
    ticket = ticket_from(
        opened(),
        audit(2, 1, -1, comment("gone")),
        audit(3, 2, 999, comment("who?")),
        audit(4, 3, AGENT, comment("closed and merged into #8"), via=merge),
        audit(5, 4, None, {"type": "Notification", "body": "x"}, None),
        audit(6, 5, 998, comment("it was assigned to me"), change("assignee_id", "998", "101")),
        assignee_id=101,
    )
    roles = [m.actor.role for m in ticket.messages()]
    assert roles == [Role.SYSTEM, Role.UNKNOWN, Role.SYSTEM, Role.AGENT]


def test_other_spellings_of_the_same_ticket_give_the_same_ticket() -> None:
    plain = ticket_from(opened(), audit(2, 1, AGENT, change("status", "new", "open")), status="open", priority="high")
    odd = to_ticket(
        REF,
        TicketSnapshot(
            {
                "id": "7",
                "created_at": "2026-03-02T08:00:00.000000000Z",
                "updated_at": at(60),
                "subject": "Down",
                "description": "It is down",
                "status": "OPEN",
                "priority": "HIGH",
                "requester_id": "701",
                "tags": None,
                "custom_fields": None,
                "via": {"channel": "mail"},
                "brand_id": "0",
                "surprise": {"a": [1]},
            },
            [
                audit(1, 0, PAT, *create(status="NEW", priority="HIGH"), comment("It is down")),
                {"id": "2", "created_at": "2026-03-02T08:01:00.123456789Z", "author_id": "101", "metadata": None,
                 "events": [change("status", "NEW", "OPEN"), None, {"type": None}]},
            ],
            USERS,
            "100",
        ),
        WIRED,
    )  # fmt: skip
    assert odd.model_copy(update={"timeline": ()}) == plain.model_copy(update={"timeline": ()})
    assert [(c[1], c[2]) for c in changes(odd, "status")] == [(c[1], c[2]) for c in changes(plain, "status")]


@pytest.mark.parametrize(
    ("via", "channel"),
    [
        ({"channel": "web", "source": {"rel": "help_center"}}, Channel.PORTAL),
        ({"channel": "native_messaging"}, Channel.CHAT),
        ({"channel": "web_service"}, Channel.API),
        ({"channel": "voice", "source": {"rel": "voicemail"}}, Channel.VOICE),
        ({"channel": "voice", "source": {"rel": "inbound"}}, Channel.PHONE),
        ({"channel": "carrier_pigeon"}, Channel.OTHER),
        (None, Channel.OTHER),
        ("mail", Channel.EMAIL),
    ],
)
def test_channels_in_both_vocabularies(via: Any, channel: Channel) -> None:
    assert ticket_from(opened(), via=via).channel is channel


def test_a_tag_can_set_the_channel() -> None:
    called = WIRED.model_copy(update={"channel": Connection.model_validate(
        {"vendor": "zendesk", "channel": {"tags": {"called_in": "phone"}}}).channel})  # fmt: skip
    assert ticket_from(opened(), connection=called, tags=["called_in"]).channel is Channel.PHONE
    assert ticket_from(opened(), connection=called).channel is Channel.EMAIL


def test_the_users_whose_details_are_needed() -> None:
    audits = [audit(1, 0, 5, comment("x", author_id=6), change("assignee_id", "8", None)), audit(2, 1, -1)]
    assert user_ids_in({"requester_id": 1, "submitter_id": None, "assignee_id": "9"}, audits) == {
        "1",
        "5",
        "6",
        "8",
        "9",
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 200) | st.sampled_from(["open", "Change", "Comment", "tags", "2103"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "field_name", "value", "events", "via", "id"]), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = st.sampled_from(["status", "custom_status_id", "priority", "group_id", "tags", "31", "51", "assignee_id"])
VALUES = st.sampled_from(["new", "open", "pending", "2103", "2105", "high", "44", "101", "request_escalation", None])


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["status", "tags", "via", "custom_fields", "type", "created_at"]), JSON),
    st.lists(JSON),
)
def test_no_response_of_zendesk_breaks_the_mapping(present: dict[str, Any], events: list[Any]) -> None:
    ticket = ticket_from(opened(), audit(2, 1, AGENT, *events), **present)
    assert all(entry.at.tzinfo for entry in ticket.timeline)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 50), FIELDS, VALUES, VALUES), max_size=12),
    st.dictionaries(st.sampled_from(["status", "priority", "group_id", "custom_status_id"]), VALUES),
)
def test_the_timeline_is_in_order_and_ends_in_the_present(
    reported: list[tuple[int, str, Any, Any]], present: dict[str, Any]
) -> None:
    """Whatever the audits leave out or contradict."""
    audits = [audit(n, minute, AGENT, change(name, old, new)) for n, (minute, name, old, new) in enumerate(reported, 2)]
    ticket = ticket_from(opened(), *audits, **present)
    instants = [entry.at for entry in ticket.timeline]
    assert instants == sorted(instants)
    for field in ("status", "priority", "group", "tier", "tags", "assignee", "fact:affected"):
        assert ticket.history(field)[-1][1] == ticket.value(field)
        values = [value for _, value in ticket.history(field)]
        assert all(one != two for one, two in itertools.pairwise(values))
