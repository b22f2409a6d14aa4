"""What the scenarios need of an Odoo database that was given to us: made by an administrator, and taken away again."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .odoo_database import TICKET, Login, OdooDatabase, OdooServer
from .vendor import UNMAPPED, Json

FLAGS: dict[str, Json] = {
    "new": {"unattended": True},
    "in_progress": {},
    "customer_update_required": {},
    "solved": {"closed": True, "fold": True},
    "": {},
}
AGENT = "agent1@example.com"
"""The address of the agent, as policies of the scenarios name it."""
ROLES = ("account_manager", "customer_service_manager")


@contextmanager
def prepared(server: OdooServer, admin: Login, bot: Login) -> Iterator[OdooDatabase]:
    """A database in which everything the scenarios need was made, to be taken away at the end.

    Raises ``AssertionError`` when the end leaves more or less than the beginning found.
    """
    maker = _Maker(server, admin)
    before = maker.census()
    try:
        yield maker.database(bot)
    finally:
        maker.clear()
    left = {model: set(ids) ^ set(before[model]) for model, ids in maker.census().items()}
    if left := {model: ids for model, ids in left.items() if ids}:
        raise AssertionError(f"the scenarios have left or taken away: {left}")


class _Maker:
    def __init__(self, server: OdooServer, admin: Login) -> None:
        self._server, self._admin = server, admin
        self._made: list[tuple[str, int]] = []
        about = server.call(admin, TICKET, "fields_get", [], ["relation"])
        self._model = {name: str(value.get("relation")) for name, value in about.items()}
        self._sign = secrets.token_hex(3)

    def database(self, bot: Login) -> OdooDatabase:
        company = self._make("res.partner", {"name": f"Contract Ltd {self._sign}", "is_company": True})
        customer = f"customer-{self._sign}@example.com"
        contact = {"name": "Contract customer", "email": customer, "parent_id": company}
        partner = self._make("res.partner", contact)
        agent = self._user("agent", AGENT)
        roles = {role: self._user(role.replace("_", "-")).name for role in ROLES}
        users = [
            row["id"] for row in self._server.rows(self._admin, "res.users", [("login", "in", [agent.name])], "id")
        ]
        teams = {line: self._team(line, users) for line in (1, 2, 3)}
        stages = {status: self._stage(status, place, teams) for place, status in enumerate(FLAGS, start=1)}
        return OdooDatabase(
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

    def _user(self, name: str, address: str = "") -> Login:
        about = [("module", "in", ["helpdesk_mgmt", "helpdesk"]), ("name", "=", "group_helpdesk_user")]
        groups = [[4, row["res_id"]] for row in self._rows("ir.model.data", about, "res_id")]
        address, secret = address or f"{name}-{self._sign}@example.com", secrets.token_urlsafe(16)
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
