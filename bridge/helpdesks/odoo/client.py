"""The client of one Odoo database: authentication and typed calls. No policy, no mapping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from bridge.config.odoo_settings import OdooSettings
from bridge.config.sources import read_secret
from bridge.errors import InputError
from bridge.helpdesks.http.rate_limit import Precedence
from bridge.helpdesks.odoo.errors import Json, MethodCall, Names, Unauthorized, ids_in, typed
from bridge.helpdesks.odoo.transport import JSON2, OdooTransport
from bridge.helpdesks.odoo.worker_share import WorkerShare
from bridge.ports.call_budget import DrawFromBudget, unlimited
from bridge.ports.helpdesk import BeforeWrite, always_write

_CREATING_METHODS = {"create", "message_post", "activity_schedule"}


class OdooClient:
    """One database as one user, shared by all threads.

    Methods raise only :mod:`bridge.errors`. A call is sent once. It is repeated only if its key was refused and the
    key's file now has another one.
    """

    def __init__(
        self,
        settings: OdooSettings,
        *,
        admin: bool = False,
        before_write: BeforeWrite = always_write,
        draw: DrawFromBudget = unlimited,
    ) -> None:
        """Sends nothing yet. ``admin``: use the administrator's key, for ``install``. ``draw``: from the time of Odoo's
        workers that all processes may use. Raises ``InputError``.
        """
        self.names = Names.under(settings.prefix, admin=admin)
        key = settings.admin_api_key if admin else settings.api_key
        if not key:
            whose = "an administrator" if admin else "the integration user"
            raise InputError(f"{self.names.key}: found nothing; set it to an API key of {whose}")
        self.key = key.get_secret_value()
        self._login = settings.admin_login if admin else settings.login
        share = WorkerShare(settings.workers, settings.api_share, draw)
        self._transport = OdooTransport(settings.url or "", settings.db or "", self.names, before_write, share)
        self._uid: int | None = None

    @property
    def series(self) -> tuple[int, int]:
        """The server's version, such as ``(19, 0)``."""
        return self._transport.series

    @property
    def uid(self) -> int:
        """The id of the user who owns the key."""
        if self._uid is None:
            if self.series >= JSON2:
                context = typed(self.call("res.users", "context_get"), dict, "res.users.context_get")
                self._uid = typed(context.get("uid"), int, "res.users.context_get")
            else:
                self._uid = self._with_key(self._sign_in)
        return self._uid

    @property
    def server_time(self) -> datetime | None:
        """When this thread's last response was sent by Odoo's own clock, in whole seconds; None if it did not say."""
        return self._transport.server_time

    def precedence(self, precedence: Precedence) -> AbstractContextManager[None]:
        """In this context the thread's calls have this precedence."""
        return self._transport.precedence(precedence)

    def clock_problem(self) -> str:
        """Why this machine's clock is not to be trusted; empty: it agreed with the date of Odoo's last response."""
        return self._transport.clock_check.problem()

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
        """The result of a method with named arguments; for methods that create records always the list of new ids.

        ``ids``: the records, or None for methods of the model itself. An empty list raises ``ValueError``, because Odoo
        would do nothing and return true (measured on 18 and 19).
        """
        if ids is not None and not (ids and all(type(number) is int and number > 0 for number in ids)):
            raise ValueError(f"{model}.{method}: found ids {ids!r}; allowed: one or more positive integers")
        named = kwargs | ({"context": context} if context else {})
        result = self._with_key(lambda key: self._execute(key, model, method, ids, named))
        return ids_in(result) if method in _CREATING_METHODS else result

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
        """Matching records in ``order``; references are plain ids."""
        page = {"order": order, "limit": limit, "offset": offset, "load": None}
        found = self.call(model, "search_read", domain=list(domain), fields=list(fields), context=context, **page)
        return typed(found, list, f"{model}.search_read")

    def search_count(self, model: str, domain: Sequence[Any], context: Json | None = None) -> int:
        found = self.call(model, "search_count", domain=list(domain), context=context)
        return typed(found, int, f"{model}.search_count")

    def read(self, model: str, ids: Sequence[int], fields: Sequence[str], context: Json | None = None) -> list[Json]:
        """The records that exist; references are plain ids."""
        found = self.call(model, "read", ids, fields=list(fields), load=None, context=context)
        return typed(found, list, f"{model}.read")

    def write(self, model: str, ids: Sequence[int], values: Json, context: Json | None = None) -> None:
        """Write all of the records or, with an error, none. Only reading them again shows what Odoo did."""
        self.call(model, "write", ids, vals=values, context=context)

    def create(self, model: str, rows: list[Json], context: Json | None = None) -> list[int]:
        found: list[int] = self.call(model, "create", vals_list=rows, context=context)
        return found

    def unlink(self, model: str, ids: Sequence[int]) -> None:
        self.call(model, "unlink", ids)

    def fields_get(
        self,
        model: str,
        attributes: Sequence[str] = ("type", "string", "selection", "relation", "readonly", "required", "help", "size"),
    ) -> dict[str, Json]:
        """The fields of a model by technical name."""
        return typed(self.call(model, "fields_get", attributes=list(attributes)), dict, f"{model}.fields_get")

    def accepts(self, key: str) -> bool:
        """Whether another key of the same user works."""
        try:
            self._execute(key, "res.users", "context_get", None, {})
        except Unauthorized:
            return False
        return True

    def _with_key(self, attempt: Callable[[str], Any]) -> Any:
        """Call ``attempt``, and once more if the refused key, or the user's id, was outdated."""
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
        call = MethodCall(model, method, self.names)
        if self.series >= JSON2:
            return self._transport.json2(key, call, named if ids is None else named | {"ids": list(ids)})
        self._uid = uid = self._uid or self._sign_in(key)
        positional: list[Any] = [] if ids is None else [list(ids)]
        if method == "create":  # Odoo decides by the first positional argument whether one record or several are meant
            positional, named = [named["vals_list"]], {name: named[name] for name in named if name != "vals_list"}
        return self._transport.execute_kw(uid, key, call, positional, named)

    def _sign_in(self, key: str) -> int:
        """The id of the user, which JSON-RPC needs in addition to the key."""
        if not self._login:
            raise Unauthorized(f"{self.names.login}: found nothing; Odoo before 19 needs a login and a key")
        call = MethodCall("common", "authenticate", self.names)
        uid = typed(self._transport.authenticate(self._login, key, call), int, call)
        if not uid:
            raise Unauthorized(
                f"Odoo refuses {self._login}; check {self.names.login} and {self.names.key}: "
                "has the key expired, or was it revoked?"
            )
        return uid
