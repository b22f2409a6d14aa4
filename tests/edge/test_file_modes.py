"""Files with secrets or customers' words that every user of the machine can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.config.configuration import read_configuration
from bridge.config.file_modes import open_files
from bridge.config.settings import Settings
from bridge.store import open_store

from .conftest import served


def settings(path: Path) -> Settings:
    return Settings(_env_prefix="NONE_", _secrets_dir=None, database_url=f"sqlite:///{path}")


def test_what_we_make_ourselves_is_closed(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'own.sqlite3'}").close()
    assert open_files(settings(tmp_path / "own.sqlite3")) == []


@pytest.mark.parametrize("mode", [0o644, 0o606, 0o602, 0o640, 0o600])
def test_a_file_is_open_if_anybody_may_read_or_change_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    database, key, folder = tmp_path / "b.sqlite3", tmp_path / "key", tmp_path / "secrets"
    folder.mkdir()
    files = [database, folder / "zendesk_webhook_secret", key]
    for file in files:
        file.write_text("x")
        file.chmod(mode)
    monkeypatch.setenv("ODOO_API_KEY_FILE", str(key))
    monkeypatch.setenv("POLICYBRIDGE_SECRETS_DIR", str(folder))
    assert set(open_files(settings(database))) == (set(files) if mode & 0o006 else set())


@pytest.mark.parametrize(
    ("connection", "is_secret"),
    [
        ({"notify": {"coo": ["slack://a-token"]}}, True),
        ({"mail": "mailtos://user:password@smtp.vendor.example"}, True),
        ({"notify": {"coo": ["env:CHANNEL"]}, "mail": "env:MAIL"}, False),
        ({}, False),
    ],
)
def test_a_configuration_that_names_channels_holds_secrets(
    tmp_path: Path, connection: dict[str, Any], is_secret: bool
) -> None:
    file = tmp_path / "policybridge.yaml"
    file.write_text(json.dumps({"policy": "maas360", "connections": {"zendesk": {"vendor": "zendesk", **connection}}}))
    file.chmod(0o644)
    chosen = settings(tmp_path / "none.sqlite3").model_copy(update={"config": file})
    assert open_files(chosen, read_configuration(file)) == ([file] if is_secret else [])
    file.chmod(0o640)
    assert open_files(chosen, read_configuration(file)) == []


def test_the_server_says_which_files_are_open(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the signing secret")
    secret.chmod(0o644)
    server = served(tmp_path, ZENDESK_WEBHOOK_SECRET="", ZENDESK_WEBHOOK_SECRET_FILE=str(secret))
    try:
        assert server.deliver().status_code == 202
        assert f"chmod o= {secret}" in server.log
        assert "file_open_to_everybody" in server.log
    finally:
        server.process.kill()
