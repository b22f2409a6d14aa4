"""An Odoo database as the scenarios need it: whom they act as, and what they find there.

Everything goes over JSON-RPC, which every version serves, and past the bridge's own client. On a server that was given
to us what the scenarios need is made by an administrator first and taken away afterwards.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from bridge.sandbox.odoo.process import OdooSandbox

from .vendor import UNMAPPED, Json

TICKET = "helpdesk.ticket"
TIMEOUT_S = 60.0
_ids = itertools.count(1)


class Refused(Exception):
    """What Odoo answered instead of a result."""


@dataclass(frozen=True)
class Login:
    """Somebody who may call Odoo, by password or API key."""

    name: str
    secret: str


@dataclass
class OdooServer:
    """A database, called as whom it may concern."""

    url: str
    db: str
    date: str = ""
    """Of the last answer, by the server's clock."""
    _uids: dict[str, int] = field(default_factory=dict)
    _session: requests.Session = field(default_factory=requests.Session)

    def call(self, who: Login, model: str, method: str, *args: Any, **named: Any) -> Any:
        """One call; raises :class:`Refused`."""
        if who.name not in self._uids:
            uid = self._service("common", "authenticate", self.db, who.name, who.secret, {})
            if not uid:
                raise Refused(f"{self.url} does not let {who.name} into {self.db}")
            self._uids[who.name] = uid
        return self._service(
            "object", "execute_kw", self.db, self._uids[who.name], who.secret, model, method, list(args), named
        )

    def rows(self, who: Login, model: str, domain: list[Any], *fields: str, **context: Any) -> list[Json]:
        """Records in the order of their ids, references as plain ids."""
        found: list[Json] = self.call(
            who, model, "search_read", domain, fields=list(fields), order="id", load=None, context=context
        )
        return found

    def make(self, who: Login, model: str, values: Json, **context: Any) -> int:
        made: list[int] = self.call(who, model, "create", [values], context=context)
        return made[0]

    def login(self, name: str, key: str) -> Login:
        """Whose key it is. Raises :class:`Refused` where only its owner's name could tell."""
        if name:
            return Login(name, key)
        url = f"{self.url}/json/2/res.users/context_get"
        headers = {"Authorization": f"bearer {key}", "X-Odoo-Database": self.db}
        response = self._session.post(url, json={}, headers=headers, timeout=TIMEOUT_S)
        if not response.ok or "json" not in response.headers.get("Content-Type", ""):
            raise Refused(f"{self.url} does not say whose key it is; Odoo before 19 wants its login beside it")
        uid = response.json()["uid"]
        [user] = self._service("object", "execute_kw", self.db, uid, key, "res.users", "read", [[uid], ["login"]], {})
        return Login(user["login"], key)

    def seconds(self) -> float:
        """The server's clock, in whole seconds since the epoch."""
        self._service("common", "version")
        return parsedate_to_datetime(self.date).timestamp()

    def _service(self, service: str, method: str, *args: Any) -> Any:
        params = {"service": service, "method": method, "args": args}
        body = {"jsonrpc": "2.0", "method": "call", "id": next(_ids), "params": params}
        response = self._session.post(f"{self.url}/jsonrpc", json=body, timeout=TIMEOUT_S)
        response.raise_for_status()
        self.date = response.headers["Date"]
        answer = response.json()
        if "error" in answer:
            data = answer["error"].get("data") or {}
            raise Refused(f"{model_of(args)}{data.get('name')}: {data.get('message')}")
        return answer.get("result")


def model_of(args: tuple[Any, ...]) -> str:
    return f"{args[3]}.{args[4]}: " if len(args) > 4 else ""


@dataclass(frozen=True)
class OdooDatabase:
    """One database with its people."""

    server: OdooServer
    admin: Login
    bot: Login
    agent: Login
    customer: str
    """The customer's address."""
    partner: int
    account: str
    """Key of the customer's account: that of the company."""
    roles: Mapping[str, str]
    teams: Mapping[int, int]
    """Support line -> team."""
    stages: Mapping[str, int]
    """Canonical status -> stage."""
    aside: int
    """A stage that nobody names in the connection."""
    phone: int
    """The channel."""

    def all_of(self, model: str) -> str:
        """The model of what a field of tickets refers to: community and Enterprise call them differently."""
        found: str = self.server.call(self.admin, TICKET, "fields_get", [model], ["relation"])[model]["relation"]
        return found

    def has(self, model: str) -> bool:
        return bool(self.server.call(self.admin, "ir.model", "search_count", [["model", "=", model]]))


STAGES = {"new": "New", "in_progress": "In Progress", "customer_update_required": "Awaiting", "solved": "Done"}


def seeded(sandbox: OdooSandbox) -> OdooDatabase:
    """The local Odoo has all of it from its seed, but for the stage that nobody names."""
    server = OdooServer(sandbox.url, sandbox.db)
    admin, agent = (Login(name, sandbox.key_of(name)) for name in (sandbox.admin_login, "agent1"))

    def named(model: str, **names: str) -> dict[str, int]:
        there = {row["name"]: row["id"] for row in server.rows(admin, model, [], "name")}
        return {ours: there[name] for ours, name in names.items()}

    customer = "helpdesk@acme.example"
    [contact] = server.rows(admin, "res.partner", [("email", "=", customer)], "commercial_partner_id")
    return OdooDatabase(
        server=server,
        admin=admin,
        bot=Login(sandbox.login, sandbox.api_key),
        agent=agent,
        customer=customer,
        partner=contact["id"],
        account=str(contact["commercial_partner_id"]),
        roles={"account_manager": "am@vendor.example", "customer_service_manager": "csm@vendor.example"},
        teams={line: named("helpdesk.ticket.team", team=f"Tier {line}")["team"] for line in (1, 2, 3)},
        stages=named("helpdesk.ticket.stage", **STAGES),
        aside=server.make(admin, "helpdesk.ticket.stage", {"name": UNMAPPED, "sequence": 99}),
        phone=named("helpdesk.ticket.channel", phone="Phone")["phone"],
    )
