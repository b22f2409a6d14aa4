"""Webhooks of automations: what is sent, when, and that nobody tries twice."""

import json
import time
from pathlib import Path

import pytest

from .conftest import ADMIN, AGENT, BOT, CUSTOMER, TICKET, automate, create, field_ids, read, write

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "odoo_wire"
ABSENT = "no recordings of real servers beside the repository (../shared/odoo_wire)"
MESSAGES = "[('model','=','helpdesk.ticket'),('message_type','in',['comment','email','email_outgoing'])]"
OWN = {"_action", "_id", "_model", "id"}


def test_a_changed_ticket_is_posted_with_the_chosen_fields(odoo, endpoint):
    ident = create(odoo, team_id=1)
    sends = ("priority", "stage_id", "tag_ids", "user_id", "write_date", "name")
    action = automate(odoo, endpoint.url, sends=sends, watches=("priority",))
    write(odoo, ident, priority="3")
    (post,) = endpoint.posts
    assert {key: value for key, value in post.items() if key not in ("write_date", "_action")} == {
        "_id": ident,
        "_model": TICKET,
        "id": ident,
        "priority": "3",
        "stage_id": 1,
        "tag_ids": [],
        "user_id": False,
        "name": "Printer",
    }
    assert post["write_date"].startswith(read(odoo, ident, "write_date")["write_date"] + ".")
    assert (
        post["_action"] == {18: f"Send Webhook Notification(#{action})", 19: f"bridge webhook(#{action})"}[odoo.series]
    )
    assert list(post) == sorted(post)
    assert endpoint.headers[0]["Content-Type"] == "application/json"
    assert "Authorization" not in endpoint.headers[0]


def test_only_watched_fields_with_another_value_fire(odoo, endpoint):
    automate(odoo, endpoint.url, watches=("priority", "stage_id"))
    ident = create(odoo)
    assert len(endpoint.posts) == 1
    write(odoo, ident, name="Another")
    write(odoo, ident, priority="1")
    assert len(endpoint.posts) == 1
    write(odoo, ident, priority="2", stage_id=2)
    assert len(endpoint.posts) == 2


def test_without_watched_fields_the_addons_own_writes_fire_too(odoo, endpoint):
    automate(odoo, endpoint.url)
    ident = create(odoo)
    assert len(endpoint.posts) == 3
    write(odoo, ident, stage_id=2, priority="2")
    assert len(endpoint.posts) == 5
    write(odoo, ident, priority="2")
    assert len(endpoint.posts) == 6


def test_one_post_for_each_record(odoo, endpoint):
    idents = [create(odoo) for _ in range(3)]
    automate(odoo, endpoint.url, watches=("priority",))
    odoo.call(AGENT, TICKET, "write", idents, vals={"priority": "3"})
    assert [post["_id"] for post in endpoint.posts] == idents


def test_a_filter_keeps_the_bridge_from_hearing_itself(odoo, endpoint):
    bot = odoo.call(ADMIN, "res.users", "search", domain=[["login", "=", BOT]])[0]
    automate(odoo, endpoint.url, watches=("priority",), filter_domain=f"[('write_uid','!=',{bot})]")
    ident = create(odoo)
    endpoint.posts.clear()
    write(odoo, ident, by=BOT, priority="2")
    assert endpoint.posts == []
    write(odoo, ident, priority="3")
    assert [post["_id"] for post in endpoint.posts] == [ident]


def test_a_filter_before_the_change_sees_the_old_values(odoo, endpoint):
    automate(odoo, endpoint.url, watches=("priority",), filter_pre_domain="[('priority','=','3')]")
    ident = create(odoo)
    endpoint.posts.clear()
    write(odoo, ident, priority="3")
    assert endpoint.posts == []
    write(odoo, ident, priority="1")
    assert len(endpoint.posts) == 1


def test_18_posts_before_the_commit_and_19_after(odoo, endpoint):
    ident = create(odoo, priority="1")
    automate(odoo, endpoint.url, watches=("priority",))
    seen = []
    endpoint.before_answer = lambda _: seen.append(read(odoo, ident, "priority")["priority"])
    write(odoo, ident, priority="3")
    assert seen == [{18: "1", 19: "3"}[odoo.series]]
    assert read(odoo, ident, "priority")["priority"] == "3"


def test_messages_have_an_automation_of_their_own(odoo, endpoint):
    automate(
        odoo,
        endpoint.url,
        model="mail.message",
        trigger="on_create",
        filter_domain=MESSAGES,
        sends=("model", "res_id", "message_type", "author_id", "subtype_id", "date"),
    )
    ident = odoo.ask(CUSTOMER, "Printer", "It burns")
    odoo.reply(ident, CUSTOMER, "Still")
    odoo.act(ident, AGENT, says="A note", public=False)
    write(odoo, ident, stage_id=2)
    assert [(post["message_type"], post["author_id"], post["res_id"]) for post in endpoint.posts] == [
        ("email", 11, ident),
        ("email", 11, ident),
        ("comment", 7, ident),
    ]
    assert {post["_model"] for post in endpoint.posts} == {"mail.message"}


def test_a_message_touches_neither_the_ticket_nor_its_automation(odoo, endpoint):
    ident = create(odoo)
    before = read(odoo, ident, "write_date", "write_uid")
    automate(odoo, endpoint.url)
    odoo.advance(60)
    odoo.call(BOT, TICKET, "message_post", [ident], body="Hello", subtype_xmlid="mail.mt_comment")
    assert read(odoo, ident, "write_date", "write_uid") == before
    assert endpoint.posts == []


@pytest.mark.parametrize("status", [404, 410, 500])
def test_a_refused_post_is_never_tried_again_and_the_change_stands(odoo19, endpoint, status):
    ident = create(odoo19)
    automate(odoo19, endpoint.url, watches=("priority",))
    endpoint.statuses.put(status)
    assert write(odoo19, ident, priority="3") is True
    assert [row["outcome"] for row in odoo19.posts()] == [status]
    time.sleep(0.3)
    assert len(endpoint.posts) == 1
    write(odoo19, ident, priority="2")
    assert [row["outcome"] for row in odoo19.posts()] == [status, 200]


def test_nobody_at_the_address_is_only_noted(odoo):
    ident = create(odoo)
    automate(odoo, "http://127.0.0.1:9/closed", watches=("priority",))
    assert write(odoo, ident, priority="3") is True
    assert [row["outcome"] for row in odoo.posts()] == ["ConnectionError"]


def test_faults_in_delivery_on_demand(odoo19, endpoint):
    ident = create(odoo19)
    automate(odoo19, endpoint.url, watches=("priority",))
    odoo19.disturb_deliveries("drop")
    write(odoo19, ident, priority="2")
    assert endpoint.posts == []
    odoo19.disturb_deliveries("duplicate")
    write(odoo19, ident, priority="3")
    assert len(endpoint.posts) == 2
    assert [row["outcome"] for row in odoo19.posts()] == ["dropped", 200, 200]


def test_a_deleted_ticket_is_posted_with_its_last_values(odoo, endpoint):
    ident = create(odoo, priority="2")
    automate(odoo, endpoint.url, trigger="on_unlink", sends=("priority", "number"))
    odoo.call(ADMIN, TICKET, "unlink", [ident])
    assert [(post["_id"], post["priority"], post["number"]) for post in endpoint.posts] == [(ident, "2", "HT00001")]


def test_an_automation_that_is_off_or_gone_says_nothing(odoo19, endpoint):
    rule = automate(odoo19, endpoint.url, watches=("priority",))
    ident = create(odoo19)
    endpoint.posts.clear()
    odoo19.call(ADMIN, "base.automation", "write", [rule], vals={"active": False})
    write(odoo19, ident, priority="3")
    odoo19.call(ADMIN, "base.automation", "write", [rule], vals={"active": True})
    odoo19.call(ADMIN, "base.automation", "unlink", [rule])
    write(odoo19, ident, priority="2")
    assert endpoint.posts == []
    assert odoo19.call(ADMIN, "ir.actions.server", "search_count", domain=[]) == 0


def recorded_post(series: int, name: str) -> dict:
    found = json.loads((FOLDER / f"{series}_webhook_{name}.json").read_text(encoding="utf-8"))
    post: dict = found["request"]["body"]
    return post


@pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)
@pytest.mark.parametrize("name", ["post_on_write", "post_on_create", "post_on_unlink", "post_on_mail_message"])
def test_a_post_is_like_the_recorded_one(odoo, endpoint, name):
    expected = recorded_post(odoo.series, name)
    model, fields = expected["_model"], sorted(set(expected) - OWN - {"x_severity"})
    trigger = "on_unlink" if "unlink" in name else "on_create" if model == "mail.message" else "on_create_or_write"
    assert len(field_ids(odoo, model, fields)) == len(fields)
    automate(odoo, endpoint.url, model=model, trigger=trigger, sends=tuple(fields), name="bridge")
    ident = create(odoo, team_id=1)
    if name == "post_on_unlink":
        odoo.call(ADMIN, TICKET, "unlink", [ident])
    elif name != "post_on_create":
        odoo.act(ident, AGENT, says="Hello", values={"priority": "2"})
    found = endpoint.posts[-1]
    assert set(found) == set(expected) - {"x_severity"}
    for key, value in expected.items():
        if key in found and value is not False and found[key] is not False:
            assert type(found[key]) is type(value), key
            if key.endswith("_date") or key == "date":
                assert len(found[key]) == len(value)
