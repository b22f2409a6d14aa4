"""What becomes of a ticket: the rules of state, tags, fields, people and comments."""

import pytest

from bridge.sandbox.zendesk.comments import MAX_BODY_BYTES

AGENT, SECOND_AGENT, EXPERT = 6101, 6102, 6104
ACME, EMPLOYEE, BANK = 7101, 7102, 7103


def changes(audit):
    return {e["field_name"]: (e["previous_value"], e["value"]) for e in audit["events"] if e["type"] == "Change"}


def test_a_new_ticket_has_its_first_audit(api):
    ticket = api.create(tags=["VIP", "two words"], priority="high")
    assert (ticket["status"], ticket["custom_status_id"], ticket["priority"]) == ("new", 2101, "high")
    assert ticket["tags"] == ["two", "vip", "words"]
    assert ticket["description"] == "It burns"
    assert ticket["organization_id"] == 5101
    (audit,) = api.audits(ticket["id"])
    created = {event["field_name"]: event["value"] for event in audit["events"] if event["type"] == "Create"}
    assert created["status"] == "new"
    assert created["requester_id"] == str(ACME)
    assert created["tags"] == ["two", "vip", "words"]
    assert [event["body"] for event in audit["events"] if event["type"] == "Comment"] == ["It burns"]


def test_a_ticket_without_a_comment_is_refused(api):
    answer = api.request("POST", "tickets", {"ticket": {"subject": "?", "requester_id": ACME}}, ok=422)
    assert answer["error"] == "RecordInvalid"


def test_assignment_opens_a_new_ticket_and_brings_the_agents_group(api):
    ident = api.create()["id"]
    answer = api.update(ident, assignee_id=AGENT)
    assert (answer["ticket"]["status"], answer["ticket"]["custom_status_id"]) == ("open", 2102)
    assert answer["ticket"]["group_id"] == 4101
    assert changes(answer["audit"])["status"] == ("new", "open")


def test_a_ticket_never_goes_back_to_new(api):
    ident = api.create(assignee_id=AGENT)["id"]
    answer = api.update(ident, status="new", assignee_id=None, ok=422)
    assert list(answer["details"]) == ["status"]
    assert api.ticket(ident)["status"] == "open"


def test_solving_needs_an_assignee(api):
    ident = api.create()["id"]
    assert api.update(ident, status="solved", ok=422)["error"] == "RecordInvalid"
    solved = api.update(ident, status="solved", assignee_id=AGENT)["ticket"]
    assert (solved["status"], solved["custom_status_id"]) == ("solved", 2108)


def test_closed_is_closed(api):
    ident = api.create(assignee_id=AGENT)["id"]
    closed = api.update(ident, status="closed")["ticket"]
    assert (closed["status"], closed["custom_status_id"]) == ("closed", 2108)
    refused = api.update(ident, status="open", ok=422)
    assert refused["details"]["status"][0]["description"] == "Status: closed prevents ticket update"


@pytest.mark.parametrize("wrong", [{"status": "asleep"}, {"priority": "huge"}, {"type": "poem"}, {"group_id": 1}])
def test_values_outside_their_list_are_refused(api, wrong):
    ident = api.create()["id"]
    assert api.request("PUT", f"tickets/{ident}", {"ticket": wrong}, ok=422)["error"] == "RecordInvalid"


def test_a_priority_cannot_be_emptied(api):
    ident = api.create(priority="low")["id"]
    assert list(api.request("PUT", f"tickets/{ident}", {"ticket": {"priority": None}}, ok=422)["details"]) == [
        "priority"
    ]


def test_a_custom_status_brings_its_category(api):
    ident = api.create(assignee_id=AGENT)["id"]
    ticket = api.update(ident, custom_status_id=2105)["ticket"]
    assert (ticket["status"], ticket["custom_status_id"]) == ("pending", 2105)


def test_a_status_brings_its_default_custom_status_and_keeps_one_of_its_own(api):
    ident = api.create(assignee_id=AGENT)["id"]
    assert api.update(ident, status="pending")["ticket"]["custom_status_id"] == 2104
    api.update(ident, custom_status_id=2105)
    assert api.update(ident, status="pending")["ticket"]["custom_status_id"] == 2105
    assert api.update(ident, status="open")["ticket"]["custom_status_id"] == 2102


def test_an_inactive_custom_status_is_refused(api):
    ident = api.create(assignee_id=AGENT)["id"]
    api.request("PUT", "custom_statuses/2107", {"custom_status": {"active": False}})
    assert list(api.update(ident, custom_status_id=2107, ok=422)["details"]) == ["custom_status_id"]


@pytest.mark.parametrize("before", ["pending", "hold", "solved"])
def test_a_customers_comment_reopens(api, sandbox, before):
    ident = api.create(assignee_id=AGENT)["id"]
    api.update(ident, status=before)
    sandbox.reply(ident, ACME, "There is more")
    ticket = api.ticket(ident)
    assert (ticket["status"], ticket["custom_status_id"]) == ("open", 2102)
    last = api.audits(ident)[-1]
    assert last["author_id"] == ACME
    assert last["via"]["channel"] == "email"
    assert changes(last)["status"] == (before, "open")


def test_a_customers_comment_keeps_the_custom_status_of_an_open_ticket(api, sandbox):
    ident = api.create(assignee_id=AGENT)["id"]
    api.update(ident, custom_status_id=2103)
    sandbox.reply(ident, ACME, "Any news?")
    assert api.ticket(ident)["custom_status_id"] == 2103


def test_an_agents_comment_for_the_customer_reopens_and_names_both(api):
    ident = api.create(assignee_id=AGENT)["id"]
    api.update(ident, status="pending")
    audit = api.update(ident, comment={"body": "They called: go on", "author_id": ACME})["audit"]
    (comment,) = [event for event in audit["events"] if event["type"] == "Comment"]
    assert (audit["author_id"], comment["author_id"]) == (6100, ACME)
    assert api.ticket(ident)["status"] == "open"


def test_tags_are_replaced_as_a_whole(api):
    ident = api.create(tags=["a", "b"])["id"]
    audit = api.update(ident, tags=["B", "c"])["audit"]
    assert changes(audit)["tags"] == (["a", "b"], ["b", "c"])


def test_additional_tags_do_not_work_on_a_single_update(api):
    ident = api.create(tags=["a"])["id"]
    assert api.update(ident, additional_tags=["b"])["audit"]["events"] == []
    assert api.ticket(ident)["tags"] == ["a"]


def test_the_tags_calls_set_add_and_remove(api):
    ident = api.create(tags=["a"])["id"]
    assert api.request("PUT", f"tickets/{ident}/tags", {"tags": ["b"]})["tags"] == ["a", "b"]
    assert api.request("POST", f"tickets/{ident}/tags", {"tags": ["c"]})["tags"] == ["c"]
    stale = {"tags": ["d"], "safe_update": "true", "updated_stamp": "2001-01-01T00:00:00Z"}
    api.request("PUT", f"tickets/{ident}/tags", stale, ok=409)
    api.request("DELETE", f"tickets/{ident}/tags", {"tags": ["x"]}, ok=204)
    assert api.get(f"tickets/{ident}/tags")["tags"] == ["c"]


def value_of(ticket, field):
    return next(item["value"] for item in ticket["custom_fields"] if item["id"] == field)


def test_a_dropdown_swaps_its_tag(api, ids):
    field = ids["facts.affected"]
    ident = api.create(tags=["x"], custom_fields=[{"id": field, "value": "affected_all"}])["id"]
    assert api.ticket(ident)["tags"] == ["affected_all", "x"]
    ticket = api.update(ident, custom_fields=[{"id": field, "value": "affected_small"}])["ticket"]
    assert ticket["tags"] == ["affected_small", "x"]
    assert value_of(ticket, field) == "affected_small"
    assert ticket["fields"] == ticket["custom_fields"]


def test_replacing_tags_without_the_option_tag_empties_the_dropdown(api, ids):
    field = ids["facts.affected"]
    ident = api.create(custom_fields=[{"id": field, "value": "affected_all"}])["id"]
    assert value_of(api.update(ident, tags=["x"])["ticket"], field) is None
    assert value_of(api.update(ident, tags=["affected_small"])["ticket"], field) == "affected_small"


def test_unknown_options_and_fields_are_ignored_with_200(api, ids):
    ident = api.create()["id"]
    unknown = [{"id": ids["facts.affected"], "value": "affected_nobody"}, {"id": 1, "value": "x"}]
    assert api.update(ident, custom_fields=unknown)["audit"]["events"] == []


def test_read_only_attributes_are_ignored_with_200(api):
    before = api.create()
    answer = api.update(before["id"], description="another", created_at="2001-01-01T00:00:00Z", via_id=3)
    assert answer["audit"]["events"] == []
    assert api.ticket(before["id"]) == before
    assert len(api.audits(before["id"])) == 1


def test_a_text_field_appears_in_the_audit_by_its_id(api, ids):
    field = ids["fields.severity"]
    audit = api.update(api.create()["id"], custom_fields=[{"id": field, "value": "critical"}])["audit"]
    assert changes(audit) == {str(field): (None, "critical")}


def test_another_group_drops_an_assignee_who_is_not_in_it(api):
    ident = api.create(assignee_id=AGENT)["id"]
    ticket = api.update(ident, group_id=4103)["ticket"]
    assert (ticket["group_id"], ticket["assignee_id"], ticket["status"]) == (4103, None, "open")
    ticket = api.update(ident, assignee_email="agent3@vendor.example")["ticket"]
    assert (ticket["group_id"], ticket["assignee_id"]) == (4103, EXPERT)
    kept = api.update(ident, assignee_id=SECOND_AGENT, group_id=4102)["ticket"]
    assert (kept["group_id"], kept["assignee_id"]) == (4102, SECOND_AGENT)


def test_an_assignee_must_be_an_agent_of_the_group(api):
    ident = api.create()["id"]
    assert list(api.update(ident, assignee_id=ACME, ok=422)["details"]) == ["assignee"]
    assert list(api.update(ident, assignee_id=AGENT, group_id=4103, ok=422)["details"]) == ["assignee"]


def test_the_organization_must_be_the_requesters(api):
    ident = api.create()["id"]
    assert list(api.update(ident, organization_id=5102, ok=422)["details"]) == ["organization"]
    moved = api.update(ident, requester_id=BANK)["ticket"]
    assert (moved["requester_id"], moved["organization_id"]) == (BANK, 5102)


def test_followers_are_put_and_deleted_and_only_agents_follow(api):
    ident = api.create()["id"]
    put = [
        {"user_email": "am@vendor.example", "action": "put"},
        {"user_id": "6114", "action": "put"},
        {"user_id": str(ACME), "action": "put"},
        {"user_email": "nobody@nowhere.example", "action": "put"},
    ]
    assert api.update(ident, followers=put)["ticket"]["follower_ids"] == [6110, 6114]
    left = api.update(ident, followers=[{"user_id": "6110", "action": "delete"}])["ticket"]
    assert left["follower_ids"] == left["collaborator_ids"] == [6114]
    assert [user["id"] for user in api.get(f"tickets/{ident}/followers")["users"]] == [6114]
    assert api.update(ident, follower_ids=[])["ticket"]["follower_ids"] == []


def test_public_comments_are_mailed_to_requester_and_followers_and_notes_to_followers(api):
    ident = api.create(follower_ids=[6114])["id"]

    def recipients(**comment):
        events = api.update(ident, comment=comment)["audit"]["events"]
        return [event["recipients"] for event in events if event["type"] == "Notification"]

    assert recipients(body="We are on it") == [[6114, ACME]]
    assert recipients(body="Careful", public=False) == [[6114]]


def test_placeholders_are_rendered_and_can_be_escaped(api):
    ident = api.create(subject="Fire", priority="high")["id"]
    text = r"Case {{ticket.id}}: {{ ticket.title }} ({{ticket.priority}}) {{ticket.nothing}}. \{{ticket.id}}"
    audit = api.update(ident, comment={"body": text, "public": False})["audit"]
    (comment,) = [event for event in audit["events"] if event["type"] == "Comment"]
    assert comment["body"] == f"Case {ident}: Fire (High) . {{{{ticket.id}}}}"


def test_a_plain_body_loses_blanks_and_an_html_body_keeps_its_form(api):
    ident = api.create()["id"]
    api.update(ident, comment={"body": "a   b\n\n\nc <d>"})
    api.update(ident, comment={"html_body": "<p>a</p><p>b &amp; c</p>", "public": False})
    first, second = api.get(f"tickets/{ident}/comments")["comments"][1:]
    assert first["body"] == "a b\nc <d>"
    assert "c &lt;d&gt;" in first["html_body"]
    assert (second["plain_body"], second["public"]) == ("a\nb & c", False)


def test_long_bodies_are_cut_silently(api):
    audit = api.update(api.create()["id"], comment={"body": "ü" * MAX_BODY_BYTES})["audit"]
    (comment,) = [event for event in audit["events"] if event["type"] == "Comment"]
    assert len(comment["body"].encode()) == MAX_BODY_BYTES


def test_there_is_a_most_of_comments(api, sandbox):
    ident = api.create()["id"]
    sandbox.limit(comments_per_ticket=2)
    api.update(ident, comment={"body": "two"})
    api.update(ident, comment={"body": "three"}, ok=422)
    api.update(ident, priority="low")


def test_metadata_goes_to_the_audit(api):
    ident = api.create()["id"]
    api.update(ident, priority="low", metadata={"policybridge": {"keys": ["a/b"]}})
    assert api.audits(ident)[-1]["metadata"]["custom"] == {"policybridge": {"keys": ["a/b"]}}
    assert "metadata" not in api.ticket(ident)


def test_a_logged_call_is_a_voice_comment(api, sandbox):
    ident = api.create()["id"]
    sandbox.call(ident, "agent1@vendor.example", "Told them to wait")
    audit = api.audits(ident)[-1]
    (event,) = [event for event in audit["events"] if event["type"] == "VoiceComment"]
    assert audit["author_id"] == event["author_id"] == AGENT
    assert event["data"]["transcription_text"] == "Told them to wait"
    assert audit["via"]["channel"] == "voice"
    assert [comment["type"] for comment in api.get(f"tickets/{ident}/comments")["comments"]][-1] == "VoiceComment"


def test_an_auto_reply_shows_its_flag_and_its_headers(api, sandbox):
    ident = api.create()["id"]
    sandbox.reply(ident, ACME, "Out of office", auto_reply=True)
    metadata = api.audits(ident)[-1]["metadata"]
    assert metadata["flags"] == [4]
    assert metadata["system"]["machine_generated"] is True
    assert metadata["system"]["raw_email"]["headers"]["Auto-Submitted"] == "auto-replied"


def test_somebody_else_can_act_through_the_api(api):
    ident = api.create()["id"]
    body = {"ticket": {"comment": {"body": "me again"}}}
    api.request("PUT", f"tickets/{ident}", body, headers={"X-On-Behalf-Of": "helpdesk@acme.example"})
    assert api.audits(ident)[-1]["author_id"] == ACME


def test_a_request_may_bring_a_new_requester(api):
    ticket = api.create(requester={"name": "Somebody new", "email": "new@elsewhere.example"})
    assert api.get(f"users/{ticket['requester_id']}")["user"]["email"] == "new@elsewhere.example"


def test_a_deleted_ticket_is_gone(api):
    ident = api.create()["id"]
    api.request("DELETE", f"tickets/{ident}", ok=204)
    assert api.request("GET", f"tickets/{ident}", ok=404)["error"] == "RecordNotFound"
    assert api.get("tickets")["tickets"] == []


def test_half_of_a_surrogate_pair_becomes_a_replacement_character(api):
    ident = api.create(comment={"body": "cut \ud83d here"})["id"]
    [comment] = [event for event in api.audits(ident)[0]["events"] if event["type"] == "Comment"]
    assert comment["body"] == "cut \N{REPLACEMENT CHARACTER} here"
    api.update(ident, comment={"html_body": "<p>\udc00</p>"})
