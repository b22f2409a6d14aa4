"""One call from outside: who calls, which method, in one transaction, and the webhooks it causes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.delivery_faults import DeliveryFault
from bridge.sandbox.odoo import automation, errors, seeds
from bridge.sandbox.odoo.automation import WebhookSender
from bridge.sandbox.odoo.env import ODOOBOT, Env, RecordSet, Work
from bridge.sandbox.odoo.model import Model
from bridge.sandbox.odoo.models import CLASSES
from bridge.sandbox.odoo.registry import Registry
from bridge.sandbox.odoo.tables import Row, Tables, Transaction

_READING = {
    *("read", "search", "search_read", "search_count", "fields_get", "name_search", "get_view", "get_views"),
    *("has_access", "has_group", "context_get", "get_param", "check_object_reference"),
}
"""Methods that change nothing, and so wait for nobody."""


@dataclass
class Call:
    """A method of a model, with the arguments as they came; ``ids`` is None where the wire sent none."""

    model: str
    method: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    ids: Sequence[int] | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


class OdooDatabase:
    """One database with everything that serves it."""

    def __init__(self, series: int, clock: SandboxClock) -> None:
        self.clock = clock
        self.name = f"wire{series}"
        self.registry = Registry(series, CLASSES)
        self.webhook_sender = WebhookSender()
        self._tables = Tables()
        self.reset()

    @property
    def series(self) -> int:
        return self.registry.series

    @property
    def delivery_faults(self) -> list[DeliveryFault]:
        """Faults in delivering webhooks."""
        return self.webhook_sender.delivery_faults

    def reset(self) -> None:
        """Start again from the seed: all else, fields by hand and automations included, is gone."""
        with self._tables.writing:
            self._tables.clear()
            self.registry.forget()
            self.webhook_sender.delivery_faults.clear()
            self.webhook_sender.sent.clear()
            work = self._work()
            seeds.fill(Env(work, ODOOBOT, su=True))
            work.transaction.commit()

    @contextmanager
    def transaction(
        self, uid: int, context: Mapping[str, Any] | None = None, *, changing: bool = True
    ) -> Iterator[Env]:
        """A transaction of a user. An error leaves no trace of it.

        Series 18 posts webhooks before it commits, so that whoever looks meanwhile sees the state before; 19 after.
        """
        with self._tables.writing if changing else nullcontext():
            work = self._work()
            env = Env(work, uid, context)
            yield env
            found = automation.posts(Env(work, ODOOBOT, su=True)) if work.changes else []
            if self.series < 19:
                self.webhook_sender.send(found)
            work.transaction.commit()
        if self.series >= 19:
            self.webhook_sender.send(found)

    def call(self, uid: int, call: Call, *, by_name: bool = False) -> Any:
        """Make a call for a user. ``by_name``: as JSON-2 does, which checks arguments itself. Raises a fault."""
        with self.transaction(uid, call.context, changing=call.method not in _READING) as env:
            return _made(env, call, by_name)

    def user_by_key(self, key: str) -> int | None:
        """Whose API key it is, unless it has expired."""
        now = self.clock().replace(tzinfo=None)
        for row in self._rows("res.users.apikeys"):
            if row["_key"] == key and (row["expiration_date"] is None or row["expiration_date"] > now):
                return int(row["user_id"])
        return None

    def authenticated(self, login: str, secret: str) -> int | None:
        """The user of a login with its password or one of its API keys."""
        for row in self._rows("res.users"):
            if row["login"] == login and row["active"] and self.is_secret_of(row["id"], secret):
                return int(row["id"])
        return None

    def is_secret_of(self, uid: int, secret: str) -> bool:
        """A password or an API key proves who calls over JSON-RPC."""
        row = self._tables.committed["res.users"].get(uid)
        return row is not None and bool(secret) and (row["_password"] == secret or self.user_by_key(secret) == uid)

    def _rows(self, model: str) -> list[Row]:
        return list(self._tables.committed[model].values())

    def _work(self) -> Work:
        now = self.clock().replace(tzinfo=None)
        return Work(Transaction(self._tables), self.registry, self.clock, now)


def _made(env: Env, call: Call, by_name: bool) -> Any:
    model = env[call.model]
    function = _public(model, call.method, by_name)
    wire, args = function.__dict__["wire"], list(call.args)
    ids: Any = call.ids
    if wire == "model" and ids:
        raise errors.unprocessable(f"cannot call {call.model}.{call.method} with ids")
    if wire == "records" and not by_name:
        if not args:
            raise errors.type_error(f"{call.method}() missing 1 required positional argument: 'self'")
        ids = args.pop(0)
    records = model.of([ids] if isinstance(ids, int) else list(ids or ()))
    try:
        bound = inspect.signature(function).bind(records, *args, **call.kwargs)
    except TypeError as error:
        raise (errors.unprocessable if by_name else errors.type_error)(str(error)) from None
    env.companies  # noqa: B018 - companies that are not the user's are refused whatever is called
    result = function(*bound.args, **bound.kwargs)
    if call.method == "create" and not by_name and any(isinstance(given, dict) for given in args[:1]):
        return result[0]  # one dictionary makes one record, and is answered with its id
    return _serialised(env, call.method, result)


def _public(model: RecordSet, method: str, by_name: bool) -> Callable[..., Any]:
    if method.startswith("_"):
        private = f"Private methods (such as '{model.name}.{method}') cannot be called remotely."
        raise errors.access_error(private)
    function = getattr(type(model), method, None)
    if function is None or "wire" not in getattr(function, "__dict__", {}):
        text = f"The method '{model.name}.{method}' does not exist"
        raise errors.not_found(text) if by_name else errors.attribute_error(text)
    found: Callable[..., Any] = function
    return found


def _serialised(env: Env, method: str, result: Any) -> Any:
    """Records are ids in 19; 18 gives the id of a message, and of everything else a text."""
    if not isinstance(result, Model):
        return result
    if env.series >= 19:
        return result.ids
    if method == "message_post":
        return result.id
    return f"{result.name}({', '.join(map(str, result.ids))}{',' if len(result.ids) == 1 else ''})"
