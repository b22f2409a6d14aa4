"""An answer given on the phone, recorded by an agent on the console's ticket page."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bridge.errors import Conflict, InputError
from bridge.policy.evaluation.context import Context
from bridge.runtime.approval_links import ApprovalLinks
from bridge.runtime.phone_approvals import PhoneApproval, recorded_approval
from bridge.store import SqlStore
from mappings.connection import Configuration
from tests.support.installation import Installation

from .conftest import AGENT, BOSS, CLIENT, GATES, REF, URL, ReviewedTicket

PAGE = "/tickets/simulated/7"
FORM = {"name": "Pat Example", "address": CLIENT, "recorded_by": "agent@vendor.example", "remarks": "Go ahead"}


def console(reviewed: ReviewedTicket) -> Flask:
    """The console of the bridge that reviews this ticket."""
    connections = {"acme": {"vendor": "zendesk"}}
    configuration = {"policy": "maas360", "overrides": {"maas360": GATES}, "connections": connections}
    installation = Installation(Configuration.model_validate(configuration), reviewed.store, lambda: reviewed.now)
    return installation.app()


def shown(client: FlaskClient) -> str:
    """The part of the ticket's page that is about questions and answers, as text."""
    html = client.get(PAGE).get_data(as_text=True)
    found = re.search(r'<section class="approvals".*?</section>', html, re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", found[0]))) if found else ""


def hidden(client: FlaskClient) -> dict[str, str]:
    """What the first form on the page carries by itself."""
    return dict(re.findall(r'type="hidden" name="(gate|opened)" value="([^"]*)"', client.get(PAGE).text)[:2])


@pytest.fixture
def purchase(sqlite_store: SqlStore) -> ReviewedTicket:
    """A purchase that the management has to approve."""
    reviewed = ReviewedTicket(sqlite_store, ApprovalLinks(URL, "a key that nobody else knows"))
    reviewed.set_fact("purchase", True)
    reviewed.review()
    assert reviewed.is_waiting("purchase")
    return reviewed


def test_an_agent_records_that_the_customer_agreed_and_the_gate_opens(reviewed: ReviewedTicket) -> None:
    client = console(reviewed).test_client()
    text = shown(client)
    assert "open estimate MA-08 asked of the customer on Mon 2 Mar 08:10" in text
    assert "We have an estimate for Reports." in text
    assert (
        f"Who may approve: anyone who speaks for the customer, such as {BOSS}, {CLIENT}. Addresses of your own staff"
        in text
    )
    reviewed.pass_time(minutes=5)
    done = client.post(f"{PAGE}/answers", data=FORM | hidden(client) | {"decision": "granted"})
    assert (done.status_code, done.location) == (303, f"{PAGE}#approvals")
    [answer] = reviewed.store.approvals(REF)
    assert (answer.granted, answer.by, answer.name, answer.recorded_by, answer.remarks) == (
        True,
        CLIENT,
        "Pat Example",
        "agent@vendor.example",
        "Go ahead",
    )
    assert answer.at == reviewed.now
    [claim] = reviewed.store.claim(reviewed.now, limit=1, lease_s=1)
    assert claim.why == "approval", "the ticket is looked at next"
    reviewed.pass_time(seconds=2)
    reviewed.review()
    assert not reviewed.is_waiting()
    text = shown(client)
    assert f"estimate approved by Pat Example, {CLIENT} by phone, recorded by agent@vendor.example Go ahead" in text
    assert "record a call" not in text


def test_a_refusal_is_one_too(reviewed: ReviewedTicket) -> None:
    client = console(reviewed).test_client()
    client.post(f"{PAGE}/answers", data=FORM | hidden(client) | {"decision": "refused"})
    reviewed.review()
    assert not reviewed.is_waiting()
    assert f"estimate refused by Pat Example, {CLIENT}" in shown(client)


def test_the_page_says_who_counts_and_who_did_not(purchase: ReviewedTicket) -> None:
    client = console(purchase).test_client()
    assert (
        f"Who may approve: the management contacts {BOSS}. An approval by anyone else is recorded and shown"
        in shown(client)
    )
    client.post(f"{PAGE}/answers", data=FORM | hidden(client) | {"decision": "granted"})
    purchase.review()
    assert purchase.is_waiting("purchase")
    text = shown(client)
    assert f"purchase approved by Pat Example, {CLIENT} by phone, recorded by agent@vendor.example does not" in text
    assert "open purchase" in text
    purchase.pass_time(minutes=1)
    client.post(f"{PAGE}/answers", data=FORM | hidden(client) | {"decision": "granted", "address": BOSS.upper()})
    purchase.review()
    assert not purchase.is_waiting("purchase")
    assert [each.by for each in purchase.store.approvals(REF)] == [CLIENT, BOSS]


def test_an_account_without_management_is_reported_to_have_nobody_who_counts(purchase: ReviewedTicket) -> None:
    purchase.helpdesk._account = purchase.account.model_copy(update={"management": frozenset()})
    purchase.review()
    assert "Nobody can approve this: the account has no management contact" in shown(console(purchase).test_client())


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"address": "nobody"}, "address: found 'nobody'; allowed: the e-mail address"),
        ({"address": AGENT.email.upper()}, "agent@vendor.example, an agent of this ticket"),
        ({"name": "  "}, "name: found nothing"),
        ({"recorded_by": ""}, "recorded by: found nothing"),
        ({"decision": "maybe"}, "decision: found 'maybe'; allowed: granted, refused"),
        ({"gate": "party"}, "gate: found 'party'; allowed under this policy: estimate, purchase, "),
        ({"opened": "yesterday"}, "opened: found no instant"),
        ({"remarks": "x" * 4001}, "allowed: comments of up to 4000 characters"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    reviewed: ReviewedTicket, form: dict[str, str], message: str
) -> None:
    client = console(reviewed).test_client()
    done = client.post(f"{PAGE}/answers", data=FORM | hidden(client) | {"decision": "granted"} | form)
    assert done.status_code == 400
    assert message in unescape(done.text)
    assert reviewed.store.approvals(REF) == []


def test_the_same_form_sent_twice_is_one_answer(reviewed: ReviewedTicket) -> None:
    client = console(reviewed).test_client()
    form = FORM | hidden(client) | {"decision": "granted"}
    assert client.post(f"{PAGE}/answers", data=form).status_code == 303
    again = client.post(f"{PAGE}/answers", data=form | {"decision": "refused"})
    assert again.status_code == 409
    assert "already recorded" in again.text
    assert [each.granted for each in reviewed.store.approvals(REF)] == [True]


def test_a_request_that_was_sent_again_meanwhile_needs_another_answer(reviewed: ReviewedTicket) -> None:
    client = console(reviewed).test_client()
    form = FORM | hidden(client) | {"decision": "granted"}
    reviewed.pass_time(minutes=10)
    reviewed.set_fact("estimate_hours", 40)
    reviewed.review()
    done = client.post(f"{PAGE}/answers", data=form)
    assert done.status_code == 409
    assert "requested again" in done.text
    assert reviewed.store.approvals(REF) == []


def test_a_question_that_does_not_wait_any_more_takes_no_answer(reviewed: ReviewedTicket) -> None:
    client = console(reviewed).test_client()
    form = FORM | hidden(client) | {"decision": "granted"}
    reviewed.browser().post(reviewed.link(), data={"decision": "approve"})
    reviewed.review()
    assert client.post(f"{PAGE}/answers", data=form).status_code == 409
    assert [each.recorded_by for each in reviewed.store.approvals(REF)] == [""], "the link was faster"


@pytest.mark.parametrize(
    "header", [{"Origin": "https://attacker.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_on_another_site_records_nothing(reviewed: ReviewedTicket, header: dict[str, str]) -> None:
    client = console(reviewed).test_client()
    done = client.post(f"{PAGE}/answers", data=FORM | hidden(client) | {"decision": "granted"}, headers=header)
    assert done.status_code == 403
    assert reviewed.store.approvals(REF) == []


def test_nobody_from_elsewhere_records_anything(reviewed: ReviewedTicket) -> None:
    client = console(reviewed).test_client()
    form = FORM | hidden(client) | {"decision": "granted"}
    assert client.post(f"{PAGE}/answers", data=form, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    assert client.post("/tickets/simulated/8/answers", data=form).status_code == 404
    assert reviewed.store.approvals(REF) == []


# -- what the console and the command have in common


def context(reviewed: ReviewedTicket) -> Context:
    review = reviewed.review()
    assert review.ticket
    assert review.account
    return Context(review.ticket, review.account, reviewed.policy, reviewed.now)


def test_a_confirmation_of_the_resolution_cannot_be_a_refusal(reviewed: ReviewedTicket) -> None:
    call = PhoneApproval("resolution", granted=False, address=CLIENT, name="Pat", recorded_by="agent")
    with pytest.raises(InputError, match="can only be confirmed"):
        recorded_approval(call, context(reviewed))


def test_an_approval_without_a_request_is_recorded_each_time(reviewed: ReviewedTicket) -> None:
    call = PhoneApproval("resolution", granted=True, address=CLIENT, name="Pat", recorded_by="agent")
    one, other = recorded_approval(call, context(reviewed)), recorded_approval(call, context(reviewed))
    assert one.opened is None
    assert one.id != other.id


def test_an_answer_that_would_count_for_nothing_is_not_taken(reviewed: ReviewedTicket) -> None:
    early = PhoneApproval("purchase", granted=True, address=BOSS, name="Boss", recorded_by="agent")
    with pytest.raises(Conflict, match="purchase is not requested yet"):
        recorded_approval(early, context(reviewed))
    reviewed.pass_time(minutes=5)
    reviewed.set_fact("estimate_hours", None)
    late = PhoneApproval("estimate", granted=True, address=CLIENT, name="Pat", recorded_by="agent")
    with pytest.raises(Conflict, match="estimate is not requested any more"):
        recorded_approval(late, context(reviewed))


# -- a real browser


@pytest.fixture
def address(reviewed: ReviewedTicket, serve_app: Callable[[Flask], str]) -> str:
    """Where the console is served."""
    return f"{serve_app(console(reviewed))}{PAGE}"


def test_an_agent_fills_in_the_form_while_the_page_goes_on_living(
    reviewed: ReviewedTicket, address: str, page: Any, tmp_path: Path
) -> None:
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.goto(address)
    page.get_by_text("record a call").click()
    page.get_by_label("Caller's name").fill("Pat Example")
    page.get_by_label("e-mail address").fill(CLIENT)
    reviewed.pass_time(minutes=1)
    reviewed.set_fact("affected", "all")
    reviewed.review()
    page.locator("header.card").get_by_text(
        "critical", exact=True
    ).wait_for()  # the page was brought up to date under the form
    assert page.get_by_label("Caller's name").input_value() == "Pat Example"
    page.get_by_label("Recorded by").fill("agent@vendor.example")
    page.get_by_label("Comment").fill("Go ahead")
    page.screenshot(path=tmp_path / "form.png")
    page.get_by_role("button", name="Approved by phone").click()
    page.get_by_text("approved by Pat Example").wait_for()
    reviewed.pass_time(seconds=2)
    reviewed.review()
    page.locator(".ask").wait_for(state="detached")
    assert not reviewed.is_waiting()
    page.screenshot(path=tmp_path / "done.png")
    assert complaints == []
