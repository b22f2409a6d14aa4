"""Ticket forms, groups, views, rules, settings, searches; every exchange is checked against the official document."""

import pytest

FORM, GROUP = 8101, 4103
AGENT = {"auth": ("agent1@vendor.example/token", "sandbox-api-token-for-loopback-only")}


def test_a_form_keeps_what_is_not_sent(api, ids):
    form = api.get(f"ticket_forms/{FORM}")["ticket_form"]
    assert form["ticket_field_ids"][0] == ids["facts.affected"]
    fields = [*form["ticket_field_ids"], ids["fields.severity"]]
    api.request("PUT", f"ticket_forms/{FORM}", {"ticket_form": {"ticket_field_ids": fields}})
    after = next(row for row in api.get("ticket_forms")["ticket_forms"] if row["id"] == FORM)
    assert (after["name"], after["ticket_field_ids"]) == (form["name"], fields)
    api.request("PUT", f"ticket_forms/{FORM}", {"ticket_form": {"ticket_field_ids": [1]}}, ok=422)


def test_a_deleted_field_leaves_every_form(api, ids):
    api.request("DELETE", f"ticket_fields/{ids['facts.impact']}", ok=204)
    assert all(ids["facts.impact"] not in row["ticket_field_ids"] for row in api.get("ticket_forms")["ticket_forms"])


def test_the_tag_of_an_option_belongs_to_one_field(api):
    field = {"type": "tagger", "title": "Twice", "custom_field_options": [{"name": "A", "value": "affected_all"}]}
    assert "affected_all" in str(api.request("POST", "ticket_fields", {"ticket_field": field}, ok=422))


def test_groups_have_names_of_their_own(api):
    made = api.request("POST", "groups", {"group": {"name": "Night shift"}}, ok=201)["group"]
    api.request("POST", "groups", {"group": {"name": "night shift"}}, ok=422)
    api.request("PUT", f"groups/{made['id']}", {"group": {"name": "Late shift"}})
    assert api.get(f"groups/{made['id']}")["group"]["name"] == "Late shift"
    api.request("DELETE", f"groups/{made['id']}", ok=204)
    api.get(f"groups/{made['id']}", ok=404)


def test_a_view_is_sent_flat_and_comes_back_nested(api, ids):
    tagged = {"field": "current_tags", "operator": "includes", "value": "vip"}
    output = {"columns": ["status", str(ids["fields.severity"])], "sort_by": "created", "sort_order": "asc"}
    view = {"title": "VIP", "all": [tagged], "output": output}
    made = api.request("POST", "views", {"view": view}, ok=200)["view"]
    assert made["conditions"] == {"all": [tagged], "any": []}
    assert [column["id"] for column in made["execution"]["columns"]] == ["status", ids["fields.severity"]]
    after = api.request("PUT", f"views/{made['id']}", {"view": {"active": False}})["view"]
    assert (after["active"], after["conditions"]) == (False, made["conditions"])
    wrong = {**view, "output": {"columns": ["weather"]}}
    api.request("POST", "views", {"view": wrong}, ok=422)
    api.request("DELETE", f"views/{made['id']}", ok=204)
    assert api.get("views")["views"] == []


def test_the_standard_trigger_mails_public_comments(api):
    (trigger,) = api.get("triggers")["triggers"]
    assert trigger["actions"][0]["value"][0] == "requester_and_ccs"
    assert api.get("automations")["automations"] == []
    assert api.get("account/settings")["settings"]["tickets"]["follower_and_email_cc_collaborations"]


@pytest.mark.parametrize("path", ["ticket_fields", "ticket_forms", "groups", "custom_statuses", "webhooks", "triggers"])
def test_only_administrators_configure(api, path):
    assert api.request("POST", path, {}, ok=403, **AGENT)["error"]["title"] == "Forbidden"


def test_tickets_are_counted_by_what_they_are(api, ids):
    api.create(tags=["vip"], group_id=GROUP, custom_fields=[{"id": ids["facts.company"], "value": "Acme"}])
    api.create()
    for query in ("tags:vip", f"group_id:{GROUP}", f"custom_field_{ids['facts.company']}:*", "status<solved tags:vip"):
        assert api.get(f"search/count?query=type:ticket {query}") == {"count": 1}
    assert api.get("search/count?query=type:ticket status:solved") == {"count": 0}
