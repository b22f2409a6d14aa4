"""What "Your first day" and "Your first week" tell people to type works, in this order, with every vendor.

``<!-- run -->``
    Every command must succeed and print what the page shows.
``<!-- run on odoo -->``
    The same, for the users of one vendor.
``<!-- start -->``
    A server that goes on; one that was started before is ended first.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from bridge.cli import cli
from bridge.demo.odoo import CREATED_STATUS, connection_settings
from bridge.helpdesks.installer import InstallOptions, InstallStep, installer
from bridge.policy.load import load_policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.sandbox.odoo.process import OdooSandbox
from bridge.sandbox.zendesk.process import ZendeskSandbox
from mappings.connection import Connection, vendors
from tests.support.logs import plain_logs
from tests.support.processes import free_port, start_process, wait_until
from tests.support.zendesk_account import CLIENT, IDS, configuration
from tests.test_readme import Block, Command, all_printed, blocks

ROOT = Path(__file__).parents[2]
PAGES = ("first-day.md", "first-week.md")
MARK = re.compile(r"run(?: on (?P<vendor>\w+))?|start")
TIMEOUT_S = 120
STAGE = "helpdesk.ticket.stage"


def page(name: str) -> list[Block]:
    return blocks((ROOT / "docs" / name).read_text("utf-8"))


@dataclass
class Reader:
    """Somebody who types what a page says, in a folder of their own."""

    folder: Path
    environment: dict[str, str]
    vendor: str
    _server: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def follow(self, block: Block) -> None:
        """Type the commands of a block, if it concerns this vendor."""
        mark = MARK.fullmatch(block.mark)
        assert mark, f"{block}: write <!-- run -->, <!-- run on VENDOR --> or <!-- start --> before it"
        if mark["vendor"] in (None, self.vendor):
            for command in block.commands:
                self._start(command) if block.mark == "start" else self._run(command)

    def _run(self, command: Command) -> None:
        """Run a command to its end; ours in this process, which saves the imports."""
        words = [self.environment["TICKET"] if word == "$TICKET" else word for word in shlex.split(command.line)]
        if words[0] == "policybridge" and ">" not in words:
            done = CliRunner(env=self.environment).invoke(cli, words[1:], prog_name=words[0], catch_exceptions=False)
            code, output = done.exit_code, done.output
        else:
            shell = ["/bin/sh", "-euc", command.line]
            ended = subprocess.run(
                shell, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=TIMEOUT_S
            )
            code, output = ended.returncode, ended.stdout + ended.stderr
        assert code == 0, f"$ {command.line}\n{output}"
        all_printed(command, output)

    def _start(self, command: Command) -> None:
        self.end()
        self._server.append(start_process(["/bin/sh", "-euc", command.line], cwd=self.folder, env=self.environment))
        wait_until(self._answers, "the server answers")

    def _answers(self) -> bool:
        url = f"http://127.0.0.1:{self.environment['POLICYBRIDGE_PORT']}/healthz"
        try:
            return requests.get(url, timeout=5).ok
        except requests.RequestException:
            return False

    def end(self) -> None:
        """End the server, as an init system does."""
        for server in self._server:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(TIMEOUT_S)
        self._server.clear()


@contextmanager
def zendesk(url: str, environment: dict[str, str]) -> Iterator[tuple[dict[str, Any], str]]:
    """A Zendesk account with one ticket: the connection, and the id of the ticket."""
    with ZendeskSandbox() as sandbox:
        environment |= {
            "ZENDESK_URL": sandbox.url,
            "ZENDESK_OAUTH_CLIENT_ID": sandbox.client_id,
            "ZENDESK_OAUTH_CLIENT_SECRET": sandbox.client_secret,
            "ZENDESK_WEBHOOK_SECRET": sandbox.subscribe(f"{url}/webhooks/zendesk").secret,
        }
        fields = [{"id": IDS["facts.affected"], "value": "affected_all"}]
        values = {"subject": "Console down", "comment": {"body": "Nothing works"}, "custom_fields": fields}
        yield configuration()["connections"]["zendesk"], str(sandbox.ask(CLIENT, values)["id"])


@contextmanager
def odoo(url: str, environment: dict[str, str]) -> Iterator[tuple[dict[str, Any], str]]:
    """An Odoo database with one ticket. It has a stage for every status, and mails nobody when one is entered."""
    with OdooSandbox(19) as sandbox:
        given = {"URL": sandbox.url, "DB": sandbox.db, "LOGIN": sandbox.login, "API_KEY": sandbox.api_key}
        admin = {"ADMIN_LOGIN": sandbox.admin_login, "ADMIN_API_KEY": sandbox.admin_api_key}
        given |= admin | {"WEBHOOK_TOKEN": secrets.token_urlsafe(32)}
        environment |= {f"ODOO_{name}": value for name, value in given.items()}
        connection = connection_settings() | {"env_prefix": "ODOO_", "marks": {}}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            before = {**connection, "statuses": {**connection["statuses"]}}
            del before["statuses"][CREATED_STATUS]
            options = InstallOptions(url=url, stages=True, history=True)
            made = installer("odoo", Connection.model_validate(before), [load_policy("maas360")], options)
            assert all(isinstance(line, InstallStep) or line.ok for line in made.install(apply=True))
        stages = sandbox.call(sandbox.admin_login, STAGE, "search", domain=[])
        sandbox.call(sandbox.admin_login, STAGE, "write", stages, vals={"mail_template_id": False})
        yield connection, str(sandbox.ask(CLIENT, "Console down", "Nothing works"))


ACCOUNTS = {"zendesk": zendesk, "odoo": odoo}


@pytest.fixture(params=vendors())
def reader(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    monkeypatch.chdir(tmp_path)
    vendor, port = request.param, free_port()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "200"}
    url = f"http://127.0.0.1:{port}"
    environment |= {"POLICYBRIDGE_PORT": str(port), "POLICYBRIDGE_CONSOLE_TOKEN": "open sesame, please"}
    environment |= {"POLICYBRIDGE_PUBLIC_URL": url, "PYTHONPATH": str(ROOT)}
    with ACCOUNTS[vendor](url, environment) as (connection, ticket):
        write_files(tmp_path, vendor, connection)
        made = Reader(tmp_path, {**environment, "TICKET": f"{vendor}:{ticket}"}, vendor)
        yield made
        made.end()
    plain_logs()  # commands decide where logs go, for their whole process


def write_files(folder: Path, vendor: str, connection: Mapping[str, Any]) -> None:
    """``policybridge.yaml`` in shadow mode, with the mode in a line of its own, and the accounts."""
    text = json.dumps({vendor: {name: value for name, value in connection.items() if name != "mode"}})
    yaml = f"policy: maas360\naccounts: accounts.yaml\nconnections:\n  {vendor}:\n    mode: shadow\n"
    for name, value in json.loads(text)[vendor].items():
        yaml += f"    {name}: {json.dumps(value)}\n"
    (folder / "policybridge.yaml").write_text(yaml)
    roles = dict.fromkeys(helpdesk_requirements([load_policy("maas360")]).roles, "boss@acme.example")
    accounts = {"Acme": {"roles": roles}}
    (folder / "accounts.yaml").write_text(json.dumps({"accounts": accounts}))


def test_the_commands_of_the_first_days_work(reader: Reader) -> None:
    for name in PAGES:
        for block in page(name):
            reader.follow(block)


@pytest.mark.parametrize("name", PAGES)
def test_every_block_says_what_becomes_of_it(name: str) -> None:
    assert page(name)
    for block in page(name):
        mark = MARK.fullmatch(block.mark)
        assert mark, f"docs/{name}, {block}: write <!-- run --> or <!-- start --> before it"
        assert mark["vendor"] in (None, *vendors())
