"""Reads Odoo's responses and translates its errors into :mod:`bridge.errors`, by what to do next.

This is the only module that knows Odoo's exceptions and status codes. Over both protocols Odoo names the Python
exception that ended a call. That name decides, not the status: a 500 is mostly a value that Odoo will never accept
(measured on 19). Tracebacks, which show paths of the server, are dropped here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from bridge.errors import Denied, Forbidden, GiveUp, Gone, HelpdeskError, Retry, Unavailable
from bridge.helpdesks.http.rate_limit import parse_retry_after
from bridge.helpdesks.http.waits import NEEDS_ADMIN_PAUSE_S, ODOO_AWAY_PAUSE_S, ODOO_COMMIT_S, UNREACHABLE_PAUSE_S
from mappings.harmless_text import harmless

Json = dict[str, Any]

TICKETS = "helpdesk.ticket"

_RIGHTS = {
    "context_get": "read",
    "default_get": "read",
    "fields_get": "read",
    "has_access": "read",
    "has_group": "read",
    "name_search": "read",
    "read": "read",
    "read_group": "read",
    "search": "read",
    "search_count": "read",
    "search_read": "read",
    "write": "change",
    "create": "create",
    "unlink": "delete",
}
_NUMBER = re.compile(r"\d+")
_RECORD = re.compile(r"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)\(\d")
_NAMES_MODEL = re.compile(r"\([a-z]\w*(?:\.\w+)+\)")
_NO_MODEL = re.compile(r"(?:the model '[\w.]+' does not|Object [\w.]+ doesn't) exist")
_TEMPORARY = re.compile(
    r"Serializ|Concurren|Deadlock|Lock(?:Error|NotAvailable)|Operational|Interface|Connection|Timeout|Memory|Shutdown"
    r"|Canceled|Unavailable"
)
"""Parts of the names of exceptions that are likely to be temporary."""
_OUT_OF_TIME = "time limit exceeded"

T = TypeVar("T")
_NO_JSON = object()


class Unauthorized(Denied):
    """Odoo refuses the key or the user and did nothing.

    An administrator has to act, but on the connection: tickets wait for a valid key and are not parked.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason, after=NEEDS_ADMIN_PAUSE_S)


@dataclass(frozen=True)
class Names:
    """Names of the environment variables of a connection, for error messages."""

    url: str
    db: str
    key: str
    login: str

    @classmethod
    def under(cls, prefix: str, *, admin: bool) -> Names:
        who = f"{prefix}ADMIN_" if admin else prefix
        return cls(f"{prefix}URL", f"{prefix}DB", f"{who}API_KEY", f"{who}LOGIN")


@dataclass(frozen=True)
class MethodCall:
    """The call of a method, for error messages."""

    model: str
    method: str
    names: Names

    @property
    def is_write(self) -> bool:
        """Whether the method changes records."""
        return self.model != "common" and _RIGHTS.get(self.method) != "read"

    @property
    def undecided_for(self) -> float | None:
        """Seconds until a call without a response has been committed or rolled back; None if it changes nothing."""
        return ODOO_COMMIT_S if self.is_write else None

    def __str__(self) -> str:
        return f"{self.model}.{self.method}"


def is_json(response: requests.Response) -> bool:
    return "json" in response.headers.get("Content-Type", "")


def json2_result(response: requests.Response, call: MethodCall) -> Any:
    """The result of a method over JSON-2. Raises :mod:`bridge.errors` for anything else."""
    body = _body(response)
    if response.status_code == 200 and body is not _NO_JSON:
        return body
    raise _error_of(response, body, call)


def jsonrpc_result(response: requests.Response, call: MethodCall) -> Any:
    """The result of a method over JSON-RPC, which omits a result of None."""
    body = _body(response)
    if response.status_code == 200 and isinstance(body, dict) and "jsonrpc" in body:
        error = body.get("error")
        if error is None:
            return body.get("result")
        body = error.get("data") if isinstance(error, dict) else None
    raise _error_of(response, body, call)


def series_in(numbers: object) -> tuple[int, int]:
    """The version in ``[19, 0, ...]`` or Odoo Online's ``["saas~18", 4, ...]``; zeros for anything else."""
    if not (isinstance(numbers, list) and len(numbers) >= 2):
        return 0, 0
    major, minor = (_NUMBER.search(str(part)) for part in numbers[:2])
    return int(major[0]) if major else 0, int(minor[0]) if minor else 0


def ids_in(made: object) -> list[int]:
    """The ids of created records, which are 7, [7] or ``mail.activity(7,)`` depending on the version (measured)."""
    return [int(number) for number in _NUMBER.findall(str(made))]


def typed(found: object, kind: type[T], call: object) -> T:
    """The result of a method if it has the expected type. Raises ``Retry`` otherwise."""
    if isinstance(found, kind):
        return found
    raise Retry(f"Odoo's response to {call} is of type {type(found).__name__}, expected {kind.__name__}")


def _body(response: requests.Response) -> Any:
    with suppress(ValueError, RecursionError):
        return response.json()
    return _NO_JSON


def _error_of(response: requests.Response, body: Any, call: MethodCall) -> HelpdeskError:
    name = str(body.get("name") or "") if isinstance(body, dict) else ""
    message = str(body.get("message") or "") if isinstance(body, dict) else ""
    return _translate(name, message, call) if "." in name else _foreign_response(response, call)


def _translate(name: str, message: str, call: MethodCall) -> HelpdeskError:
    reason = f"Odoo refuses {call}: {_message_of(name, message)}"
    names = call.names
    match name.rpartition(".")[2]:
        case "AccessDenied" | "Unauthorized" | "SessionExpiredException":
            return Unauthorized(f"{reason}; check {names.key}: has the key expired, or was it revoked?")
        case "AccessError":
            right = _RIGHTS.get(call.method, f"call {call.method} on")
            return Forbidden(f"{reason}; let the user of {names.key} {right} {call.model}, in all of its companies")
        case "MissingError":
            found = _RECORD.search(message)
            missing = found[1] if found else call.model
            return Gone(reason) if missing == call.model == TICKETS else GiveUp(reason)
        case "OperationalError" if name.startswith("psycopg"):
            reason += f"; check {names.db}, or wait until Odoo reaches its database"
            return Unavailable(reason, after=ODOO_AWAY_PAUSE_S, all_tickets=True)
    if _NO_MODEL.match(message) and call.model == TICKETS:
        reason += f"; install a helpdesk app in the database of {names.db}"
        return Denied(reason, after=NEEDS_ADMIN_PAUSE_S)
    if _TEMPORARY.search(name) or _OUT_OF_TIME in message:
        return Retry(reason)
    return GiveUp(reason, _message_of(name, message))


def _message_of(name: str, message: str) -> str:
    """Odoo's own message in one line, without its jokes and its SQL."""
    paragraphs = message.strip().split("\n\n")
    if name.endswith("AccessError"):
        telling = [text for text in paragraphs if "\n\t- " in text or _NAMES_MODEL.search(text)]
        paragraphs = [" ".join(telling or paragraphs[:1])]
    first = paragraphs[0] if name.startswith("odoo.") else paragraphs[0].partition("\n")[0]
    return harmless(" ".join(first.split()).rstrip(".")[:500]) or name


def _foreign_response(response: requests.Response, call: MethodCall) -> HelpdeskError:
    """The error for a response that is not Odoo's: from a proxy, a starting server or another program."""
    status, names = response.status_code, call.names
    if status == 200 and is_json(response):
        return Unavailable(f"the response to {call} cannot be read", after=call.undecided_for)
    if status == 504 and call.is_write:
        return Unavailable(f"Odoo did not answer its proxy for {call}", after=call.undecided_for)
    if status in (408, 425, 429) or status >= 500:
        after = parse_retry_after(response.headers, ODOO_AWAY_PAUSE_S if status == 429 else UNREACHABLE_PAUSE_S)
        return Unavailable(f"Odoo is not available for {call}: status {status}", after=after, all_tickets=True)
    if 300 <= status < 400:
        there = urlsplit(response.headers.get("Location", ""))
        where = f"{there.scheme}://{there.netloc}" if there.netloc else "another page"
        reason = f"{call} was redirected to {where}; set {names.url} to the address of Odoo itself"
        return Denied(reason, after=NEEDS_ADMIN_PAUSE_S)
    if status in (401, 403, 407):
        reason = f"a proxy in front of Odoo refuses {call}: status {status}; allow the bridge"
        return Denied(reason, after=NEEDS_ADMIN_PAUSE_S)
    if status == 404:
        reason = f"Odoo does not find the database for {call}; check {names.db} and {names.url}"
        return Unavailable(reason, after=ODOO_AWAY_PAUSE_S, all_tickets=True)
    if status == 200:
        reason = f"the response to {call} is a web page: maintenance, or {names.url} is not the address of Odoo"
        return Unavailable(reason, after=ODOO_AWAY_PAUSE_S, all_tickets=True)
    return GiveUp(f"the response to {call} has status {status} and no message of Odoo")
