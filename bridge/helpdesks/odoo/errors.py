"""Odoo's answers, read, and sorted by what to do next; the only place that knows its exceptions and status codes.

Odoo names the Python exception it ended with, over both of its protocols. That name decides, never the status alone: a
500 is most often a value it will never take. Its tracebacks go no further than here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from bridge.errors import GiveUp, Gone, HelpdeskError, Retry
from bridge.helpdesks.http.rate_limit import parse_retry_after
from bridge.helpdesks.http.waits import NEEDS_ADMIN_PAUSE_S, ODOO_AWAY_PAUSE_S, ODOO_COMMIT_S, UNREACHABLE_PAUSE_S

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
_PASSING = re.compile(
    r"Serializ|Concurren|Deadlock|Lock(?:Error|NotAvailable)|Operational|Interface|Connection|Timeout|Memory|Shutdown"
    r"|Canceled|Unavailable"
)
"""In the names of exceptions that may well not come again."""
_OUT_OF_TIME = "time limit exceeded"

T = TypeVar("T")
_NO_JSON = object()


class Unauthorized(Retry):
    """Odoo refuses the key or the user, and carried nothing out.

    A person has to act, but on the connection: tickets wait for a better key, they are not parked for it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason, after=NEEDS_ADMIN_PAUSE_S, all_tickets=True)


class Forbidden(GiveUp):
    """The key is good, but its user lacks a right."""


@dataclass(frozen=True)
class Names:
    """The variables that say which database it is and as whom, for a person to look at."""

    url: str
    db: str
    key: str
    login: str

    @classmethod
    def under(cls, prefix: str, *, admin: bool) -> Names:
        who = f"{prefix}ADMIN_" if admin else prefix
        return cls(f"{prefix}URL", f"{prefix}DB", f"{who}API_KEY", f"{who}LOGIN")


@dataclass(frozen=True)
class Call:
    """What was asked, for the wording of what came of it."""

    model: str
    method: str
    names: Names

    @property
    def changing(self) -> bool:
        return self.model != "common" and _RIGHTS.get(self.method) != "read"

    @property
    def unknown(self) -> float | None:
        """Seconds to wait when nobody can say whether it was carried out; None: as usual."""
        return ODOO_COMMIT_S if self.changing else None

    def __str__(self) -> str:
        return f"{self.model}.{self.method}"


def is_json(response: requests.Response) -> bool:
    return "json" in response.headers.get("Content-Type", "")


def json2_result(response: requests.Response, call: Call) -> Any:
    """What a method returned over JSON-2. Raises :mod:`bridge.errors` for everything else."""
    body = _body(response)
    if response.status_code == 200 and body is not _NO_JSON:
        return body
    raise _refused(response, body, call)


def jsonrpc_result(response: requests.Response, call: Call) -> Any:
    """What a method returned over JSON-RPC, which leaves the result out when it is None."""
    body = _body(response)
    if response.status_code == 200 and isinstance(body, dict) and "jsonrpc" in body:
        error = body.get("error")
        if error is None:
            return body.get("result")
        body = error.get("data") if isinstance(error, dict) else None
    raise _refused(response, body, call)


def series_in(numbers: object) -> tuple[int, int]:
    """``[19, 0, ...]``, and Odoo Online's ``["saas~18", 4, ...]``; zeros for anything else."""
    if not (isinstance(numbers, list) and len(numbers) >= 2):
        return 0, 0
    major, minor = (_NUMBER.search(str(part)) for part in numbers[:2])
    return int(major[0]) if major else 0, int(minor[0]) if minor else 0


def numbers_in(made: object) -> list[int]:
    """One version of Odoo answers with 7, another one with [7] or with ``mail.activity(7,)``."""
    return [int(number) for number in _NUMBER.findall(str(made))]


def typed(found: object, kind: type[T], call: object) -> T:
    """What a method returned, of the type it has to be. Raises ``Retry`` for another one."""
    if isinstance(found, kind):
        return found
    raise Retry(f"Odoo answered {call} with {type(found).__name__}, where {kind.__name__} should be")


def _body(response: requests.Response) -> Any:
    with suppress(ValueError, RecursionError):
        return response.json()
    return _NO_JSON


def _refused(response: requests.Response, body: Any, call: Call) -> HelpdeskError:
    name = str(body.get("name") or "") if isinstance(body, dict) else ""
    message = str(body.get("message") or "") if isinstance(body, dict) else ""
    return _sorted(name, message, call) if "." in name else _not_odoo(response, call)


def _sorted(name: str, message: str, call: Call) -> HelpdeskError:
    reason = f"Odoo refuses {call}: {_words(name, message)}"
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
            return Retry(reason, after=ODOO_AWAY_PAUSE_S, all_tickets=True)
    if _NO_MODEL.match(message) and call.model == TICKETS:
        reason += f"; install a helpdesk app in the database of {names.db}"
        return Retry(reason, after=NEEDS_ADMIN_PAUSE_S, all_tickets=True)
    return Retry(reason) if _PASSING.search(name) or _OUT_OF_TIME in message else GiveUp(reason)


def _words(name: str, message: str) -> str:
    """The vendor's own words in one line, without its jokes and its SQL."""
    paragraphs = message.strip().split("\n\n")
    if name.endswith("AccessError"):
        telling = [text for text in paragraphs if "\n\t- " in text or _NAMES_MODEL.search(text)]
        paragraphs = [" ".join(telling or paragraphs[:1])]
    first = paragraphs[0] if name.startswith("odoo.") else paragraphs[0].partition("\n")[0]
    return " ".join(first.split()).rstrip(".")[:500] or name


def _not_odoo(response: requests.Response, call: Call) -> HelpdeskError:
    """An answer in nobody's name: a page of a proxy, of a server that is starting, of another program."""
    status, names = response.status_code, call.names
    if status == 200 and is_json(response):
        return Retry(f"the answer to {call} cannot be read", after=call.unknown)
    if status == 504 and call.changing:
        return Retry(f"Odoo left its proxy without an answer to {call}", after=call.unknown)
    if status in (408, 425, 429) or status >= 500:
        after = parse_retry_after(response.headers, ODOO_AWAY_PAUSE_S if status == 429 else UNREACHABLE_PAUSE_S)
        return Retry(f"Odoo is not to be had for {call}: status {status}", after=after, all_tickets=True)
    if 300 <= status < 400:
        there = urlsplit(response.headers.get("Location", ""))
        where = f"{there.scheme}://{there.netloc}" if there.netloc else "another page"
        reason = f"{call} was sent on to {where}; set {names.url} to where Odoo itself answers"
        return Retry(reason, after=NEEDS_ADMIN_PAUSE_S, all_tickets=True)
    if status in (401, 403, 407):
        reason = f"something in front of Odoo refuses {call}: status {status}; let the bridge through"
        return Retry(reason, after=NEEDS_ADMIN_PAUSE_S, all_tickets=True)
    if status == 404:
        reason = f"Odoo has or opens no such database for {call}; check {names.db} and {names.url}"
        return Retry(reason, after=ODOO_AWAY_PAUSE_S, all_tickets=True)
    if status == 200:
        reason = f"a web page came instead of an answer to {call}: maintenance, or {names.url} is not Odoo's address"
        return Retry(reason, after=ODOO_AWAY_PAUSE_S, all_tickets=True)
    return GiveUp(f"status {status} without a word of Odoo's came for {call}")
