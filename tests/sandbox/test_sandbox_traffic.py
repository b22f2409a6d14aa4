"""Conflicts, idempotency, limits, credentials, paging, the export, and faults on demand."""

import time
from datetime import datetime

import pytest
import requests

ACME = 7101


def epoch(text):
    return int(datetime.fromisoformat(text).timestamp())


def test_a_safe_update_from_an_older_copy_conflicts_and_changes_nothing(api, sandbox):
    ticket = api.create()
    sandbox.advance(5)
    api.update(ticket["id"], priority="high")
    stale = {"safe_update": True, "updated_stamp": ticket["updated_at"]}
    assert api.update(ticket["id"], priority="low", ok=409, **stale)["error"] == "UpdateConflict"
    assert api.ticket(ticket["id"])["priority"] == "high"
    fresh = {"safe_update": True, "updated_stamp": api.ticket(ticket["id"])["updated_at"]}
    assert api.update(ticket["id"], priority="low", **fresh)["ticket"]["priority"] == "low"


def test_safe_update_false_is_as_safe_and_none_is_not(api, sandbox):
    ticket = api.create()
    sandbox.advance(5)
    api.update(ticket["id"], priority="high")
    api.update(ticket["id"], priority="low", safe_update=False, updated_stamp=ticket["updated_at"], ok=409)
    api.update(ticket["id"], priority="low", updated_stamp=ticket["updated_at"])


def test_stamps_have_whole_seconds(api):
    assert datetime.fromisoformat(api.create()["updated_at"]).microsecond == 0


def test_an_update_without_change_moves_no_stamp_and_leaves_no_audit(api, sandbox):
    ticket = api.create(priority="low", tags=["a"])
    sandbox.advance(5)
    answer = api.update(ticket["id"], priority="low", tags=["a"], status="new")
    assert answer["ticket"] == ticket
    assert answer["audit"]["events"] == []
    assert len(api.audits(ticket["id"])) == 1


def test_the_idempotency_key_makes_one_ticket(api):
    body = {"ticket": {"subject": "once", "comment": {"body": "once"}, "requester_id": ACME}}
    first = api.request("POST", "tickets", body, headers={"Idempotency-Key": "k1"})
    assert api.last.headers["x-idempotency-lookup"] == "miss"
    again = api.request("POST", "tickets", body, headers={"Idempotency-Key": "k1"})
    assert api.last.headers["x-idempotency-lookup"] == "hit"
    assert again == first
    body["ticket"]["subject"] = "twice"
    other = api.request("POST", "tickets", body, headers={"Idempotency-Key": "k1"}, ok=400)
    assert other["error"] == "IdempotentRequestError"


def test_headers_tell_what_is_left(api, sandbox):
    ident = api.create()["id"]
    sandbox.limit(account_per_minute=700, ticket_updates_per_minute=100, updates_per_ticket=30)
    api.update(ident, priority="low")
    headers = api.last.headers
    assert headers["x-rate-limit"] == "700"
    assert int(headers["x-rate-limit-remaining"]) < 700
    assert headers["zendesk-rate-limit-tickets-update"].startswith("total=100; remaining=99; resets=")
    assert headers["zendesk-ratelimit-per-ticket-updates"].startswith("total=30; remaining=29; resets=")


@pytest.mark.parametrize(
    ("limit", "span_s"), [("ticket_updates_per_minute", 60), ("updates_per_ticket", 600), ("account_per_minute", 60)]
)
def test_beyond_a_limit_there_is_429_until_the_window_is_over(api, sandbox, limit, span_s):
    ident = api.create()["id"]
    used = 1 if limit == "account_per_minute" else 0
    sandbox.limit(**{limit: 1 + used})
    api.update(ident, priority="low")
    refused = api.update(ident, priority="high", ok=429)
    assert refused["error"] == "APIRateLimitExceeded"
    assert 1 <= int(api.last.headers["Retry-After"]) <= span_s
    sandbox.advance(span_s)
    api.update(ident, priority="high")


def test_another_user_has_a_limit_of_their_own_on_a_ticket(api, sandbox):
    ident = api.create()["id"]
    sandbox.limit(updates_per_ticket=1)
    api.update(ident, priority="low")
    body = {"ticket": {"priority": "high"}}
    api.request("PUT", f"tickets/{ident}", body, headers={"X-On-Behalf-Of": "agent1@vendor.example"})


def oauth(sandbox, **asked):
    client = {
        "grant_type": "client_credentials",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
    }
    return requests.post(f"{sandbox.url}/oauth/tokens", json={**client, **asked}, timeout=30)


def bearer(sandbox, **asked):
    return {"auth": None, "headers": {"Authorization": f"Bearer {oauth(sandbox, **asked).json()['access_token']}"}}


def test_client_credentials_give_a_token_that_ends(api, sandbox):
    answer = oauth(sandbox, scope="read", expires_in=3600).json()
    assert (answer["token_type"], answer["scope"], answer["expires_in"]) == ("bearer", "read", 3600)
    access = bearer(sandbox)
    assert api.get("users/me", **access)["user"]["email"] == sandbox.email
    sandbox.admin("POST", "expire_tokens")
    assert api.get("users/me", ok=401, **access)["error"] == "invalid_token"
    assert "x-rate-limit" not in api.last.headers


def test_wrong_credentials_get_401(api, sandbox):
    assert oauth(sandbox, client_secret="guess").status_code == 401
    assert oauth(sandbox, expires_in=10).status_code == 400
    assert api.get("tickets", auth=("bridge@vendor.example/token", "guess"), ok=401)["error"]
    api.get("tickets", auth=None, ok=401)


def test_scopes_are_checked_when_used(api, sandbox):
    ident = api.create()["id"]
    narrow = bearer(sandbox, scope="tickets:read")
    api.get(f"tickets/{ident}", **narrow)
    api.get(f"tickets/{ident}/audits", ok=403, **narrow)
    api.request("PUT", f"tickets/{ident}", {"ticket": {"priority": "low"}}, ok=403, **narrow)
    api.get(f"tickets/{ident}/audits", **bearer(sandbox, scope="read"))


def test_audits_come_in_pages_by_cursor_and_by_offset(api):
    ident = api.create()["id"]
    for number in range(6):
        api.update(ident, subject=f"number {number}")
    everything = [audit["id"] for audit in api.audits(ident)]
    assert everything == sorted(everything)
    found, path = [], f"tickets/{ident}/audits.json?page[size]=3"
    while path:
        answer = api.get(path)
        found += [audit["id"] for audit in answer["audits"]]
        assert answer["meta"]["has_more"] == bool(answer["links"]["next"])
        path = (answer["links"]["next"] or "").partition("/api/v2/")[2]
    assert found == everything
    second = api.get(f"tickets/{ident}/audits?page=2&per_page=4")
    assert ([audit["id"] for audit in second["audits"]], second["count"]) == (everything[4:], 7)
    assert second["next_page"] is None
    newest = api.get(f"tickets/{ident}/audits?sort_order=desc&per_page=1")
    assert newest["audits"][0]["id"] == everything[-1]


def test_show_many_takes_a_hundred(api):
    made = [api.create()["id"] for _ in range(3)]
    listed = ",".join(map(str, [*made, 999]))
    assert [ticket["id"] for ticket in api.get(f"tickets/show_many.json?ids={listed}")["tickets"]] == made
    many = ",".join(map(str, range(101)))
    assert api.get(f"tickets/show_many?ids={many}", ok=400)["error"] == "TooManyValues"


def test_sideloads_bring_people_organizations_and_groups(api):
    ident = api.create(assignee_id=6101)["id"]
    answer = api.get(f"tickets/{ident}?include=users,organizations,groups")
    assert {user["id"] for user in answer["users"]} == {6100, 6101, ACME}
    assert [row["id"] for row in answer["organizations"]] == [5101]
    assert [row["id"] for row in answer["groups"]] == [4101]
    assert not any(key.startswith("_") for user in answer["users"] for key in user)


def test_tickets_are_found_by_external_id(api):
    ident = api.create(external_id="case-7")["id"]
    api.create()
    assert [ticket["id"] for ticket in api.get("tickets?external_id=case-7")["tickets"]] == [ident]


def test_the_export_never_returns_the_last_minute(api, sandbox):
    ticket = api.create()
    begin = epoch(ticket["created_at"]) - 100
    empty = api.get(f"incremental/tickets/cursor.json?start_time={begin}")
    assert (empty["tickets"], empty["end_of_stream"], empty["after_cursor"]) == ([], True, None)
    sandbox.advance(61)
    found = api.get(f"incremental/tickets/cursor.json?start_time={begin}")
    assert [row["id"] for row in found["tickets"]] == [ticket["id"]]
    api.get(f"incremental/tickets/cursor.json?start_time={epoch(ticket['created_at']) + 61}", ok=400)


def test_the_export_goes_on_from_its_cursor(api, sandbox):
    made = [api.create()["id"] for _ in range(5)]
    begin = epoch(api.ticket(made[0])["created_at"]) - 100
    sandbox.advance(120)
    page = api.get(f"incremental/tickets/cursor?start_time={begin}&per_page=2")
    found = [row["id"] for row in page["tickets"]]
    while not page["end_of_stream"]:
        page = api.get(f"incremental/tickets/cursor?cursor={page['after_cursor']}&per_page=2")
        found += [row["id"] for row in page["tickets"]]
    assert found == made
    assert api.get(f"incremental/tickets/cursor?cursor={page['after_cursor']}")["tickets"] == []
    api.update(made[1], priority="low")
    api.request("DELETE", f"tickets/{made[2]}")
    sandbox.advance(120)
    changed = api.get(f"incremental/tickets/cursor?cursor={page['after_cursor']}")["tickets"]
    assert [(row["id"], row["status"]) for row in changed] == [(made[1], "new"), (made[2], "deleted")]


def test_the_export_has_a_limit_of_its_own(api, sandbox):
    sandbox.limit(incremental_per_minute=1)
    path = "incremental/tickets/cursor?start_time=1000"
    api.get(path)
    assert "incremental export" in api.get(path, ok=429)["description"]


def test_a_fault_can_stand_in_for_the_answer(api, sandbox):
    ident = api.create()["id"]
    sandbox.fail("PUT", f"/api/v2/tickets/{ident}", status=503, headers={"Retry-After": "7"})
    api.update(ident, priority="low", ok=503)
    assert api.last.headers["Retry-After"] == "7"
    assert api.ticket(ident)["priority"] is None
    assert api.update(ident, priority="low")["ticket"]["priority"] == "low"


def test_an_update_can_be_applied_and_its_answer_lost(api, sandbox):
    ident = api.create()["id"]
    sandbox.fail("PUT", "/api/v2/tickets/*", drop=True, apply=True)
    with pytest.raises(requests.ConnectionError):
        api.update(ident, priority="low")
    assert api.ticket(ident)["priority"] == "low"
    sandbox.fail("PUT", "/api/v2/tickets/*", status=500, apply=True)
    api.update(ident, priority="high", ok=500)
    assert api.ticket(ident)["priority"] == "high"
    sandbox.fail("PUT", "/api/v2/tickets/*", drop=True)
    with pytest.raises(requests.ConnectionError):
        api.update(ident, priority="urgent")
    assert api.ticket(ident)["priority"] == "high"


def test_a_request_can_be_slow(api, sandbox):
    sandbox.fail("GET", "/api/v2/users/me", delay_s=0.3)
    begin = time.monotonic()
    api.get("users/me")
    assert time.monotonic() - begin >= 0.3


def test_the_journal_counts_every_request(api, sandbox):
    ident = api.create()["id"]
    api.update(ident, priority="low")
    api.update(ident, status="asleep", ok=422)
    puts = sandbox.requests("PUT", "/api/v2/tickets")
    assert [(row["body"]["ticket"], row["status"]) for row in puts] == [
        ({"priority": "low"}, 200),
        ({"status": "asleep"}, 422),
    ]
    assert sandbox.admin("GET", "counts")["counts"][f"PUT /api/v2/tickets/{ident}"] == 2
    assert "Authorization" not in puts[0]["headers"]


def test_unknown_paths_and_bodies_are_refused(api, sandbox):
    assert api.get("nothing/here", ok=404)["error"] == "InvalidEndpoint"
    assert api.request("POST", "tickets", {"tickt": {}}, ok=400)["error"] == "ParameterMissing"
    assert api.request("PUT", "tickets/99", {"ticket": {}}, ok=404)["error"] == "RecordNotFound"
    with pytest.raises(requests.HTTPError):
        sandbox.limit(no_such_limit=1)
