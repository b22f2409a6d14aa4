"""Zendesk's settings come from variables or files; an error names the variable and what to do."""

import os
from pathlib import Path

import pytest

from bridge.config.settings import load_settings
from bridge.config.zendesk_settings import load_zendesk_settings
from bridge.errors import InputError


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("ZENDESK_", "POLICYBRIDGE_", "ACME_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("POLICYBRIDGE_SECRETS_DIR", str(tmp_path / "secrets"))


def setenv(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


OAUTH = {"ZENDESK_SUBDOMAIN": "acme", "ZENDESK_OAUTH_CLIENT_ID": "bridge", "ZENDESK_OAUTH_CLIENT_SECRET": "s3cret"}


def test_no_setting_is_required() -> None:
    settings = load_settings()
    assert settings.database_url == "sqlite:///var/policybridge.sqlite3"
    assert (settings.host, settings.port, settings.config) == ("127.0.0.1", 8080, Path("policybridge.yaml"))


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, POLICYBRIDGE_PORT="9000", POLICYBRIDGE_LOG_LEVEL="debug", **OAUTH)
    assert (load_settings().port, load_settings().log_level) == (9000, "debug")
    zendesk = load_zendesk_settings()
    assert zendesk.base_url == "https://acme.zendesk.com"
    assert not zendesk.is_legacy
    assert zendesk.webhook_secrets == ()


def test_a_second_connection_has_variables_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **{name.replace("ZENDESK_", "ACME_"): value for name, value in OAUTH.items()})
    assert load_zendesk_settings("ACME_").oauth_client_id == "bridge"
    with pytest.raises(InputError, match="ZENDESK_SUBDOMAIN"):
        load_zendesk_settings()


def test_secrets_can_be_in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "zendesk_webhook_secret").write_text("from-directory\n")
    (tmp_path / "client").write_text("from-file\n")
    setenv(monkeypatch, **OAUTH, ZENDESK_WEBHOOK_SECRET_PREVIOUS="older")
    monkeypatch.delenv("ZENDESK_OAUTH_CLIENT_SECRET")
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_SECRET_FILE", str(tmp_path / "client"))
    zendesk = load_zendesk_settings()
    assert zendesk.oauth_client_secret is not None
    assert zendesk.oauth_client_secret.get_secret_value() == "from-file"
    assert zendesk.webhook_secrets == ("from-directory", "older")


def test_a_missing_secret_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **OAUTH, ZENDESK_WEBHOOK_SECRET_FILE="/nowhere/secret")
    with pytest.raises(InputError, match=r"ZENDESK_WEBHOOK_SECRET_FILE.*/nowhere/secret"):
        load_zendesk_settings()


def test_api_tokens_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, ZENDESK_SUBDOMAIN="acme", ZENDESK_EMAIL="a@vendor.example", ZENDESK_API_TOKEN="t0ken")
    assert load_zendesk_settings().is_legacy


def test_a_listed_program_says_so_in_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **OAUTH)
    assert load_zendesk_settings().marketplace_headers == {}
    monkeypatch.setenv("ZENDESK_MARKETPLACE_NAME", "Policybridge")
    with pytest.raises(InputError, match="_ORGANIZATION_ID"):
        load_zendesk_settings()
    setenv(monkeypatch, ZENDESK_MARKETPLACE_ORGANIZATION_ID="12345", ZENDESK_MARKETPLACE_APP_ID="99999")
    assert load_zendesk_settings().marketplace_headers == {
        "X-Zendesk-Marketplace-Name": "Policybridge",
        "X-Zendesk-Marketplace-Organization-Id": "12345",
        "X-Zendesk-Marketplace-App-Id": "99999",
    }


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000", "http://localhost:9000/", "http://[::1]:80", "https://desk.example"]
)
def test_other_base_urls(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    setenv(monkeypatch, **OAUTH, ZENDESK_URL=url)
    assert load_zendesk_settings().base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("values", "reported"),
    [
        ({"ZENDESK_URL": "http://desk.example"}, "ZENDESK_URL.*http://desk.example.*loopback"),
        ({"ZENDESK_URL": "https://desk.example/support"}, "ZENDESK_URL.*without path"),
        ({"ZENDESK_URL": "ftp://desk.example"}, "ZENDESK_URL"),
        ({"ZENDESK_URL": "http://127.0.0.1@evil.example"}, "ZENDESK_URL"),
        ({"ZENDESK_SUBDOMAIN": "acme.zendesk.com"}, "ZENDESK_SUBDOMAIN"),
        ({"ZENDESK_OAUTH_CLIENT_ID": ""}, "set both"),
        ({"ZENDESK_SUBDOMAIN": ""}, "ZENDESK_SUBDOMAIN=acme"),
    ],
)
def test_an_error_names_the_variable(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], reported: str) -> None:
    setenv(monkeypatch, **{**OAUTH, **values})
    with pytest.raises(InputError, match=reported):
        load_zendesk_settings()


def test_no_credentials_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, ZENDESK_SUBDOMAIN="acme")
    with pytest.raises(InputError, match="ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET"):
        load_zendesk_settings()


def test_a_text_that_is_not_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, POLICYBRIDGE_PORT="eighty", POLICYBRIDGE_LOG_LEVEL="loud")
    with pytest.raises(InputError) as caught:
        load_settings()
    assert "POLICYBRIDGE_PORT: found 'eighty'" in str(caught.value)
    assert "POLICYBRIDGE_LOG_LEVEL: found 'loud'" in str(caught.value)


def test_a_secret_never_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **OAUTH, ZENDESK_URL="http://desk.example")
    assert "s3cret" not in repr(load_settings())
    with pytest.raises(InputError) as caught:
        load_zendesk_settings()
    assert "s3cret" not in str(caught.value)
