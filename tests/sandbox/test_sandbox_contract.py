"""The sandbox against the official document, and against the client library the bridge uses."""

import pytest
import requests
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, CustomField, Ticket
from zenpy.lib.exception import APIException, RecordNotFoundException

UNDOCUMENTED = {"fields"}
"""Attributes of real tickets which the official document leaves out."""


def documented(openapi):
    if openapi is None:
        pytest.skip("the official OpenAPI document is not beside the repository (../shared/reference)")
    return openapi


def test_the_check_notices_a_wrong_answer_and_a_wrong_request(api, openapi):
    checked = documented(openapi)
    good = api.create()
    assert checked.check("GET", "/api/v2/tickets/1", None, 200, {"ticket": good})
    for wrong in ({"status": "asleep"}, {"tags": "a b"}, {"created_at": "yesterday"}, {"requester_id": "7101"}):
        with pytest.raises(AssertionError):
            checked.check("GET", "/api/v2/tickets/1", None, 200, {"ticket": good | wrong})
    with pytest.raises(AssertionError):
        checked.check("PUT", "/api/v2/tickets/1", {"ticket": {"assignee_id": "6101"}}, 200, {"ticket": good})
    with pytest.raises(AssertionError):
        checked.check("POST", "/api/v2/tickets", {"ticket": {"comment": {"body": "x"}}}, 200, {"ticket": good})
    assert not checked.check("GET", "/api/v2/webhooks", None, 200, {})


def test_a_ticket_has_no_attributes_of_the_sandboxs_own_invention(api, openapi):
    known = set(documented(openapi).document["components"]["schemas"]["TicketObject"]["properties"])
    assert set(api.create(assignee_id=6101)) <= known | UNDOCUMENTED


@pytest.fixture
def client(sandbox, monkeypatch):
    scheme, _, netloc = sandbox.url.partition("://")
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", netloc)
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", scheme)
    with requests.Session() as session:
        yield Zenpy(
            subdomain="sandbox", email=sandbox.email, token=sandbox.api_token, session=session, disable_cache=True
        )


def test_zenpy_reads_and_writes_tickets(api, client, ids):
    made = api.create(tags=["a"])
    ticket = client.tickets(id=made["id"])
    assert (ticket.subject, ticket.status, ticket.tags) == ("Printer", "new", ["a"])
    change = Ticket(
        id=made["id"],
        priority="urgent",
        tags=["a", "policy_maas360"],
        custom_status_id=ids["statuses.in_progress"],
        custom_fields=[CustomField(id=ids["fields.severity"], value="critical")],
        comment=Comment(body="Why", public=False),
        metadata={"keys": ["1"]},
        safe_update=True,
        updated_stamp=made["updated_at"],
    )
    answer = client.tickets.update(change)
    assert answer.ticket.priority == "urgent"
    assert {"priority", "tags", "status"} <= {event.get("field_name") for event in answer.audit.to_dict()["events"]}
    audits = list(client.tickets.audits(ticket=made["id"]))
    assert audits[-1].to_dict()["metadata"]["custom"] == {"keys": ["1"]}
    assert [comment.public for comment in client.tickets.comments(ticket=made["id"])] == [True, False]


def test_zenpy_meets_conflicts_and_missing_tickets(api, sandbox, client):
    made = api.create()
    sandbox.advance(5)
    api.update(made["id"], priority="low")
    late = Ticket(id=made["id"], priority="high", safe_update=True, updated_stamp=made["updated_at"])
    with pytest.raises(APIException) as conflict:
        client.tickets.update(late)
    assert conflict.value.response.status_code == 409
    with pytest.raises(RecordNotFoundException):
        client.tickets(id=99)


def test_zenpy_reads_everything_else(api, sandbox, client):
    api.create()
    sandbox.advance(120)
    export = client.tickets.incremental(start_time=1_000_000_000, paginate_by_time=False)
    assert [ticket.id for ticket in export] == [1]
    assert client.users.me().email == sandbox.email
    assert [user.id for user in client.users.search(query="am@vendor.example")] == [6110]
    assert {status.agent_label for status in client.custom_statuses()} >= {"Assigned", "Resolved"}
    assert {field.id for field in client.ticket_fields()} >= {3101}
    assert {group.name for group in client.groups()} >= {"Support, tier 3"}
    assert client.organizations(id=5101).name == "Acme"
