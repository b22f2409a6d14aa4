"""Who may look, and what their browser may do."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from .conftest import ReviewingInstallation

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
    client: FlaskClient, path: str = "/", *, by: str = "127.0.0.1", host: str = "127.0.0.1:8080", **headers: str
) -> TestResponse:
    return client.get(path, base_url=f"http://{host}", environ_base={"REMOTE_ADDR": by}, headers=headers)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080"])
def test_without_a_token_this_machine_has_access(bridge: ReviewingInstallation, host: str) -> None:
    assert ask(bridge.app().test_client(), host=host).status_code == 200


@pytest.mark.parametrize("path", EVERYTHING)
def test_without_a_token_others_have_no_access(bridge: ReviewingInstallation, path: str) -> None:
    bridge.review(bridge.ticket(subject="secret words"))
    answer = ask(bridge.app().test_client(), path, by="192.0.2.7")
    assert answer.status_code == 403
    assert "POLICYBRIDGE_CONSOLE_TOKEN" in answer.text
    assert "secret words" not in answer.text


@pytest.mark.parametrize("host", ["attacker.example", "localhost.attacker.example:8080", "127.0.0.1.attacker.example"])
def test_a_foreign_name_that_resolves_to_this_machine_is_turned_away(bridge: ReviewingInstallation, host: str) -> None:
    assert ask(bridge.app().test_client(), host=host).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_without_a_token_a_proxy_on_this_machine_opens_nothing(bridge: ReviewingInstallation, header: str) -> None:
    assert ask(bridge.app().test_client(), **{header: "192.0.2.7"}).status_code == 403


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
    assert ask(client, path, host="bridge.example", Authorization="Bearer open sesame").status_code == 200
    assert ask(client, path, host="bridge.example", Authorization="Bearer open").status_code in (302, 401)


def test_people_log_in_once_and_come_to_the_page_they_wanted(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    asked = client.get("/policy/maas360?x=1")
    assert asked.status_code == 302
    form = client.get(asked.location)
    assert 'value="/policy/maas360?x=1"' in form.text
    entered = client.post("/login", data={"token": "open sesame", "then": "/policy/maas360?x=1"})
    assert (entered.status_code, entered.location) == (303, "/policy/maas360?x=1")
    assert client.get("/policy/maas360").status_code == 200
    client.post("/logout")
    assert client.get("/policy/maas360").status_code == 302


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    plain = client.post("/login", data={"token": "open sesame"}).headers["Set-Cookie"]
    secure = client.post("/login", data={"token": "open sesame"}, base_url="https://bridge.example").headers[
        "Set-Cookie"
    ]
    assert "HttpOnly" in plain
    assert "SameSite=Strict" in plain
    assert "Secure" not in plain
    assert "Secure" in secure
    assert "open sesame" not in plain


def test_a_wrong_token_opens_nothing(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    answer = client.post("/login", data={"token": "wrong"})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert client.get("/").status_code == 302


def test_another_token_ends_all_sessions(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    client.post("/login", data={"token": "open sesame"})
    cookie = client.get_cookie("policybridge_console")
    assert cookie is not None
    changed = type(locked.settings.console_token)("another") if locked.settings.console_token else None
    locked.settings = locked.settings.model_copy(update={"console_token": changed})
    other = locked.app().test_client()
    other.set_cookie("policybridge_console", cookie.value)
    assert other.get("/").status_code == 302


def test_an_expired_session_on_an_open_page_leads_to_the_form(locked: ReviewingInstallation) -> None:
    answer = ask(locked.app().test_client(), "/", **{"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


@pytest.mark.parametrize(
    "then", ["https://attacker.example/", "//attacker.example", "/\\attacker.example", "javascript:alert(1)"]
)
def test_logging_in_never_leads_to_another_site(locked: ReviewingInstallation, then: str) -> None:
    answer = locked.app().test_client().post("/login", data={"token": "open sesame", "then": then})
    assert answer.location == "/"


def test_a_form_on_another_site_cannot_log_in_or_out(locked: ReviewingInstallation) -> None:
    client = locked.app().test_client()
    foreign = {"Origin": "https://attacker.example"}
    assert client.post("/login", data={"token": "open sesame"}, headers=foreign).status_code == 403
    client.post("/login", data={"token": "open sesame"})
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
