"""What a ticket does in the community helpdesk, and what is said and done on it."""

import pytest

from tests.support.processes import eventually

from .conftest import ADMIN, AGENT, BOT, CUSTOMER, LEAD, TICKET, create, read, write

POSTED = ["message_type", "subtype_id", "author_id", "body", "is_internal"]


def messages(odoo, ident, *fields):
    about = [["model", "=", TICKET], ["res_id", "=", ident]]
    return odoo.call(
        BOT, "mail.message", "search_read", domain=about, fields=list(fields or POSTED), order="id", load=None
    )


def history(odoo, ident):
    about = [["mail_message_id.model", "=", TICKET], ["mail_message_id.res_id", "=", ident]]
    fields = ["field_id", "old_value_char", "new_value_char", "old_value_integer", "new_value_integer"]
    return odoo.call(ADMIN, "mail.tracking.value", "search_read", domain=about, fields=fields, order="id")


def test_a_new_ticket(odoo):
    ident = create(odoo, team_id=1)
    assert read(odoo, ident, "number", "stage_id", "priority", "unattended", "closed", "user_id", "partner_id") == {
        "id": ident,
        "number": "HT00001",
        "stage_id": 1,
        "priority": "1",
        "unattended": True,
        "closed": False,
        "user_id": False,
        "partner_id": 11,
    }
    assert [(row["message_type"], row["subtype_id"]) for row in messages(odoo, ident)] == [("notification", 4)]


def test_the_addon_gives_a_ticket_to_who_makes_it_where_that_is_on(odoo):
    odoo.call(ADMIN, "res.company", "write", [1], vals={"helpdesk_mgmt_ticket_auto_assign": True})
    bot = odoo.call(ADMIN, "res.users", "search", domain=[["login", "=", BOT]])[0]
    assert read(odoo, create(odoo, by=BOT), "user_id")["user_id"] == bot


def test_stamps_of_stage_and_assignee(odoo):
    ident = create(odoo)
    odoo.advance(3600)
    write(odoo, ident, stage_id=4, user_id=6)
    done = read(odoo, ident, "last_stage_update", "closed_date", "assigned_date", "write_date", "closed")
    assert done["closed"] is True
    assert len({done[name] for name in ("last_stage_update", "closed_date", "assigned_date")}) == 1
    odoo.advance(3600)
    write(odoo, ident, stage_id=2)
    again = read(odoo, ident, "last_stage_update", "closed_date", "closed")
    assert again["closed"] is False
    assert again["closed_date"] == done["closed_date"] < again["last_stage_update"]


def test_the_same_stage_again_resets_its_stamp(odoo):
    ident = create(odoo)
    first = read(odoo, ident, "last_stage_update")
    odoo.advance(60)
    write(odoo, ident, stage_id=1)
    assert read(odoo, ident, "last_stage_update") != first


def test_another_team_drops_an_assignee_who_is_not_in_it(odoo):
    users = odoo.call(ADMIN, "res.users", "search_read", domain=[["login", "in", [AGENT, "agent2"]]], fields=["login"])
    by_login = {row["login"]: row["id"] for row in users}
    ident = create(odoo, team_id=1, user_id=by_login[AGENT])
    write(odoo, ident, team_id=2)
    assert read(odoo, ident, "user_id")["user_id"] is False
    write(odoo, ident, user_id=by_login["agent2"])
    write(odoo, ident, team_id=1)
    assert read(odoo, ident, "user_id")["user_id"] == by_login["agent2"]


def test_stage_and_assignee_have_a_history_and_priority_has_none(odoo):
    ident = create(odoo)
    write(odoo, ident, stage_id=2, user_id=6, priority="3")
    changes = [(row["field_id"][1], row["old_value_char"], row["new_value_char"]) for row in history(odoo, ident)]
    assert changes == [
        ("Stage (Helpdesk Ticket)", "New", "In Progress"),
        ("Assigned user (Helpdesk Ticket)", "", "Agent One"),
    ]
    (notice,) = [row for row in messages(odoo, ident) if row["body"] == "" and row["is_internal"]]
    assert notice["message_type"] == "notification"


def test_silence_on_demand(odoo):
    ident = create(odoo)
    before = len(messages(odoo, ident))
    odoo.call(AGENT, TICKET, "write", [ident], vals={"stage_id": 4}, context={"tracking_disable": True})
    assert len(messages(odoo, ident)) == before
    assert history(odoo, ident) == []


def test_a_stage_with_a_mail_template_writes_to_the_customer_in_the_agents_name(odoo):
    ident = create(odoo)
    write(odoo, ident, stage_id=4)
    sent = messages(odoo, ident)[-1]
    assert (sent["message_type"], sent["subtype_id"], sent["author_id"]) == ("email_outgoing", False, 7)


def test_a_message_is_a_note_of_plain_text_by_default(odoo):
    ident = create(odoo)
    odoo.call(AGENT, TICKET, "message_post", [ident], body="a < b")
    odoo.call(AGENT, TICKET, "message_post", [ident], body="<p>a <b>b</b></p>", body_is_html=True)
    odoo.call(
        AGENT, TICKET, "message_post", [ident], body="Hi", subtype_xmlid="mail.mt_comment", message_type="comment"
    )
    assert messages(odoo, ident, "body", "message_type", "subtype_id", "author_id")[1:] == [
        {"id": 2, "body": "<p>a &lt; b</p>", "message_type": "notification", "subtype_id": 2, "author_id": 7},
        {"id": 3, "body": "<p>a <b>b</b></p>", "message_type": "notification", "subtype_id": 2, "author_id": 7},
        {"id": 4, "body": "<p>Hi</p>", "message_type": "comment", "subtype_id": 1, "author_id": 7},
    ]


def test_a_given_message_id_is_kept_and_can_be_looked_up(odoo):
    ident = create(odoo)
    odoo.call(BOT, TICKET, "message_post", [ident], body="Note", message_id="<key@policybridge>")
    assert odoo.call(BOT, "mail.message", "search_count", domain=[["message_id", "=", "<key@policybridge>"]]) == 1


def test_what_a_post_answers_with(odoo):
    ident = create(odoo)
    posted = odoo.call(BOT, TICKET, "message_post", [ident], body="Note")
    scheduled = odoo.call(BOT, TICKET, "activity_schedule", [ident], summary="Look")
    assert (posted, scheduled) == {18: (2, "mail.activity(1,)"), 19: ([2], [1])}[odoo.series]


@pytest.mark.parametrize(("silent", "follows"), [(True, False), (False, True)])
def test_who_writes_to_the_customer_follows_by_default(odoo, silent, follows):
    ident = create(odoo)
    context = {"mail_create_nosubscribe": True} if silent else {}
    odoo.call(BOT, TICKET, "message_post", [ident], body="Hi", subtype_xmlid="mail.mt_comment", context=context)
    assert (6 in read(odoo, ident, "message_partner_ids")["message_partner_ids"]) is follows


def test_a_customers_mail_opens_a_ticket_and_the_next_one_answers_it(odoo):
    ident = odoo.ask(CUSTOMER, "Printer", "It burns", tags=["fire"], team="Tier 1")
    found = odoo.ticket(ident)
    assert (found["name"], found["partner_id"][0], found["tags"]) == ("Printer", 11, ["fire"])
    assert found["partner_email"] == '"Carla Customer" <carla@customer.example>'
    odoo.reply(ident, CUSTOMER, "Still")
    odoo.reply(ident, CUSTOMER, "I am away", auto_reply=True)
    posted = [(row["message_type"], row["subtype_id"], row["author_id"], row["body"]) for row in messages(odoo, ident)]
    assert posted == [
        ("email", 4, 11, "<pre>It burns\n</pre>\n"),
        ("email", 1, 11, "<pre>Still\n</pre>\n"),
        ("email", 1, 11, "<pre>I am away\n</pre>\n"),
    ]


def test_a_mail_server_hands_in_mails_as_an_administrator(odoo):
    mail = "From: Nobody <nobody@else.example>\nSubject: Hello\nMessage-Id: <1@else.example>\n\nText\n"
    ident = odoo.call(ADMIN, "mail.thread", "message_process", model=TICKET, message=mail)
    assert read(odoo, ident, "name", "partner_id", "partner_email") == {
        "id": ident,
        "name": "Hello",
        "partner_id": False,
        "partner_email": '"Nobody" <nobody@else.example>',
    }
    assert messages(odoo, ident)[0]["author_id"] is False


def test_a_logged_call_is_a_done_activity(odoo):
    ident = create(odoo)
    odoo.phone(ident, AGENT, "told her")
    call = messages(odoo, ident, "mail_activity_type_id", "body", "author_id", "subtype_id")[-1]
    assert (call["mail_activity_type_id"], call["author_id"], call["subtype_id"]) == (2, 7, 3)
    assert "told her" in call["body"]
    assert read(odoo, ident, "activity_ids")["activity_ids"] == []


def test_an_activity_tells_its_assignee(odoo):
    ident = create(odoo)
    odoo.call(BOT, TICKET, "activity_schedule", [ident], summary="Escalated", user_id=6, date_deadline="2026-11-30")
    (found,) = odoo.call(
        BOT, "mail.activity", "search_read", domain=[["res_id", "=", ident]], fields=["summary", "state"]
    )
    assert (found["summary"], found["state"]) == ("Escalated", "planned")
    assert messages(odoo, ident)[-1]["message_type"] == "user_notification"


def test_tags_are_linked_and_unlinked_and_those_of_others_stay(odoo):
    ident = create(odoo)
    for name in ("a", "b"):
        odoo.call(LEAD, "helpdesk.ticket.tag", "create", vals_list=[{"name": name}])
    write(odoo, ident, tag_ids=[[4, 1]])
    write(odoo, ident, by=BOT, tag_ids=[[4, 2, 0]])
    write(odoo, ident, by=BOT, tag_ids=[[3, 2, 0], [4, 2], [4, 2]])
    assert read(odoo, ident, "tag_ids")["tag_ids"] == [1, 2]
    write(odoo, ident, tag_ids=[[3, 1]])
    odoo.call(LEAD, "helpdesk.ticket.tag", "unlink", [2])
    assert read(odoo, ident, "tag_ids")["tag_ids"] == []


def test_a_batch_is_all_or_nothing(odoo):
    ident = create(odoo)
    with pytest.raises(RuntimeError, match="MissingError"):
        odoo.call(AGENT, TICKET, "write", [ident, 999], vals={"priority": "3"})
    assert read(odoo, ident, "priority")["priority"] == "1"


def test_an_archived_ticket_is_read_but_found_only_on_demand(odoo):
    ident = create(odoo)
    write(odoo, ident, active=False)
    assert odoo.call(BOT, TICKET, "search", domain=[]) == []
    assert odoo.call(BOT, TICKET, "search", domain=[], context={"active_test": False}) == [ident]
    assert read(odoo, ident, "active")["active"] is False


def test_the_moment_just_read_is_found_by_19_and_not_by_18(odoo):
    ident = create(odoo)
    at = read(odoo, ident, "write_date")["write_date"]
    equal = odoo.call(BOT, TICKET, "search", domain=[["write_date", "=", at]])
    assert equal == {18: [], 19: [ident]}[odoo.series]
    assert odoo.call(BOT, TICKET, "search", domain=[["write_date", ">=", at]]) == [ident]


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ([["stage_id.closed", "=", False]], [1, 2]),
        (["|", ["priority", "=", "3"], ["user_id", "!=", False]], [1, 2]),
        (["!", ["priority", "=", "3"]], [2]),
        ([["partner_id.parent_id.name", "=like", "Customer%"]], [1, 2]),
        ([["partner_id", "child_of", 10], ["priority", ">", "2"]], [1]),
        ([["tag_ids", "=", False]], [1, 2]),
        ([["stage_id", "=", "New"], ["name", "ilike", "PRINTER"]], [1, 2]),
        ([["id", "not in", [1]]], [2]),
    ],
)
def test_domains(odoo19, domain, found):
    create(odoo19, priority="3")
    create(odoo19, user_id=6)
    assert odoo19.call(BOT, TICKET, "search", domain=domain, order="id") == found


def test_a_dropped_connection_may_have_changed_the_ticket(odoo19):
    ident = create(odoo19)
    odoo19.fail("POST", "*/helpdesk.ticket/write", drop=True, apply=True)
    with pytest.raises(OSError, match=r"."):
        write(odoo19, ident, priority="3")
    assert read(odoo19, ident, "priority")["priority"] == "3"
    assert [row["status"] for row in odoo19.requests(path="/json/2/helpdesk.ticket/write")] == [None]


def test_a_stopped_server_answers_no_request_and_forgets_nothing(odoo):
    ident = create(odoo)
    odoo.stop()
    with pytest.raises(OSError, match=r"."):
        read(odoo, ident, "name")
    odoo.act(ident, AGENT, stage="In Progress")
    odoo.start()
    assert eventually(lambda: read(odoo, ident, "stage_id"))["stage_id"] == 2
