"""An Odoo database as the stories need it: whom they act as, and what they find there.

Everything goes over JSON-RPC, which every version serves, and past the bridge's own client. On a server that was given
to us what the stories need is made by an administrator first and taken away afterwards.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from bridge.sandbox.odoo.process import OdooSandbox

from .desk import UNMAPPED, Json

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
class Server:
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
        asked = self._session.post(url, json={}, headers=headers, timeout=TIMEOUT_S)
        if not asked.ok or "json" not in asked.headers.get("Content-Type", ""):
            raise Refused(f"{self.url} does not say whose key it is; Odoo before 19 wants its login beside it")
        uid = asked.json()["uid"]
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
class Site:
    """One database with its people."""

    server: Server
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


FLAGS: dict[str, Json] = {
    "new": {"unattended": True},
    "in_progress": {},
    "customer_update_required": {},
    "solved": {"closed": True, "fold": True},
    "": {},
}
STAGES = {"new": "New", "in_progress": "In Progress", "customer_update_required": "Awaiting", "solved": "Done"}
ROLES = ("account_manager", "customer_service_manager")


@contextmanager
def furnished(server: Server, admin: Login, bot: Login) -> Iterator[Site]:
    """A database in which everything the stories need was made, to be taken away at the end.

    Raises ``AssertionError`` when the end leaves more or less than the beginning found.
    """
    maker = _Maker(server, admin)
    before = maker.census()
    try:
        yield maker.site(bot)
    finally:
        maker.clear()
    left = {model: set(ids) ^ set(before[model]) for model, ids in maker.census().items()}
    if left := {model: ids for model, ids in left.items() if ids}:
        raise AssertionError(f"the stories have left or taken away: {left}")


def seeded(sandbox: OdooSandbox) -> Site:
    """The local Odoo has all of it from its seed, but for the stage that nobody names."""
    server = Server(sandbox.url, sandbox.db)
    admin, agent = (Login(name, sandbox.key_of(name)) for name in (sandbox.admin_login, "agent1"))

    def named(model: str, **names: str) -> dict[str, int]:
        there = {row["name"]: row["id"] for row in server.rows(admin, model, [], "name")}
        return {ours: there[name] for ours, name in names.items()}

    customer = "helpdesk@acme.example"
    [contact] = server.rows(admin, "res.partner", [("email", "=", customer)], "commercial_partner_id")
    return Site(
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


class _Maker:
    def __init__(self, server: Server, admin: Login) -> None:
        self._server, self._admin = server, admin
        self._made: list[tuple[str, int]] = []
        about = server.call(admin, TICKET, "fields_get", [], ["relation"])
        self._model = {name: str(value.get("relation")) for name, value in about.items()}
        self._sign = secrets.token_hex(3)

    def site(self, bot: Login) -> Site:
        company = self._make("res.partner", {"name": f"Contract Ltd {self._sign}", "is_company": True})
        customer = f"customer-{self._sign}@example.com"
        contact = {"name": "Contract customer", "email": customer, "parent_id": company}
        partner = self._make("res.partner", contact)
        agent = self._user("agent")
        roles = {role: self._user(role.replace("_", "-")).name for role in ROLES}
        users = [
            row["id"] for row in self._server.rows(self._admin, "res.users", [("login", "in", [agent.name])], "id")
        ]
        teams = {line: self._team(line, users) for line in (1, 2, 3)}
        stages = {status: self._stage(status, place, teams) for place, status in enumerate(FLAGS, start=1)}
        return Site(
            server=self._server,
            admin=self._admin,
            bot=bot,
            agent=agent,
            customer=customer,
            partner=partner,
            account=str(company),
            roles=roles,
            teams=teams,
            stages={status: stage for status, stage in stages.items() if status},
            aside=stages[""],
            phone=self._make(self._model["channel_id"], {"name": "Phone"}),
        )

    def clear(self) -> None:
        """The last thing made goes first."""
        for model, ident in reversed(self._made):
            self._server.call(self._admin, model, "unlink", [ident])

    def census(self) -> dict[str, list[int]]:
        """What is in the database, archived things too."""
        lists = {name: self._model[name] for name in ("stage_id", "team_id", "tag_ids", "channel_id")}
        models = {TICKET, "res.partner", "res.users", "ir.ui.view", "base.automation", "res.groups", *lists.values()}
        there = {model: self._ids(model, []) for model in sorted(models)}
        there["ir.model.fields"] = self._ids("ir.model.fields", [("state", "=", "manual")])
        there["ir.model.data"] = self._ids("ir.model.data", [("module", "=", "policybridge")])
        return there

    def _ids(self, model: str, domain: list[Any]) -> list[int]:
        return [row["id"] for row in self._rows(model, domain, "id")]

    def _rows(self, model: str, domain: list[Any], *fields: str) -> list[Json]:
        return self._server.rows(self._admin, model, domain, *fields, active_test=False)

    def _make(self, model: str, values: Json, **context: Any) -> int:
        known = self._server.call(self._admin, model, "fields_get", list(values), ["type"])
        made = self._server.make(self._admin, model, {n: v for n, v in values.items() if n in known}, **context)
        self._made.append((model, made))
        return made

    def _user(self, name: str) -> Login:
        about = [("module", "in", ["helpdesk_mgmt", "helpdesk"]), ("name", "=", "group_helpdesk_user")]
        groups = [[4, row["res_id"]] for row in self._rows("ir.model.data", about, "res_id")]
        address, secret = f"{name}-{self._sign}@example.com", secrets.token_urlsafe(16)
        values: Json = {"name": f"Contract {name}", "login": address, "email": address, "password": secret}
        values |= {"groups_id": groups, "group_ids": groups, "notification_type": "inbox"}  # one of them is known
        made = self._make("res.users", values, no_reset_password=True)
        [row] = self._rows("res.users", [("id", "=", made)], "partner_id")
        self._made.insert(len(self._made) - 1, ("res.partner", row["partner_id"]))
        return Login(address, secret)

    def _team(self, line: int, users: Iterable[int]) -> int:
        members = [[6, 0, list(users)]]
        values = {"name": f"Contract {self._sign} tier {line}", "user_ids": members, "member_ids": members}
        return self._make(self._model["team_id"], values)

    def _stage(self, status: str, place: int, teams: Mapping[int, int]) -> int:
        label = status.replace("_", " ").capitalize() or UNMAPPED
        only = {"team_ids": [[6, 0, list(teams.values())]]}
        values = {"name": f"Contract {self._sign} {label}", "sequence": 900 + place, **FLAGS[status], **only}
        if status == "solved" and (template := self._template()):
            values["mail_template_id"] = template
        return self._make(self._model["stage_id"], values)

    def _template(self) -> int | None:
        """The mail that the shipped stages send to the customer when a ticket is done, where they send one."""
        stage, name = self._model["stage_id"], "mail_template_id"
        if name not in self._server.call(self._admin, stage, "fields_get", [name], ["type"]):
            return None
        found = self._rows(stage, [(name, "!=", False)], name)
        return int(found[0][name]) if found else None
