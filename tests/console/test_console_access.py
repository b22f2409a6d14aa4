"""Who may look, and what their browser may do."""

import logging

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from bridge.console.attempts import LIMIT
from bridge.runtime.console_token import first_token, new_token

from .conftest import TOKEN, ReviewingInstallation

EVERYTHING = [
    "/",
    "/tickets/zendesk/1",
    "/policy/maas360",
    "/api/tickets",
    "/api/reviews",
    "/changes",
    "/api/changes",
    "/metrics",
]


def ask(
    client: FlaskClient,
    path: str = "/",
    *,
    method: str = "GET",
    by: str = "127.0.0.1",
    host: str = "127.0.0.1:8080",
    data: dict[str, str] | None = None,
    **headers: str,
) -> TestResponse:
    base = {"REMOTE_ADDR": by}
    return client.open(path, method=method, base_url=f"http://{host}", environ_base=base, headers=headers, data=data)


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-For": "127.0.0.1"}, {"Cookie": "policybridge_console=x"}])
def test_without_a_token_nobody_has_access(bridge: ReviewingInstallation, path: str, headers: dict[str, str]) -> None:
    """Neither this machine has, nor a proxy on it that passes no header: it looks the same."""
    bridge.review(bridge.ticket(subject="secret words"))
    for by in ("127.0.0.1", "::1", "192.0.2.7"):
        answer = ask(bridge.closed_app().test_client(), path, by=by, **headers)
        assert answer.status_code in (302, 401)
        assert "secret words" not in answer.text


@pytest.mark.parametrize("token", ["", " ", "None"])
def test_without_a_token_no_token_is_right(bridge: ReviewingInstallation, token: str) -> None:
    client = bridge.closed_app().test_client()
    assert client.post("/login", data={"token": token}).status_code == 403
    assert ask(client, "/api/tickets", Authorization=f"Bearer {token}").status_code == 401


def test_an_approval_cannot_be_recorded_from_outside(bridge: ReviewingInstallation) -> None:
    bridge.review(bridge.ticket())
    client = bridge.closed_app().test_client()
    values = {"gate": "resolution", "decision": "granted", "address": "desk@acme.example"}
    assert client.post("/tickets/zendesk/1/answers", data=values).status_code == 302
    assert bridge.store.approvals(bridge.ticket().ref) == []


def test_a_token_that_was_made_at_the_first_start_opens_the_console(bridge: ReviewingInstallation) -> None:
    token = first_token(bridge.settings, bridge.store, bridge.now)
    assert token
    assert first_token(bridge.settings, bridge.store, bridge.now) is None, "it is shown once"
    client = bridge.closed_app().test_client()
    assert client.post("/login", data={"token": token}).status_code == 303
    assert client.get("/").status_code == 200
    following = new_token(bridge.settings, bridge.store, bridge.now)
    assert client.get("/").status_code == 302, "the new token has ended the session"
    assert client.post("/login", data={"token": token}).status_code == 403
    assert client.post("/login", data={"token": following}).status_code == 303


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080"])
def test_a_demo_is_open_to_this_machine(bridge: ReviewingInstallation, host: str) -> None:
    assert ask(bridge.app().test_client(), host=host).status_code == 200


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_demo_is_closed_to_others(bridge: ReviewingInstallation, path: str) -> None:
    assert_told_where_the_demo_is(ask(bridge.app().test_client(), path, by="192.0.2.7"))


@pytest.mark.parametrize("host", ["attacker.example", "localhost.attacker.example:8080", "127.0.0.1.attacker.example"])
def test_a_foreign_name_that_resolves_to_this_machine_is_turned_away(bridge: ReviewingInstallation, host: str) -> None:
    assert_told_where_the_demo_is(ask(bridge.app().test_client(), host=host))


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Via", "Forwarded", "x-forwarded-proto"])
def test_a_demo_is_closed_to_proxies_that_say_what_they_are(bridge: ReviewingInstallation, header: str) -> None:
    assert_told_where_the_demo_is(ask(bridge.app().test_client(), **{header: "192.0.2.7"}))


def assert_told_where_the_demo_is(answer: TestResponse) -> None:
    """Turned away without a form for a token that nobody has."""
    assert answer.status_code == 403
    assert "open http://127.0.0.1:" in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_open_to_every_machine(
    bridge: ReviewingInstallation, locked: ReviewingInstallation, path: str
) -> None:
    for installation in (bridge, locked):
        answer = ask(installation.app().test_client(), path, by="192.0.2.7", host="bridge.example")
        assert answer.status_code == 200


@pytest.mark.parametrize("path", EVERYTHING)
def test_with_a_token_even_this_machine_is_asked_for_it(locked: ReviewingInstallation, path: str) -> None:
    locked.review(locked.ticket(subject="secret words"))
    answer = ask(locked.app().test_client(), path)
    assert answer.status_code in (302, 401)
    assert "secret words" not in answer.text


@pytest.mark.parametrize("path", ["/api/tickets", "/metrics", "/"])
def test_programs_send_the_token(locked: ReviewingInstallation, path: str) -> None:
    client = locked.app().test_client()
    assert ask(client, path, host="bridge.example", Authorization=f"Bearer {TOKEN}").status_code == 200
    assert ask(client, path, host="bridge.example", Authorization="Bearer open").status_code in (302, 401)


def test_people_log_in_once_and_come_to_the_page_they_wanted(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    response = client.get("/policy/maas360?x=1")
    assert response.status_code == 302
    form = client.get(response.location)
    assert 'value="/policy/maas360?x=1"' in form.text
    entered = client.post("/login", data={"token": TOKEN, "then": "/policy/maas360?x=1"})
    assert (entered.status_code, entered.location) == (303, "/policy/maas360?x=1")
    assert client.get("/policy/maas360").status_code == 200
    client.post("/logout")
    assert client.get("/policy/maas360").status_code == 302


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    plain = client.post("/login", data={"token": TOKEN}).headers["Set-Cookie"]
    secure = client.post("/login", data={"token": TOKEN}, base_url="https://bridge.example").headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Strict" in plain
    assert "Secure" not in plain
    assert "Secure" in secure
    assert TOKEN not in plain


def test_a_wrong_token_opens_nothing(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    answer = client.post("/login", data={"token": "wrong"})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert client.get("/").status_code == 302


def test_another_token_ends_all_sessions(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    client.post("/login", data={"token": TOKEN})
    cookie = client.get_cookie("policybridge_console")
    assert cookie is not None
    changed = SecretStr("another token, please")
    locked.settings = locked.settings.model_copy(update={"console_token": changed})
    other = locked.app().test_client()
    other.set_cookie("policybridge_console", cookie.value)
    assert other.get("/").status_code == 302


def test_an_expired_session_on_an_open_page_leads_to_the_form(locked: ReviewingInstallation) -> None:
    answer = ask(locked.app().test_client(), "/", **{"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


@pytest.mark.parametrize(
    "then",
    [
        "https://attacker.example/",
        "//attacker.example",
        "/\\attacker.example",
        "javascript:alert(1)",
        "/\t/attacker.example",
        "/\n/attacker.example",
        "\t//attacker.example",
        "/x\\..\\attacker.example",
        " //attacker.example",
        "/\u2028/attacker.example",
    ],
)
def test_logging_in_never_leads_to_another_site(locked: ReviewingInstallation, then: str) -> None:
    answer = locked.app().test_client().post("/login", data={"token": TOKEN, "then": then})
    assert answer.location == "/"


def test_a_form_on_another_site_cannot_log_in_or_out(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    foreign = {"Origin": "https://attacker.example"}
    assert client.post("/login", data={"token": TOKEN}, headers=foreign).status_code == 403
    client.post("/login", data={"token": TOKEN})
    client.post("/logout", headers=foreign)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("path", [*EVERYTHING, "/healthz", "/static/console.css"])
def test_every_answer_binds_the_browser(bridge: ReviewingInstallation, path: str) -> None:
    headers = bridge.app().test_client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert path.startswith("/static") or headers["Cache-Control"] == "no-store"


def test_logging_out_ends_the_session_whoever_kept_the_cookie(locked: ReviewingInstallation) -> None:
    client, thief = locked.app().test_client(), locked.app().test_client()
    client.post("/login", data={"token": TOKEN})
    cookie = client.get_cookie("policybridge_console")
    assert cookie is not None
    thief.set_cookie("policybridge_console", cookie.value)
    assert thief.get("/").status_code == 200
    client.post("/logout")
    assert thief.get("/").status_code == 302


def test_wrong_tokens_are_braked_and_logged_and_who_is_logged_in_does_not_notice(
    locked: ReviewingInstallation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    client = locked.app().test_client()
    client.post("/login", data={"token": TOKEN})
    wrong = [ask(client, "/login", method="POST", data={"token": f"guess {n}"}).status_code for n in range(LIMIT)]
    assert wrong == [403] * LIMIT
    throttled = ask(client, "/login", method="POST", data={"token": TOKEN})
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "60")
    assert ask(client, "/login", method="POST", by="192.0.2.9", data={"token": TOKEN}).status_code == 303
    assert client.get("/").status_code == 200


def test_tokens_of_programs_are_braked_as_well(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    codes = [ask(client, "/metrics", Authorization=f"Bearer {n}").status_code for n in range(LIMIT + 5)]
    assert codes == [401] * LIMIT + [429] * 5


def test_addresses_of_one_ipv6_network_count_together(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    for number in range(LIMIT):
        ask(client, "/metrics", by=f"2001:db8::{number:x}", Authorization="Bearer x")
    assert ask(client, "/metrics", by="2001:db8::ffff", Authorization="Bearer x").status_code == 429
    assert ask(client, "/metrics", by="2001:db8:0:1::1", Authorization="Bearer x").status_code == 401
