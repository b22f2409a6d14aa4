"""The community helpdesk: what happens to a ticket besides what was written."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bridge.sandbox.odoo.model import Model, on_model, on_records
from bridge.sandbox.odoo.tables import Row
from bridge.sandbox.odoo.thread import Thread
from bridge.sandbox.odoo.views import combined_view

ECHOES_OF_CREATE, ECHOES_OF_STAGE = 2, 1
"""How often the addon writes once more: an automation that watches no field is fired by each of these."""


class Ticket(Thread):
    """``helpdesk.ticket``. The addon's own stamps are of the moment, not of the transaction's start."""

    created_subtype = "helpdesk_mgmt.hlp_tck_created"
    read_when_set = ("stage_id", "team_id", "partner_id")

    def label(self, row: Row) -> str:
        return f"{row['number']} - {row['name']}"

    def defaults(self) -> dict[str, Any]:
        now = self.env.wall
        return super().defaults() | {"company_id": self.env.user["company_id"], "last_stage_update": now}

    def insert(self, values: Mapping[str, Any], *, echoes: int = ECHOES_OF_CREATE) -> int:
        given = dict(values)
        if given.get("number", "/") == "/":
            given["number"] = f"HT{self.env.work.transaction.new_id('ir.sequence'):05d}"
        if not given.get("stage_id"):
            given["stage_id"] = self._first_stage(given.get("team_id") or None)
        company = self.env.row("res.company", given.get("company_id") or self.env.user["company_id"]) or {}
        if "user_id" not in given and company.get("helpdesk_mgmt_ticket_auto_assign"):
            given["user_id"] = self.env.uid
        elif given.get("user_id"):
            given.setdefault("assigned_date", self.env.wall)
        return super().insert(given, echoes=echoes)

    def update_rows(self, values: Mapping[str, Any], *, echoes: int = 0) -> None:
        for ident in self.ids:
            row = self.row(ident) or {}
            given = dict(values)
            if given.get("stage_id"):
                given["last_stage_update"] = self.env.wall
                if self.env.series < 19:
                    given.setdefault("kanban_state", "normal")
                if (self.env.row("helpdesk.ticket.stage", _ident(given["stage_id"])) or {}).get("closed"):
                    given["closed_date"] = self.env.wall
            if given.get("user_id"):
                given["assigned_date"] = self.env.wall
            if "team_id" in given and "user_id" not in given and given["team_id"] != row.get("team_id"):
                team = self.env.row("helpdesk.ticket.team", _ident(given["team_id"]))
                if team is not None and row.get("user_id") not in (None, *team["user_ids"]):
                    given["user_id"] = False
            super(Ticket, self.of([ident])).update_rows(
                given, echoes=ECHOES_OF_STAGE if "stage_id" in given else echoes
            )

    def tracked(self, names: Collection[str]) -> None:
        """The mail template of a stage that was reached: the mail is in the name of whoever moved the ticket."""
        row = self.row(self.id) or {}
        stage = self.env.row("helpdesk.ticket.stage", row.get("stage_id")) or {}
        if "stage_id" in names and stage.get("mail_template_id"):
            notified = (row["partner_id"],) if row["partner_id"] else ()
            text = f"<p>Hello,</p>\n<p>{html.escape(f'The ticket {self.label(row)} has been closed.')}</p>\n"
            subject = f"The ticket {row['number']} has been closed."
            self.say(text, kind="email_outgoing", subtype=None, subject=subject, notified_partner_ids=notified)

    def _first_stage(self, team: int | None) -> int | None:
        stages = self.env.sudo()["helpdesk.ticket.stage"].search_rows([])
        own = [row for row in stages if not row["team_ids"] or team in row["team_ids"]]
        return own[0]["id"] if own else None

    def hidden(self, row: Row, operation: str) -> bool:
        env = self.env
        if row["company_id"] not in env.companies or super().hidden(row, operation):
            return True
        if env.has_group("helpdesk_mgmt.group_helpdesk_user"):
            return False
        mine = row["user_id"] == env.uid or env.partner_id in self._compute_message_partner_ids(row)
        team = self.env.row("helpdesk.ticket.team", row["team_id"])
        in_team = team is None or env.uid in team["user_ids"]
        return not (mine or (in_team and env.has_group("helpdesk_mgmt.group_helpdesk_user_team")))

    def _compute_closed(self, row: Row) -> bool:
        return bool((self.env.row("helpdesk.ticket.stage", row["stage_id"]) or {}).get("closed"))

    def _compute_unattended(self, row: Row) -> bool:
        return bool((self.env.row("helpdesk.ticket.stage", row["stage_id"]) or {}).get("unattended"))

    def _compute_user_ids(self, row: Row) -> tuple[int, ...]:
        team = self.env.row("helpdesk.ticket.team", row["team_id"])
        if team is not None:
            return tuple(team["user_ids"])
        users = self.env.sudo()["res.users"]
        return tuple(u["id"] for u in users.rows() if u["active"] and not users.value(u, users.fields["share"]))

    def _compute_commercial_partner_id(self, row: Row) -> int | None:
        partners = self.env.sudo()["res.partner"]
        partner = partners.row(row["partner_id"])
        return partners.value(partner, partners.fields["commercial_partner_id"]) if partner is not None else None

    def _compute_duration_tracking(self, row: Row) -> dict[str, int]:
        """Seconds in each stage, from what was tracked."""
        env = self.env.sudo()
        messages = {m["id"] for m in env["mail.message"].rows() if (m["model"], m["res_id"]) == (self.name, row["id"])}
        field = env["ir.model.fields"].search_rows([["model", "=", self.name], ["name", "=", "stage_id"]])[0]["id"]
        spent: dict[str, float] = defaultdict(float)
        since = row["create_date"]
        for value in env["mail.tracking.value"].rows():
            if value["mail_message_id"] in messages and value["field_id"] == field:
                spent[str(value["old_value_integer"])] += (value["create_date"] - since).total_seconds()
                since = value["create_date"]
        spent[str(row["stage_id"])] += max(0.0, (self.env.wall - since).total_seconds())
        return {stage: int(seconds) for stage, seconds in spent.items()}

    @on_model
    def get_view(self, view_id: int | None = None, view_type: str = "form", **options: Any) -> dict[str, Any]:  # noqa: ARG002
        """The view that people are shown, with all extensions."""
        return combined_view(self.env.sudo()["ir.ui.view"], self.name, view_type)

    @on_model
    def get_views(self, views: Sequence[Sequence[Any]], options: Any = None) -> dict[str, Any]:  # noqa: ARG002
        """Several views at once, each as ``[id or false, type]``."""
        return {"views": {kind: self.get_view(view_type=kind) for _, kind in views}, "models": {self.name: {}}}

    @on_records
    def refresh_sla(self) -> None:
        """A method that returns nothing, as some of the addon do."""
        self._existing("read")

    @on_records
    def toggle_active(self) -> None:
        for row in list(self.rows(self.ids)):
            self.of([row["id"]]).write({"active": not row["active"]})

    @on_records
    def action_archive(self) -> bool:
        return self.write({"active": False})


class Team(Model):
    """``helpdesk.ticket.team`` and ``.category``: trees with a complete name."""

    def _compute_complete_name(self, row: Row) -> str:
        above = self.row(row["parent_id"])
        return f"{self._compute_complete_name(above)} / {row['name']}" if above is not None else str(row["name"])


def _ident(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
