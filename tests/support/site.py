"""``policybridge serve`` in processes of its own, as people run it, and what killing them has lost or doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import create_engine

import bridge
from bridge.errors import Retry
from bridge.runtime.replay import replay
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.store import SqlStore, open_store
from bridge.ticket import TicketRef
from mappings.zendesk.vocabulary import OUR_NAME
from tests.support.processes import PATIENCE_S, free_port, start_process, wait_until
from tests.support.zendesk_account import CLIENT, IDS, configuration

ROOT = Path(bridge.__file__).parents[1]
LEASE_S = 2.0
REST = timedelta(minutes=1)
"""A ticket whose next review is later than this has nothing left to be done: leases and settling times are shorter."""
ALL_AFFECTED = {"id": IDS["facts.affected"], "value": "affected_all"}
TAGS = {"policy_maas360", "policy_severity_critical", "policy_missing_device"}
NOTES = ("Severity critical", "The report is incomplete")


@dataclass
class ServeProcess:
    """One ``policybridge serve``: gunicorn and its worker, a process group of their own."""

    folder: Path
    environment: dict[str, str]
    port: int
    arguments: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"serve-{self.port}.log"

    @property
    def out(self) -> Path:
        return self.folder / f"serve-{self.port}.out"

    def start(self) -> Self:
        """Begin, without waiting for it to listen."""
        command = [sys.executable, "-m", "bridge.cli", "serve", "--port", str(self.port), *self.arguments]
        with self.log.open("ab") as log, self.out.open("ab") as out:
            self._process = start_process(command, cwd=self.folder, env=self.environment, stdout=out, stderr=log)
        return self

    def listens(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).ok
        return False

    def ready(self) -> Self:
        """Begin, and wait until it answers."""
        self.start()
        wait_until(self.listens, f"the server answers; its log is {self.log}")
        return self

    def signal(self, number: signal.Signals) -> None:
        """To the whole group, as when the machine or its container goes."""
        with suppress(ProcessLookupError):
            os.killpg(self._running.pid, number)

    def kill(self) -> None:
        """SIGKILL to all of it at once, if it runs."""
        if self._process:
            self.signal(signal.SIGKILL)
            self._process.wait(PATIENCE_S)

    def kill_worker(self) -> None:
        """SIGKILL to the worker alone, as the out-of-memory killer would; gunicorn starts another one."""
        children = Path(f"/proc/{self._running.pid}/task/{self._running.pid}/children")
        for child in children.read_text().split() if children.exists() else ():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def stop(self) -> tuple[int, float]:
        """SIGTERM to the server, as an init system does; its exit code, and the seconds that it took."""
        began = time.monotonic()
        self._running.terminate()
        return self._running.wait(PATIENCE_S), time.monotonic() - began

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stopped in its tracks for the length of the block, all threads of all processes."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process, "the server was never started"
        return self._process


@dataclass(frozen=True)
class Discrepancies:
    """What became of the tickets; every entry names one and says what is wrong with it."""

    tickets: int = 0
    lost: list[str] = field(default_factory=list)
    """Something that had to happen did not."""
    doubled: list[str] = field(default_factory=list)
    """Something happened twice."""
    unknown: list[str] = field(default_factory=list)
    """The ledger does not know whether it happened."""
    different: list[str] = field(default_factory=list)
    """A recorded decision that cannot be made again."""

    @property
    def nothing(self) -> bool:
        return not (self.lost or self.doubled or self.unknown or self.different)


@dataclass
class Site:
    """A Zendesk account, a database, and the servers that bring the one in line by way of the other."""

    sandbox: ZendeskSandbox
    folder: Path
    database_url: str
    settings: dict[str, str] = field(default_factory=dict)
    """Environment of the servers beyond what they need."""
    servers: list[ServeProcess] = field(default_factory=list)
    commands: list[subprocess.Popen[str]] = field(default_factory=list)
    tickets: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sandbox.limit(account_per_minute=1_000_000, ticket_updates_per_minute=1_000_000)  # tests poll often
        self.port = free_port()
        self.hook = self.sandbox.subscribe(f"http://127.0.0.1:{self.port}/webhooks/zendesk")
        (self.folder / "policybridge.yaml").write_text(json.dumps(configuration()))
        self.store: SqlStore = open_store(self.database_url)
        self.server(self.port)

    def server(self, port: int | None = None, *arguments: str) -> ServeProcess:
        """One more server on the same database, not yet started. Webhooks go to the first."""
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        environment |= {
            "PYTHONPATH": str(ROOT),
            "POLICYBRIDGE_DATABASE_URL": self.database_url,
            "POLICYBRIDGE_LEASE": str(LEASE_S),
            "ZENDESK_URL": self.sandbox.url,
            "ZENDESK_OAUTH_CLIENT_ID": self.sandbox.client_id,
            "ZENDESK_OAUTH_CLIENT_SECRET": self.sandbox.client_secret,
            "ZENDESK_WEBHOOK_SECRET": self.hook.secret,
        }
        made = ServeProcess(self.folder, environment | self.settings, port or free_port(), arguments)
        self.servers.append(made)
        return made

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """Another command beside the servers, which goes on; what it prints can be read from it."""
        command = [sys.executable, "-m", "bridge.cli", *arguments]
        environment = self.servers[0].environment
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        made: subprocess.Popen[str] = start_process(command, cwd=self.folder, env=environment, **pipes)
        self.commands.append(made)
        return made

    def close(self) -> None:
        """End everything that still runs."""
        for command in self.commands:
            command.kill()
        for server in self.servers:
            server.kill()
        self.store.close()

    def ask(self, **more: Any) -> int:
        """A client phones: nobody can work."""
        subject = uuid.uuid4().hex  # tickets that look like each other are told to agents as possible duplicates
        values = {"subject": subject, "comment": {"body": "Nobody can enrol"}, "custom_fields": [ALL_AFFECTED]}
        number = int(self.sandbox.ask(CLIENT, values | more, channel="phone")["id"])
        self.tickets.append(number)
        return number

    def disturb(self, number: int, **fault: Any) -> None:
        """Disturb the next write to a ticket."""
        self.sandbox.fail("PUT", f"/api/v2/tickets/{number}", **fault)

    def undisturbed(self) -> bool:
        """Every write that was to be disturbed is on its way, or was made."""
        return not self.sandbox.admin("GET", "faults")["faults"]

    def heard(self, number: int) -> bool:
        """A delivery about a ticket is stored."""
        return self.store.queue_entry(_ref(number)) is not None

    def answered(self) -> bool:
        """Every webhook invocation so far came to an end, whichever."""
        return all(each["status"] != "accepted" for each in self._pages(f"webhooks/{self.hook.id}/invocations"))

    def attempts(self, number: int) -> list[int | None]:
        """What Zendesk answered to the writes to a ticket so far; None: nothing."""
        return [each["status"] for each in self.sandbox.requests("PUT", f"/api/v2/tickets/{number}")]

    def intended(self, number: int) -> bool:
        """The write-ahead of a ticket's first write is on record."""
        return bool(self.store.ledger(_ref(number)))

    def unconfirmed(self, number: int) -> list[str]:
        """Keys of what was intended and never found to be done."""
        return [each.key for each in self.store.ledger(_ref(number)) if not each.confirmed]

    def written(self, number: int) -> bool:
        """Zendesk has taken a write of ours to a ticket."""
        return bool(self._ours(number))

    @contextmanager
    def nobody_can_record(self) -> Iterator[None]:
        """Another program keeps the database from taking writes while the block lasts."""
        engine = create_engine(self.database_url, isolation_level="AUTOCOMMIT")
        sqlite = engine.dialect.name == "sqlite"
        lock = ("BEGIN IMMEDIATE",) if sqlite else ("BEGIN", "LOCK TABLE tickets, audit IN EXCLUSIVE MODE")
        with engine.connect() as connection:
            for statement in lock:
                connection.exec_driver_sql(statement)
            yield
            connection.exec_driver_sql("ROLLBACK")
        engine.dispose()

    def at_rest(self) -> bool:
        """Every ticket is known, and none will be looked at soon."""
        with suppress(Retry):
            seen = self.store.queue_entries(is_open=True, limit=100_000)
            resting = {each.ref.id for each in seen if each.due is None or each.due > _now() + REST}
            return resting >= {str(number) for number in self.tickets}
        return False

    def discrepancies(self) -> Discrepancies:
        """Compare every ticket on both sides."""
        discrepancies = Discrepancies(len(self.tickets))
        for number in self.tickets:
            self._compare(number, discrepancies)
        discrepancies.lost.extend(f"{each.ref} is parked: {each.reason}" for each in self.store.parked())
        return discrepancies

    def _compare(self, number: int, discrepancies: Discrepancies) -> None:
        ticket = self._get(f"tickets/{number}")["ticket"]
        missing = TAGS - set(ticket["tags"]) | ({"priority"} if ticket["priority"] != "urgent" else set())
        discrepancies.lost.extend(f"{number} has no {what}" for what in sorted(missing))
        ours = self._ours(number)
        comments = "\n".join(event["body"] for audit in ours for event in audit["events"] if event["type"] == "Comment")
        counted = {"updates": len(ours), **{f"notes {note!r}": comments.count(note) for note in NOTES}}
        discrepancies.lost.extend(f"{number} has no {what}" for what, times in counted.items() if times < 1)
        discrepancies.doubled.extend(f"{number} has {times} {what}" for what, times in counted.items() if times > 1)
        discrepancies.unknown.extend(
            f"{number}: {each.key}" for each in self.store.ledger(_ref(number)) if not each.confirmed
        )
        for review in self.store.reviews(_ref(number), limit=1000):
            if review.decision:
                recorded, again = replay(self.store, review.id)
                if again.model_dump_json() != recorded.model_dump_json():
                    discrepancies.different.append(f"{number}: review {review.id}")

    def _ours(self, number: int) -> list[dict[str, Any]]:
        audits = self._pages(f"tickets/{number}/audits")
        return [audit for audit in audits if OUR_NAME in audit["metadata"].get("custom", {})]

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        name, query = path.rpartition("/")[2], "page[size]=100"
        while query:
            page = self._get(path, query)
            yield from page[name]
            query = urlsplit(page["links"]["next"]).query if page["meta"]["has_more"] else ""

    def _get(self, path: str, query: str = "") -> dict[str, Any]:
        answer = requests.get(f"{self.sandbox.url}/api/v2/{path}.json?{query}", auth=self.sandbox.auth, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def _ref(number: int) -> TicketRef:
    return TicketRef(connection="zendesk", id=str(number))


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def site(present_day: ZendeskSandbox, database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A helpdesk as on its first day and a server that is not started yet, once on each database engine."""
    present_day.reset()
    made = Site(present_day, tmp_path, database_url)
    yield made
    made.close()
