"""The two protocols of Odoo's API: JSON-2 since version 19, JSON-RPC before.

https://www.odoo.com/documentation/19.0/developer/reference/external_api.html
https://www.odoo.com/documentation/19.0/developer/reference/external_rpc_api.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from threading import local
from typing import Any

import requests

from bridge.errors import Denied, Unavailable
from bridge.helpdesks.http.fair_semaphore import FairSemaphore
from bridge.helpdesks.http.rate_limit import Precedence
from bridge.helpdesks.http.session import ResponseLost, Session, server_time
from bridge.helpdesks.http.waits import (
    NEEDS_ADMIN_PAUSE_S,
    ODOO_CONNECT_TIMEOUT_S,
    ODOO_QUEUE_TIMEOUT_S,
    ODOO_READ_TIMEOUT_S,
)
from bridge.helpdesks.odoo.errors import Json, MethodCall, Names, is_json, json2_result, jsonrpc_result, series_in
from bridge.helpdesks.odoo.worker_share import WorkerShare
from bridge.machine_clock import ClockCheck
from bridge.ports.helpdesk import BeforeWrite, always_write

TIMEOUT = (ODOO_CONNECT_TIMEOUT_S, ODOO_READ_TIMEOUT_S)
MAX_CONCURRENT_CALLS = 2
"""A small Odoo has two workers, and its users need one of them."""
TICKET_WRITES = frozenset({"write", "create", "message_post", "message_subscribe", "activity_schedule"})
"""Methods by which a plan is carried out."""
JSON2 = (19, 0)
OLDEST = (16, 0)


class OdooTransport:
    """HTTP requests to one database, shared by all threads; each thread has its own session."""

    def __init__(
        self,
        base: str,
        db: str,
        names: Names,
        before_write: BeforeWrite = always_write,
        share: WorkerShare | None = None,
    ) -> None:
        """Sends nothing yet."""
        self._share = share or WorkerShare()
        self._base, self._db, self._names = base, db, names
        self._before_write = before_write
        self._semaphore = FairSemaphore(MAX_CONCURRENT_CALLS)
        self.clock_check = ClockCheck("Odoo")
        self._threads = local()
        self._series: tuple[int, int] | None = None

    @property
    def series(self) -> tuple[int, int]:
        """The server's version, such as ``(19, 0)``."""
        if self._series is None:
            self._series = self._detect()
        return self._series

    @property
    def server_time(self) -> datetime | None:
        """When this thread's last response was sent by Odoo's own clock, in whole seconds; None if it did not say."""
        found: datetime | None = getattr(self._threads, "server_time", None)
        return found

    def json2(self, key: str, call: MethodCall, body: Json) -> Any:
        """The result of a method over JSON-2, which is signed with an API key."""
        return json2_result(self._send("POST", f"/json/2/{call.model}/{call.method}", call, body, key), call)

    def execute_kw(self, uid: int, key: str, call: MethodCall, positional: Sequence[Any], named: Json) -> Any:
        """The result of a method over JSON-RPC, which is signed with a user's id and an API key."""
        arguments = [self._db, uid, key, call.model, call.method, positional, named]
        return self._service("object", "execute_kw", arguments, call)

    def authenticate(self, login: str, key: str, call: MethodCall) -> Any:
        """The id of a user over JSON-RPC, or ``false``."""
        return self._service("common", "authenticate", [self._db, login, key, {}], call)

    def _detect(self) -> tuple[int, int]:
        # Only Odoo since 19 answers this path with JSON; older versions show HTML pages of all kinds (measured on 18).
        call = MethodCall("common", "version", self._names)
        response = self._send("GET", "/web/version", call)
        if response.status_code == 200 and is_json(response):
            info, numbers = json2_result(response, call), "version_info"
        else:
            info, numbers = self._service("common", "version", [], call), "server_version_info"
        series = series_in(info.get(numbers) if isinstance(info, dict) else None)
        if series < OLDEST:
            found = ".".join(map(str, series)) if any(series) else "no version of Odoo"
            reason = f"{self._names.url}: found {found}; allowed: Odoo 16 and later"
            raise Denied(reason, after=NEEDS_ADMIN_PAUSE_S)
        return series

    def _service(self, service: str, method: str, arguments: list[Any], call: MethodCall) -> Any:
        params = {"service": service, "method": method, "args": arguments}
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        return jsonrpc_result(self._send("POST", "/jsonrpc", call, body), call)

    def _send(
        self, verb: str, path: str, call: MethodCall, body: Json | None = None, key: str = ""
    ) -> requests.Response:
        headers = {"X-Odoo-Database": self._db} | ({"Authorization": f"bearer {key}"} if key else {})
        try:
            is_first = self._precedence is Precedence.PERSON
            with self._semaphore.acquire(ODOO_QUEUE_TIMEOUT_S, first=is_first), self._share.used(self._of(call)):
                if call.method in TICKET_WRITES:
                    self._before_write()  # after the wait, during which somebody may have stopped all writing
                response = self._session.request(verb, f"{self._base}{path}", json=body, headers=headers)
        except ResponseLost as error:
            raise Unavailable(f"{call}: {error}", after=call.undecided_for) from error
        self._threads.server_time = server_time(response)
        return response

    @contextmanager
    def precedence(self, precedence: Precedence) -> Iterator[None]:
        """In this context the thread's calls have this precedence."""
        before = self._precedence
        self._threads.precedence = before if before is Precedence.PERSON else precedence
        try:
            yield
        finally:
            self._threads.precedence = before

    @property
    def _precedence(self) -> Precedence:
        found: Precedence = getattr(self._threads, "precedence", Precedence.USUAL)
        return found

    def _of(self, call: MethodCall) -> Precedence:
        """The precedence of a call: a plan that has begun to be written is completed."""
        is_urgent = call.method in TICKET_WRITES and self._precedence is not Precedence.PERSON
        return Precedence.URGENT if is_urgent else self._precedence

    @property
    def _session(self) -> Session:
        if not hasattr(self._threads, "session"):
            session = Session(direct=self._base.startswith("http:"), timeout=TIMEOUT, clock_check=self.clock_check)
            session.auth = lambda request: request  # otherwise requests replaces our key by a password from ~/.netrc
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # Odoo refuses a session with a key
            self._threads.session = session
        found: Session = self._threads.session
        return found
