"""What admins and operators read is complete and true: each setting, key and event is there, and no link is broken."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bridge.cli import cli
from bridge.config.accounts_file import AccountFile
from bridge.config.odoo_settings import OdooSettings
from bridge.config.settings import Settings
from bridge.config.zendesk_settings import ZendeskSettings
from bridge.decision import Field
from bridge.helpdesks.zendesk.doctor import EVENT, WANTED_EVENTS
from bridge.yamlio.document import only, parse_all
from bridge.yamlio.validate import validate
from mappings.connection import Configuration

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
CONNECT = (ROOT / "docs" / "connect-zendesk.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
YAML = re.compile(r"(?:^<!-- (?P<kind>\w+) -->\n)?^```yaml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def settings() -> Iterator[tuple[str, Any]]:
    """Every variable with its default."""
    for model in (Settings, ZendeskSettings, OdooSettings):
        for name, field in model.model_fields.items():
            yield f"{model.variables}{name}".upper(), field.get_default()


@pytest.mark.parametrize(("variable", "default"), [*settings()], ids=[variable for variable, _ in settings()])
def test_every_setting_is_in_the_table_with_its_default(variable: str, default: Any) -> None:
    assert default is not PydanticUndefined
    shown = "none" if default is None else f"`{default}`"
    assert re.search(rf"^\| `{variable}` \| {re.escape(shown)} \| \S", OPERATIONS, re.MULTILINE)


def test_no_setting_is_in_the_table_that_does_not_exist() -> None:
    documented = set(re.findall(r"^\| `((?:POLICYBRIDGE|ZENDESK|ODOO)_\w+)` \|", OPERATIONS, re.MULTILINE))
    assert documented == {variable for variable, _ in settings()}


def example(kind: str) -> tuple[str, Any]:
    """The YAML example of a kind in connect-zendesk.md, as text and as a document."""
    text = next(match["text"] for match in YAML.finditer(CONNECT) if (match["kind"] or "") == kind)
    return text, only(parse_all(text, name="example"), "example")


def test_the_connection_in_the_page_can_be_used() -> None:
    shown = {Field("severity"), Field("next_due_at")}
    assert validate(example("")[1], Configuration).connections["zendesk"].known_fields > shown


def test_the_accounts_in_the_page_can_be_used() -> None:
    accounts = validate(example("accounts")[1], AccountFile).accounts
    assert [account.account().plan for account in accounts.values()] == ["premium"]


def keys(annotation: Any, seen: set[type]) -> Iterator[str]:
    """Every key that the file may have."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            seen.add(annotation)
            for name, field in annotation.model_fields.items():
                yield name
                yield from keys(field.annotation, seen)
    else:
        for inner in get_args(annotation):
            yield from keys(inner, seen)


@pytest.mark.parametrize("key", sorted({*keys(Configuration, set())}))
def test_every_key_is_in_the_example(key: str) -> None:
    assert re.search(rf"(?:^|[\s{{,]){key}:", example("")[0], re.MULTILINE)


def test_the_events_to_subscribe_to_are_those_that_doctor_wants() -> None:
    assert re.findall(rf"^{EVENT}(\w+)$", CONNECT, re.MULTILINE) == list(WANTED_EVENTS)


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert not [
        name for name in cli.commands if not re.search(rf"^\| .*`{name}(?: [^`]*)?`.* \|", readme, re.MULTILINE)
    ]


def test_the_backup_holds_what_was_written(tmp_path: Path) -> None:
    command = re.search(r"^<!-- run -->\n```console\n\$ (.*?)\n```$", OPERATIONS, re.MULTILINE | re.DOTALL)
    assert command
    (tmp_path / "var").mkdir()
    written = sqlite3.connect(tmp_path / "var" / "policybridge.sqlite3")
    written.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1);")
    subprocess.run(["/bin/sh", "-euc", command[1]], cwd=tmp_path, check=True)
    with sqlite3.connect(tmp_path / "backup.sqlite3") as copy:
        assert copy.execute("SELECT x FROM t").fetchall() == [(1,)]
    written.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert not missing
