"""Odoo's settings come from variables or files; an error names the variable and what to do."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from bridge.config.odoo_settings import load_odoo_settings
from bridge.config.sources import read_secret, secret_file
from bridge.errors import InputError

TOKEN = "t" * 32
GOOD = {"ODOO_URL": "https://odoo.example.com", "ODOO_DB": "acme", "ODOO_API_KEY": "k" * 40}


def setenv(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {"ODOO_WEBHOOK_TOKEN": TOKEN, "ODOO_WEBHOOK_TOKEN_PREVIOUS": "p" * 40}
    setenv(monkeypatch, **GOOD, **more, ODOO_WEBHOOK_ALLOW="203.0.113.7, 2001:db8::/32")
    settings = load_odoo_settings()
    assert (settings.url, settings.db, settings.prefix) == ("https://odoo.example.com", "acme", "ODOO_")
    assert settings.webhook_tokens == (TOKEN, "p" * 40)
    assert settings.webhook_networks == (ip_network("203.0.113.7"), ip_network("2001:db8::/32"))
    assert "k" * 40 not in repr(settings)
    assert TOKEN not in repr(settings)


def test_without_settings_the_webhook_has_no_token_and_allows_all_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **GOOD)
    settings = load_odoo_settings()
    assert (settings.webhook_tokens, settings.webhook_networks) == ((), ())


def test_a_second_connection_has_variables_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **{name.replace("ODOO_", "ACME_"): value for name, value in GOOD.items()})
    assert load_odoo_settings("ACME_").prefix == "ACME_"
    with pytest.raises(InputError, match="ODOO_URL"):
        load_odoo_settings()


@pytest.mark.parametrize(
    ("values", "reported"),
    [
        ({"ODOO_URL": "http://odoo.example.com"}, r"ODOO_URL: found 'http://odoo\.example\.com'; allowed: https"),
        ({"ODOO_URL": "https://odoo.example.com/odoo"}, "ODOO_URL.*without path"),
        ({"ODOO_URL": ""}, "found no address; set ODOO_URL="),
        ({"ODOO_DB": ""}, "found no database; set ODOO_DB to the name"),
        ({"ODOO_API_KEY": ""}, "found no credentials; set ODOO_API_KEY"),
        ({"ODOO_API_KEY": "two short-t0ken"}, "ODOO_API_KEY: found a value .* allowed: letters, digits and signs"),
        ({"ODOO_WEBHOOK_TOKEN": "short-t0ken"}, "ODOO_WEBHOOK_TOKEN: found a value .* allowed: at least 32 letters"),
        ({"ODOO_WEBHOOK_TOKEN": "/" * 40}, "ODOO_WEBHOOK_TOKEN: found a value that cannot be used"),
        ({"ODOO_WEBHOOK_TOKEN_PREVIOUS": "x"}, "ODOO_WEBHOOK_TOKEN_PREVIOUS: .*openssl rand"),
        ({"ODOO_WEBHOOK_ALLOW": "office"}, "ODOO_WEBHOOK_ALLOW: found 'office'; allowed: addresses and networks"),
        ({"ODOO_WEBHOOK_ALLOW": "10.0.0.1/8"}, "ODOO_WEBHOOK_ALLOW: found '10.0.0.1/8'"),
    ],
)
def test_an_error_names_the_variable(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], reported: str) -> None:
    setenv(monkeypatch, **GOOD | values)
    with pytest.raises(InputError, match=reported) as caught:
        load_odoo_settings()
    assert "short-t0ken" not in str(caught.value)


def test_an_error_of_a_second_connection_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, ACME_URL="https://odoo.example.com", ACME_DB="acme")
    with pytest.raises(InputError, match="set ACME_API_KEY to a key of the integration user"):
        load_odoo_settings("ACME_")


def test_install_needs_only_the_key_of_an_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **GOOD | {"ODOO_API_KEY": "", "ODOO_ADMIN_API_KEY": "a" * 40})
    settings = load_odoo_settings()
    assert settings.api_key is None
    assert settings.admin_api_key is not None


def test_secrets_come_from_variables_or_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name, secrets = "ODOO_API_KEY", tmp_path / "secrets"
    assert (secret_file(name), read_secret(name)) == (None, "")
    secrets.mkdir()
    assert secret_file(name) is None
    (secrets / "odoo_api_key").write_text("from-directory\n")
    assert (secret_file(name), read_secret(name)) == (secrets / "odoo_api_key", "from-directory")
    (tmp_path / "key").write_text("from-file\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "key"))
    assert (secret_file(name), read_secret(name)) == (tmp_path / "key", "from-file")
    (tmp_path / "key").write_text("two words")
    assert read_secret(name) == ""
    (tmp_path / "key").unlink()
    assert read_secret(name) == ""
    monkeypatch.setenv(name, "from-variable")
    assert (secret_file(name), read_secret(name)) == (None, "")
