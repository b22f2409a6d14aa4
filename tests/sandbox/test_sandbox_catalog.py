"""Users, organizations, groups, ticket fields and custom statuses."""

AGENT = 6101


def test_people_are_found_by_address(api):
    assert [user["id"] for user in api.get("users/search.json?query=email:am@vendor.example")["users"]] == [6110]
    assert [user["id"] for user in api.get("users/search?query=helpdesk@acme.example")["users"]] == [7101]
    found = api.get("search.json?query=type:user email:am@vendor.example")
    assert [(row["id"], row["result_type"]) for row in found["results"]] == [(6110, "user")]
    assert api.get("search?query=type:ticket status:open", ok=400)["error"] == "invalid"


def test_people_organizations_and_groups_are_shown(api, ids):
    user = api.get("users/7105.json")["user"]
    assert (user["locale"], user["role"], user["organization_id"]) == ("ja", "end-user", 5104)
    assert api.get("users/me")["user"]["id"] == ids["users.integration"]
    assert [row["id"] for row in api.get("users/show_many?ids=7101,6101")["users"]] == [7101, 6101]
    assert api.get("organizations/5101")["organization"]["name"] == "Acme"
    assert [row["id"] for row in api.get("organizations/show_many?ids=5102")["organizations"]] == [5102]
    groups = {row["id"] for row in api.get("groups/assignable")["groups"]}
    assert {ids[f"groups.{name}"] for name in ("tier_1", "tier_2", "tier_3", "japanese")} == groups
    assert {row["role"] for row in api.get("users?role=agent")["users"]} == {"agent"}
    api.get("users/1", ok=404)


def test_a_field_is_created_changed_and_deleted(api):
    field = {"type": "tagger", "title": "Size", "custom_field_options": [{"name": "S", "value": "size_s"}]}
    made = api.request("POST", "ticket_fields", {"ticket_field": field}, ok=201)["ticket_field"]
    assert made["raw_title"] == "Size"
    assert api.get(f"ticket_fields/{made['id']}/options")["custom_field_options"][0]["value"] == "size_s"
    kept = api.request("PUT", f"ticket_fields/{made['id']}", {"ticket_field": {"title": "Big", "type": "text"}})
    assert (kept["ticket_field"]["type"], kept["ticket_field"]["title"]) == ("tagger", "Big")
    ident = api.create(custom_fields=[{"id": made["id"], "value": "size_s"}])["id"]
    api.request("DELETE", f"ticket_fields/{made['id']}", ok=204)
    api.get(f"ticket_fields/{made['id']}", ok=404)
    assert made["id"] not in {item["id"] for item in api.ticket(ident)["custom_fields"]}


def test_a_list_of_options_replaces_the_old_one_and_its_values(api, ids):
    field = ids["facts.affected"]
    lost = api.create(tags=["x"], custom_fields=[{"id": field, "value": "affected_all"}])["id"]
    kept = api.create(custom_fields=[{"id": field, "value": "affected_small"}])["id"]
    options = [{"name": "Small", "value": "affected_small"}]
    api.request("PUT", f"ticket_fields/{field}", {"ticket_field": {"custom_field_options": options}})
    values = {
        ident: next(item["value"] for item in api.ticket(ident)["custom_fields"] if item["id"] == field)
        for ident in (lost, kept)
    }
    assert values == {lost: None, kept: "affected_small"}
    assert api.ticket(lost)["tags"] == ["x"]


def test_impossible_fields_and_statuses_are_refused(api):
    api.request("POST", "ticket_fields", {"ticket_field": {"type": "datetime", "title": "When"}}, ok=422)
    api.request("POST", "ticket_fields", {"ticket_field": {"type": "text"}}, ok=422)
    api.request("POST", "custom_statuses", {"custom_status": {"status_category": "closed"}}, ok=422)


def test_custom_statuses_are_listed_created_and_switched_off(api):
    rows = api.get("custom_statuses")["custom_statuses"]
    assert {row["status_category"] for row in rows if row["default"]} == {"new", "open", "pending", "hold", "solved"}
    given = {"status_category": "pending", "agent_label": "Waits for parts"}
    made = api.request("POST", "custom_statuses", {"custom_status": given}, ok=201)["custom_status"]
    assert (made["end_user_label"], made["default"], made["active"]) == ("Waits for parts", False, True)
    changed = {"active": False, "agent_label": "Parts"}
    after = api.request("PUT", f"custom_statuses/{made['id']}", {"custom_status": changed})["custom_status"]
    assert (after["active"], after["agent_label"], after["status_category"]) == (False, "Parts", "pending")
    listed = api.get("custom_statuses?active=true&status_categories=pending")["custom_statuses"]
    assert [row["id"] for row in listed] == [2104, 2105]


def test_a_search_exports_every_ticket_that_matches(api, sandbox):
    statuses = ("new", "open", "pending", "hold", "solved")
    made = [api.create(status=status, assignee_id=6101)["id"] for status in statuses]
    query = "search/export.json?filter[type]=ticket&page[size]=3&query=status<solved"
    first = api.get(query)
    assert ([row["id"] for row in first["results"]], first["meta"]["has_more"]) == (made[:3], True)
    cursor = first["meta"]["after_cursor"]
    second = api.get(f"{query}&page[after]={cursor}")
    assert ([row["id"] for row in second["results"]], second["meta"]["has_more"]) == (made[3:4], False)
    assert second["links"]["next"] is None
    assert first["results"][0]["result_type"] == "ticket"
    assert [row["id"] for row in api.get("search/export?filter[type]=ticket&query=status:solved")["results"]] == made[
        4:
    ]
    sandbox.advance(3601)
    assert "expired" in api.get(f"{query}&page[after]={cursor}", ok=400)["description"]


def test_a_search_export_needs_a_type_beside_its_query_and_has_a_limit_of_its_own(api, sandbox):
    api.get("search/export?query=status<solved", ok=400)
    api.get("search/export?filter[type]=ticket&query=type:ticket", ok=400)
    api.get("search/export?filter[type]=ticket&query=printer", ok=400)
    sandbox.limit(search_export_per_minute=3)
    api.get("search/export?filter[type]=ticket&query=status:open", ok=429)
    assert "search export" in api.last.json()["description"]
