"""The real command in a folder of its own, with an environment of its own."""

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis  # noqa: F401
import pytest
from click.testing import CliRunner

import bridge
from bridge.cli import cli
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox
from tests.support.logs import plain_logs
from tests.support.processes import PATIENCE_S, free_port

ROOT = Path(bridge.__file__).parents[1]
IDS = seeds.connection()


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Machine:
    """A folder, which is the present one, and an environment in which ``policybridge`` is run."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    """Where its bridge is expected to listen."""

    def __call__(self, *arguments: str | Path, **environment: str) -> Done:
        """Run ``policybridge`` with these arguments in this process, which saves the imports."""
        invoked = CliRunner(env={**self.environment, **environment}).invoke(
            cli, [str(word) for word in arguments], prog_name="policybridge", catch_exceptions=False
        )
        return Done(invoked.exit_code, invoked.stdout, invoked.stderr)

    def process(self, *arguments: str | Path, **environment: str) -> Done:
        """Run ``policybridge`` with these arguments to its end, in a process of its own."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.variables(**environment),
            capture_output=True,
            timeout=PATIENCE_S,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    @staticmethod
    def command(*arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "bridge.cli", *map(str, arguments)]

    def variables(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        return {**kept, "PYTHONPATH": str(ROOT), **self.environment, **more}

    def inhabit(self) -> None:
        """Give this process the machine's environment, until the test ends."""
        for name, value in self.environment.items():
            self.monkeypatch.setenv(name, value)

    def write(self, name: str, value: str | dict[str, Any]) -> Path:
        """A file in the folder; plain data is written as JSON, which is YAML."""
        path = self.folder / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path


@pytest.fixture
def policybridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine on which nothing is configured."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("POLICYBRIDGE_", "ZENDESK_", "ODOO_")):
            monkeypatch.delenv(name)
    return Machine(tmp_path, monkeypatch)


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Commands decide where logs go, for their whole process: here that ends with the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    plain_logs()


@pytest.fixture
def zendesk(zendesk_process: ZendeskSandbox) -> ZendeskSandbox:
    """A Zendesk account as on its first day."""
    zendesk_process.reset()
    return zendesk_process


@pytest.fixture
def connected(policybridge: Machine, zendesk: ZendeskSandbox, sqlite_url: str) -> Machine:
    """A machine whose bridge is connected to the account, as ``acme``, may do everything there and was started once."""
    facts = {
        fact: {"field": IDS[f"facts.{fact}"], "values": seeds.option_tags(fact)} for fact in ("affected", "impact")
    }
    connection = {
        "vendor": "zendesk",
        "mode": "enforce",
        "tiers": {tier: IDS[f"groups.tier_{tier}"] for tier in (1, 2, 3)},
        "groups": {"japanese": IDS["groups.japanese"]},
        "statuses": {name.partition(".")[2]: ident for name, ident in IDS.items() if name.startswith("statuses.")},
        "facts": facts,
    }
    policybridge.write("policybridge.yaml", {"policy": "maas360", "connections": {"acme": connection}})
    policybridge.port = free_port()
    hook = zendesk.subscribe(f"http://127.0.0.1:{policybridge.port}/webhooks/acme")
    policybridge.environment = {
        "POLICYBRIDGE_DATABASE_URL": sqlite_url,
        "ZENDESK_URL": zendesk.url,
        "ZENDESK_OAUTH_CLIENT_ID": zendesk.client_id,
        "ZENDESK_OAUTH_CLIENT_SECRET": zendesk.client_secret,
        "ZENDESK_WEBHOOK_SECRET": hook.secret,
        "POLICYBRIDGE_DEBOUNCE": "0.2",
    }
    return policybridge


@pytest.fixture
def critical_ticket(zendesk: ZendeskSandbox) -> Callable[[], str]:
    """A customer reports that everything is down; returns the id of the ticket."""

    def ask() -> str:
        fields = [{"id": IDS["facts.affected"], "value": "affected_all"}]
        values = {"subject": "Console down", "comment": {"body": "Nothing works"}, "custom_fields": fields}
        return str(zendesk.ask("helpdesk@acme.example", values)["id"])

    return ask
