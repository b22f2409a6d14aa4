"""Talking to one Odoo database: JSON-2 from version 19, JSON-RPC before. No policy, no mapping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from threading import local
from typing import Any

import requests

from bridge.config.settings import OdooSettings
from bridge.config.sources import read_secret
from bridge.errors import InputError, Retry
from bridge.helpdesks.http.fair_semaphore import FairSemaphore
from bridge.helpdesks.http.session import ResponseLost, Session, server_time
from bridge.helpdesks.http.waits import (
    NEEDS_ADMIN_PAUSE_S,
    ODOO_CONNECT_TIMEOUT_S,
    ODOO_QUEUE_TIMEOUT_S,
    ODOO_READ_TIMEOUT_S,
)
from bridge.helpdesks.odoo.errors import (
    Call,
    Json,
    Names,
    Unauthorized,
    is_json,
    json2_result,
    jsonrpc_result,
    numbers_in,
    series_in,
    typed,
)

TIMEOUT = (ODOO_CONNECT_TIMEOUT_S, ODOO_READ_TIMEOUT_S)
MAX_CONCURRENT_CALLS = 2
"""A small Odoo has two workers, and its users need one of them."""
JSON2 = (19, 0)
OLDEST = (16, 0)

_MAKING = {"create", "message_post", "activity_schedule"}


class OdooClient:
    """One database as one user, for all threads; each thread gets a session of its own.

    Methods raise only :mod:`bridge.errors`. A call is made once; only what was refused for its key is made again, when
    the file of the key holds another one by now.
    """

    def __init__(self, settings: OdooSettings, *, admin: bool = False) -> None:
        """Sends nothing yet. ``admin``: as the administrator, for ``install``. Raises ``InputError``."""
        self.names = Names.under(settings.prefix, admin=admin)
        key = settings.admin_api_key if admin else settings.api_key
        if not key:
            whose = "an administrator" if admin else "the integration user"
            raise InputError(f"{self.names.key}: found nothing; set it to an API key of {whose}")
        self.key = key.get_secret_value()
        self._base, self._db = settings.url or "", settings.db or ""
        self._login = settings.admin_login if admin else settings.login
        self._semaphore = FairSemaphore(MAX_CONCURRENT_CALLS)
        self._threads = local()
        self._series: tuple[int, int] | None = None
        self._uid: int | None = None

    @property
    def series(self) -> tuple[int, int]:
        """The server's version, such as ``(19, 0)``."""
        if self._series is None:
            self._series = self._detect()
        return self._series

    @property
    def uid(self) -> int:
        """The id of the user whose key it is."""
        if self._uid is None:
            if self.series >= JSON2:
                context = typed(self.call("res.users", "context_get"), dict, "res.users.context_get")
                self._uid = typed(context.get("uid"), int, "res.users.context_get")
            else:
                self._uid = self._with_key(self._sign_in)
        return self._uid

    @property
    def server_time(self) -> datetime | None:
        """When this thread's last answer was given by Odoo's own clock, to the second; None where it does not say."""
        found: datetime | None = getattr(self._threads, "server_time", None)
        return found

    def call(
        self,
        model: str,
        method: str,
        ids: Sequence[int] | None = None,
        /,
        *,
        context: Json | None = None,
        **kwargs: Any,
    ) -> Any:
        """What a method returns, with arguments by name; of those that make something always the list of new ids.

        ``ids``: the records, never none of them (``ValueError``), for to that Odoo says true and does nothing. They
        are left out only for methods of the model itself.
        """
        if ids is not None and not (ids and all(type(number) is int and number > 0 for number in ids)):
            raise ValueError(f"{model}.{method}: found ids {ids!r}; allowed: one or more positive integers")
        named = kwargs | ({"context": context} if context else {})
        result = self._with_key(lambda key: self._execute(key, model, method, ids, named))
        return numbers_in(result) if method in _MAKING else result

    def search_read(
        self,
        model: str,
        domain: Sequence[Any],
        fields: Sequence[str],
        *,
        order: str,
        limit: int | None = None,
        offset: int = 0,
        context: Json | None = None,
    ) -> list[Json]:
        """Records that match, in ``order``; references are plain ids."""
        page = {"order": order, "limit": limit, "offset": offset, "load": None}
        found = self.call(model, "search_read", domain=list(domain), fields=list(fields), context=context, **page)
        return typed(found, list, f"{model}.search_read")

    def search_count(self, model: str, domain: Sequence[Any], context: Json | None = None) -> int:
        found = self.call(model, "search_count", domain=list(domain), context=context)
        return typed(found, int, f"{model}.search_count")

    def read(self, model: str, ids: Sequence[int], fields: Sequence[str], context: Json | None = None) -> list[Json]:
        """Those of the records that exist; references are plain ids."""
        found = self.call(model, "read", ids, fields=list(fields), load=None, context=context)
        return typed(found, list, f"{model}.read")

    def write(self, model: str, ids: Sequence[int], values: Json, context: Json | None = None) -> None:
        """All of the records or, with an error, none. What Odoo made of the values only another look tells."""
        self.call(model, "write", ids, vals=values, context=context)

    def create(self, model: str, rows: list[Json], context: Json | None = None) -> list[int]:
        found: list[int] = self.call(model, "create", vals_list=rows, context=context)
        return found

    def unlink(self, model: str, ids: Sequence[int]) -> None:
        self.call(model, "unlink", ids)

    def fields_get(
        self,
        model: str,
        attributes: Sequence[str] = ("type", "string", "selection", "relation", "readonly", "required", "help"),
    ) -> dict[str, Json]:
        """The fields of a model by technical name."""
        return typed(self.call(model, "fields_get", attributes=list(attributes)), dict, f"{model}.fields_get")

    def accepts(self, key: str) -> bool:
        """Whether another key of the same user can be used, asked with that key."""
        try:
            self._execute(key, "res.users", "context_get", None, {})
        except Unauthorized:
            return False
        return True

    def _detect(self) -> tuple[int, int]:
        """Only Odoo from 19 on answers this path with JSON; older ones show pages of all kinds there."""
        call = Call("common", "version", self.names)
        response = self._send("GET", "/web/version", call)
        if response.status_code == 200 and is_json(response):
            info, numbers = json2_result(response, call), "version_info"
        else:
            info, numbers = self._service("common", "version", [], call), "server_version_info"
        series = series_in(info.get(numbers) if isinstance(info, dict) else None)
        if series < OLDEST:
            found = ".".join(map(str, series)) if any(series) else "no version of Odoo"
            reason = f"{self.names.url}: found {found}; allowed: Odoo from 16 on"
            raise Retry(reason, after=NEEDS_ADMIN_PAUSE_S, all_tickets=True)
        return series

    def _with_key(self, attempt: Callable[[str], Any]) -> Any:
        """One attempt, and another one when what was refused is a key, or a user's id, that is out of date."""
        key, uid = self.key, self._uid
        try:
            return attempt(key)
        except Unauthorized:
            self._uid = None
            if key == self.key:
                self.key = read_secret(self.names.key) or key
            if key == self.key and (uid is None or self.series >= JSON2):
                raise
        return attempt(self.key)

    def _execute(self, key: str, model: str, method: str, ids: Sequence[int] | None, named: Json) -> Any:
        call = Call(model, method, self.names)
        if self.series >= JSON2:
            body = named if ids is None else named | {"ids": list(ids)}
            return json2_result(self._send("POST", f"/json/2/{model}/{method}", call, body, key), call)
        self._uid = uid = self._uid or self._sign_in(key)
        positional: list[Any] = [] if ids is None else [list(ids)]
        if method == "create":  # Odoo looks at the first argument to see whether one record or several are meant
            positional, named = [named["vals_list"]], {name: named[name] for name in named if name != "vals_list"}
        arguments = [self._db, uid, key, model, method, positional, named]
        return self._service("object", "execute_kw", arguments, call)

    def _sign_in(self, key: str) -> int:
        """The user's id, which JSON-RPC wants beside the key."""
        if not self._login:
            raise Unauthorized(f"{self.names.login}: found nothing; Odoo before 19 wants a login beside the API key")
        arguments = [self._db, self._login, key, {}]
        call = Call("common", "authenticate", self.names)
        uid = typed(self._service(call.model, call.method, arguments, call), int, call)
        if not uid:
            raise Unauthorized(
                f"Odoo does not let {self._login} in; check {self.names.login} and {self.names.key}: "
                "has the key expired, or was it revoked?"
            )
        return uid

    def _service(self, service: str, method: str, arguments: list[Any], call: Call) -> Any:
        params = {"service": service, "method": method, "args": arguments}
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        return jsonrpc_result(self._send("POST", "/jsonrpc", call, body), call)

    def _send(self, verb: str, path: str, call: Call, body: Json | None = None, key: str = "") -> requests.Response:
        headers = {"X-Odoo-Database": self._db} | ({"Authorization": f"bearer {key}"} if key else {})
        try:
            with self._semaphore.acquire(ODOO_QUEUE_TIMEOUT_S):
                response = self._session.request(verb, f"{self._base}{path}", json=body, headers=headers)
        except ResponseLost as error:
            raise Retry(f"{call}: {error}", after=call.unknown) from error
        self._threads.server_time = server_time(response)
        return response

    @property
    def _session(self) -> Session:
        if not hasattr(self._threads, "session"):
            session = Session(direct=self._base.startswith("http:"), timeout=TIMEOUT)
            session.auth = lambda request: request  # else requests puts a password of ~/.netrc in place of our key
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # Odoo refuses a session beside a key
            self._threads.session = session
        found: Session = self._threads.session
        return found
