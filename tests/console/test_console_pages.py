"""What the pages say."""

from datetime import timedelta

import pytest

from bridge.console.ticket_columns import COLUMNS
from bridge.errors import Retry
from bridge.ticket import TicketRef
from mappings.connection import Configuration

from .conftest import CONFIGURATION, MONDAY, ReviewingInstallation, answered, prioritised

HTMX = {"HX-Request": "true"}
HOSTILE = '"><script>document.title="owned"</script><img src=x onerror=alert(1)>{{7*7}}'


def page(bridge: ReviewingInstallation, path: str = "/", **headers: str) -> str:
    answer = bridge.app().test_client().get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_ticket_shows_severity_status_what_is_due_and_its_clause(bridge: ReviewingInstallation) -> None:
    bridge.review(bridge.ticket())
    text = page(bridge)
    assert "Console down" in text
    assert '<span class="severity urgent">critical</span>' in text
    assert "New" in text
    assert "first response" in text
    assert 'datetime="2026-03-02T08:30:00Z"' in text
    assert "the entire customer population is stopped" in text
    assert "Critical, High, Medium and Low by affected share and impact" in text  # the clause's own words
    assert "Acme" in text


def test_a_breached_clock_is_shown_until_it_is_met(bridge: ReviewingInstallation) -> None:
    ticket = bridge.ticket()
    bridge.now = MONDAY + timedelta(hours=3)
    bridge.review(ticket)
    line = bridge.app().test_client().get("/api/tickets").get_json()["tickets"][0]
    assert (line["overdue"], line["overdue_since"]) == ("first_response", "2026-03-02T08:30:00Z")
    bridge.review(answered(ticket, timedelta(hours=3)))
    line = bridge.app().test_client().get("/api/tickets").get_json()["tickets"][0]
    assert line["overdue"] == ""


def test_the_most_severe_tickets_come_first(bridge: ReviewingInstallation) -> None:
    for ident, level in (("1", "individual"), ("2", "all"), ("3", "small"), ("10", "all")):
        bridge.review(bridge.ticket(ident, level=level))
    tickets = bridge.app().test_client().get("/api/tickets").get_json()["tickets"]
    assert [ticket["id"] for ticket in tickets] == ["2", "10", "3", "1"]


def test_every_column_is_a_heading_a_cell_and_a_way_to_sort(bridge: ReviewingInstallation) -> None:
    for ident, level in (("1", "individual"), ("2", "all")):
        bridge.review(bridge.ticket(ident, level=level, subject=f"Ticket {ident}"))
    text = page(bridge)
    client = bridge.app().test_client()
    for column in COLUMNS:
        assert f">{column.header}</a></th>" in text
        assert f'href="/?sort={column.name}"' in text
        listed = client.get("/api/tickets", query_string={"sort": column.name}).get_json()["tickets"]
        assert sorted(ticket["id"] for ticket in listed) == ["1", "2"]
    assert [ticket["id"] for ticket in client.get("/api/tickets?sort=ticket").get_json()["tickets"]] == ["1", "2"]
    assert [ticket["id"] for ticket in client.get("/api/tickets?sort=unknown").get_json()["tickets"]] == ["2", "1"]


def test_text_of_customers_is_escaped(bridge: ReviewingInstallation) -> None:
    bridge.review(answered(bridge.ticket(subject=HOSTILE, description=HOSTILE), timedelta(minutes=5), HOSTILE))
    for path in ("/", "/tickets/zendesk/1"):
        text = page(bridge, path)
        assert "<script>document" not in text
        assert "<img src=x" not in text
        assert "{{7*7}}" in text


def test_a_page_that_is_up_to_date_is_not_sent_again(bridge: ReviewingInstallation) -> None:
    bridge.review(bridge.ticket())
    client = bridge.app().test_client()
    for path in ("/", "/tickets/zendesk/1"):
        first = client.get(path, headers=HTMX)
        seen = first.text.split('value="')[1].split('"')[0]
        assert client.get(path, query_string={"seen": seen}, headers=HTMX).status_code == 204
    bridge.now += timedelta(minutes=10)
    bridge.review(answered(bridge.ticket(), timedelta(minutes=10)))
    assert client.get("/tickets/zendesk/1", query_string={"seen": seen}, headers=HTMX).status_code == 200


def test_a_ticket_is_explained_rule_by_rule_and_clock_by_clock(bridge: ReviewingInstallation) -> None:
    bridge.now = MONDAY + timedelta(hours=1)
    bridge.review(prioritised(answered(bridge.ticket(), timedelta(minutes=20))))
    text = page(bridge, "/tickets/zendesk/1")
    assert "within 30 minutes; 20 min elapsed, target 30 min" in text
    assert "nobody has asked for escalation" in text  # MA-13 did not apply, and why
    assert "<td>counted</td><td>2026-03-02 08:00:00</td><td>2026-03-02 08:20:00</td>" in text
    assert "We are on it." in text
    assert "Nobody can work." in text
    assert "+policy_severity_critical" in text  # what was written


def test_a_review_that_failed_says_why(bridge: ReviewingInstallation) -> None:
    bridge.review(bridge.ticket(), outcome="retry", detail="the helpdesk asked us to wait")
    for path in ("/", "/tickets/zendesk/1"):
        text = page(bridge, path)
        assert "will be retried" in text
        assert "the helpdesk asked us to wait" in text


def test_a_parked_ticket_needs_attention(bridge: ReviewingInstallation) -> None:
    review = bridge.review(bridge.ticket())
    bridge.store.wake(review.ref, bridge.now, "delivery")
    (claim,) = bridge.store.claim(bridge.now, limit=1, lease_s=60)
    bridge.store.park(claim, type(review)(**{**vars(review), "id": "f" * 32, "detail": "credentials were refused"}))
    assert "needs attention: credentials were refused" in page(bridge)


def test_a_ticket_without_a_review_is_listed_and_says_so(bridge: ReviewingInstallation) -> None:
    bridge.store.wake(TicketRef(connection="zendesk", id="77"), bridge.now, "delivery")
    assert "#77" in page(bridge)
    answer = bridge.app().test_client().get("/tickets/zendesk/77")
    assert answer.status_code == 200
    assert "policybridge review zendesk:77" in answer.text
    unseen = bridge.app().test_client().get("/tickets/zendesk/78")
    assert unseen.status_code == 404
    assert "policybridge review zendesk:78" in unseen.text


def test_the_policy_page_names_what_the_configuration_replaces(bridge: ReviewingInstallation) -> None:
    said = "replaced under overrides in policybridge.yaml"
    assert said not in page(bridge, "/policy/maas360")
    replaced = {"overrides": {"maas360": {"title": "Our own promise", "version": "2"}}}
    bridge.configuration = Configuration.model_validate(CONFIGURATION | replaced)
    assert f"{said}: title, version." in page(bridge, "/policy/maas360")


def test_the_policy_page_has_every_clause_and_every_reading(bridge: ReviewingInstallation) -> None:
    text = page(bridge, "/policy/maas360")
    for clause in bridge.policy.clauses:
        assert f'id="{clause}"' in text
    for point in bridge.policy.interpretations:
        assert point.question.replace("'", "&#39;").replace('"', "&#34;") in text
    assert bridge.app().test_client().get("/policy/other").status_code == 404


def test_a_demonstration_says_so_on_every_page(bridge: ReviewingInstallation) -> None:
    bridge.review(bridge.ticket())
    client = bridge.app(speed=600).test_client()
    for path in ("/", "/tickets/zendesk/1", "/policy/maas360"):
        assert "600 times faster" in client.get(path).text
        assert "local sandbox" in client.get(path).text
    assert "local sandbox" not in page(bridge)


def test_while_the_store_is_down_the_page_says_so(
    bridge: ReviewingInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = bridge.app().test_client()

    reason = "database unreachable: disk is on fire; check that it runs"

    def down(*_: object, **__: object) -> None:
        raise Retry(reason)

    monkeypatch.setattr(bridge.store.database.reader, "connect", down)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "disk is on fire" in answer.text
    assert client.get("/api/tickets").get_json() == {
        "error": "database unreachable: disk is on fire; check that it runs"
    }
    assert client.get("/readyz").status_code == 503
    assert "fire" not in client.get("/readyz").text
    assert "policybridge_store_up 0.0" in client.get("/metrics").text
    assert client.get("/healthz").status_code == 200
