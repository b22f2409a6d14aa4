"""Planted secrets: none of them comes out in a log, the database, a page, metrics or an error message."""

from __future__ import annotations

import logging
import sqlite3
import string
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import redaction
from bridge.cli.logs import log_to_stderr
from bridge.config.settings import load_settings
from bridge.config.zendesk_settings import load_zendesk_settings
from bridge.errors import InputError
from tests.support.site import ROOT

from .conftest import EdgeServer, served

WEBHOOK_TOKEN = "canary-of-the-webhook-token-" + "0" * 16
CONSOLE_TOKEN = "canary of the console token"
CANARIES = {
    "POLICYBRIDGE_CONSOLE_TOKEN": CONSOLE_TOKEN,
    "POLICYBRIDGE_SECRET_KEY": "canary of the secret key",
    "ZENDESK_OAUTH_CLIENT_SECRET": "canary of the client secret",
    "ZENDESK_WEBHOOK_SECRET": "canary of the signing secret",
    "ODOO_API_KEY": "canary-of-the-api-key",
    "ODOO_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
}
SENT = {
    "X-Api-Key": "canary of a header",
    "Api-Key": "canary of another header",
    "Authorization": "Bearer canary-of-a-bearer-token",
    "Cookie": "session=canary-of-a-cookie",
    "X-Anything": "canary of anything",
}
CONNECTIONS = {
    "zendesk": {"vendor": "zendesk", "mode": "shadow"},
    "odoo": {"vendor": "odoo", "mode": "shadow"},
}


@pytest.fixture(autouse=True, scope="module")
def nothing_known() -> Iterator[None]:
    """A process that has read no secret; other tests have told this one that "secret" is one."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(redaction, "_known", {})
        yield


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[EdgeServer]:
    """A server that logs everything it can, with a secret wherever one may be."""
    variables = {
        **CANARIES,
        "ODOO_URL": "http://127.0.0.1:9",
        "ODOO_DB": "acme",
        "POLICYBRIDGE_LOG_LEVEL": "debug",
        "POLICYBRIDGE_PUBLIC_URL": "https://bridge.example.com",
    }
    running = served(tmp_path, connections=CONNECTIONS, **variables)
    yield running
    running.process.kill()


def test_no_planted_secret_comes_out(planted: EdgeServer) -> None:
    body = {"_model": "helpdesk.ticket", "_id": 7}
    hook = f"{planted.url}/webhooks/odoo/{WEBHOOK_TOKEN}"
    assert requests.post(hook, json=body, headers=SENT, timeout=20).status_code == 202
    assert requests.post(f"{hook}canary", json=body, headers=SENT, timeout=20).status_code == 401
    assert requests.get(hook, headers=SENT, timeout=20).status_code in (404, 405)
    assert requests.get(f"{planted.url}/approve/canary-of-a-link", headers=SENT, timeout=20).status_code == 404
    assert requests.post(f"{planted.url}/login", {"token": "canary of a wrong token"}, timeout=20).status_code == 403
    person = requests.Session()
    pages = [person.post(f"{planted.url}/login", {"token": CONSOLE_TOKEN}, headers=SENT, timeout=20).text]
    paths = ("/", "/changes", "/api/tickets", "/api/reviews", "/metrics", "/readyz", "/tickets/odoo/7", "/nowhere")
    pages.extend(person.get(f"{planted.url}{path}", timeout=20).text for path in paths)
    code, _ = planted.process.stop()
    assert code == 0
    kept = b"".join(path.read_bytes() for path in planted.folder.glob("bridge.sqlite3*"))
    for place, text in (("log", planted.log), ("database", kept.decode("latin-1")), ("pages", "".join(pages))):
        assert "canary" not in text, place
    assert "delivery_refused" in planted.log


def test_of_a_delivery_the_headers_that_help_are_kept(planted: EdgeServer) -> None:
    body = {"_model": "helpdesk.ticket", "_id": 7}
    requests.post(f"{planted.url}/webhooks/odoo/{WEBHOOK_TOKEN}", json=body, headers=SENT, timeout=20)
    with closing(sqlite3.connect(planted.folder / "bridge.sqlite3")) as database:
        [(headers,)] = database.execute("SELECT headers FROM deliveries")
    assert '"Content-Type": "application/json"' in headers
    assert "User-Agent" in headers


@pytest.mark.parametrize(
    "text",
    [
        "https://pat:canary-word@odoo.example.com refused",
        "postgresql+psycopg://pat:canary-word@host/name: no such host",
        "Authorization: Bearer canary.word-1~2",
        "authorization: basic canaryWORD==",
        "POST /webhooks/odoo/canary-word HTTP/1.1",
        "https://bridge.example.com/approve/canary.word",
        'the key is "known canary" here',
        '{"json": "known \\"canary\\""}',
    ],
)
def test_forms_that_hold_a_secret(text: str) -> None:
    redaction.remember("known canary")
    redaction.remember('known "canary"')
    assert "canary" not in redaction.redact(text)
    assert redaction.MASK in redaction.redact(text)


FORMS = [
    "api_key={}",
    "ODOO_API_KEY={}",
    "client_secret={}&grant_type=client_credentials",
    "GET /search?access_token={}&page=2 HTTP/1.1",
    "password={}",
    "password='{}'",
    """{{"api_key": "{}", "page": 2}}""",
    """{{\\"refresh_token\\": \\"{}\\"}}""",
    "{{'password': '{}'}}",
    "X-Api-Key: {}",
    "x-auth-token: {}",
    "Api-Key:{}",
    "client_secret: {}",
    "Password: {}",
    "https://pat:{}@odoo.example.com/web?next=/a",
    "https://pat:{}/word@odoo.example.com",
    "postgresql+psycopg://pat:x/{}@host/name",
]
CANARY = st.from_regex(r"[A-Za-z]{3,10}[0-9]{2,6}[A-Za-z0-9_.~+-]{2,20}[A-Za-z0-9]", fullmatch=True)
AROUND = st.text("abc xyz.,()", max_size=12)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25)
@given(canary=CANARY, before=AROUND, after=AROUND)
def test_a_planted_secret_is_taken_out_of_every_form(form: str, canary: str, before: str, after: str) -> None:
    redacted = redaction.redact(f"{before} {form.format(canary)} {after}")
    assert canary not in redacted
    assert redacted.startswith(f"{before} ")
    assert redacted.endswith(f" {after}")


WORDS = st.text(string.ascii_letters, min_size=1, max_size=12)
PHRASES = [
    "Password: {}",
    "the token: {}",
    "a secret: {} and {}",
    "api_key: {}",
    "access-token {}",
    "{} key={}",
    "tokens={}",
]


@pytest.mark.parametrize("phrase", PHRASES)
@given(words=st.tuples(WORDS, WORDS))
def test_an_ordinary_word_stays(phrase: str, words: tuple[str, str]) -> None:
    text = phrase.format(*words)
    assert redaction.redact(text) == text


def test_what_the_policies_and_the_program_say_stays() -> None:
    for path in (*ROOT.glob("mappings/packs/*.yaml"), *ROOT.glob("bridge/locale/*.po")):
        text = path.read_text("utf-8")
        assert redaction.redact(text) == text, path


@pytest.mark.parametrize(
    "text", ["user@example.com wrote", "http://127.0.0.1:8080/x@y", "/webhooks/odoo", "a: b@c", "api_key=<your key>"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redaction.redact(text) == text


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_is_redacted_as_well(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        log_to_stderr("info", form)  # type: ignore[arg-type]
        try:
            int("https://pat:canary@host")
        except ValueError:
            logging.getLogger("a library").exception("failed with %s", "Bearer canary-token")
    finally:
        logging.getLogger().handlers[:], logging.getLogger().level = handlers, level
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert "canary-token" not in printed
    assert "pat:canary" not in printed


def test_an_error_of_a_setting_names_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENDESK_URL", "https://pat:canary@acme.example.com")
    with pytest.raises(InputError) as refused:
        load_zendesk_settings()
    assert "canary" not in str(refused.value)
    monkeypatch.setenv("POLICYBRIDGE_CONSOLE_TOKEN", "canary")
    with pytest.raises(InputError, match="at least 15") as short:
        load_settings()
    assert "canary" not in str(short.value)
