"""Reads a database's own rules, and what they refer to by id: everything as ``search_read`` has it.

Automation rules may be read by administrators only, so an administrator's key is used where there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bridge.config.odoo_settings import OdooSettings
from bridge.config.sources import read_settings
from bridge.errors import GiveUp
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.metadata import MetadataCache
from mappings.coercion import Json
from mappings.connection import Connection
from mappings.odoo.native_domains import parse_domain
from mappings.odoo.schema import MODEL

SLA, CALENDAR, AUTOMATION = "helpdesk.sla", "resource.calendar", "base.automation"
_SLA = (
    "name",
    "active",
    "team_ids",
    "category_ids",
    "tag_ids",
    "ignore_stage_ids",
    "stage_id",
    "days",
    "hours",
    "domain",
)
_CALENDAR = ("name", "tz", "hours_per_day", "two_weeks_calendar", "flexible_hours")
_ATTENDANCE = ("calendar_id", "dayofweek", "hour_from", "hour_to", "day_period", "display_type")
_TEAM = (
    *("name", "use_sla", "resource_calendar_id"),
    *("auto_close_ticket", "auto_close_day", "from_stage_ids", "to_stage_id"),
)
_STAGE = ("name", "sequence", "closed", "unattended", "fold", "team_ids", "mail_template_id")
_LEAVE = ("name", "calendar_id", "date_from", "date_to")
_RULE = (
    *("name", "active", "trigger", "trigger_field_ids", "filter_domain", "filter_pre_domain", "trg_date_id"),
    *("trg_date_range", "trg_date_range_mode", "trg_date_range_type", "trg_date_calendar_id", "trg_field_ref"),
)
_ACTION = (
    *("name", "base_automation_id", "state", "sequence", "update_path", "value", "evaluation_type"),
    *("template_id", "mail_post_method", "update_m2m_operation"),
)
_TEMPLATE = ("name", "subject", "body_html")
_ARCHIVED_TOO = {"active_test": False}


def read_documents(_name: str, connection: Connection) -> dict[str, list[Any]]:
    """The database's rules; ``unreadable`` has the models that are not there or not shown to this user.

    Raises ``InputError`` for settings that cannot be used, and :mod:`bridge.errors` when Odoo cannot be read.
    """
    settings = read_settings(OdooSettings, connection.env_prefix)
    client = OdooClient(settings, admin=settings.admin_api_key is not None)
    return NativeRuleReader(client, connection).documents()


class NativeRuleReader:
    """The rules of one database."""

    def __init__(self, client: OdooClient, connection: Connection) -> None:
        self._client, self._connection = client, connection
        self._unreadable: list[str] = []

    def documents(self) -> dict[str, list[Any]]:
        """The lists of rules and of what they name, by their name."""
        database = MetadataCache(self._client, self._connection).database()
        schema, catalog = database.catalog.schema, database.catalog
        slas = self._rows(SLA, _SLA, needs="hours")
        calendars, leaves = self._calendars()
        automations = self.automations()
        stages = self._rows(schema.stage, _STAGE)
        return {
            "slas": slas,
            "teams": self._rows(schema.team, _TEAM),
            "stages": stages,
            "statuses": [
                {"status": str(status), "stage": stage}
                for status, stages in database.connection.statuses.items()
                for stage in stages
            ],
            "calendars": calendars,
            "leaves": leaves,
            "automations": automations,
            "templates": self._templates(automations, stages),
            "categories": [{"id": ident, "name": each} for ident, each in catalog.categories.items()],
            "channels": [{"id": ident, "name": each} for ident, each in catalog.channels.items()],
            "tags": [{"id": ident, "name": each} for ident, each in catalog.tags.items()],
            "companies": self._companies(slas),
            "fields": [{"name": each, **about} for each, about in schema.fields.items() if each.startswith("x_")],
            "unreadable": list(dict.fromkeys(self._unreadable)),
        }

    def records(self, model: str, ident: int) -> list[Json]:
        """One record of a model with rules, as :meth:`documents` has it; none where it is gone."""
        fields = {SLA: _SLA}.get(model) or (_STAGE if model.endswith(".stage") else _TEAM)
        return self._rows(model, fields, [("id", "=", ident)], context=_ARCHIVED_TOO)

    def _calendars(self) -> tuple[list[Json], list[Json]]:
        """Working hours with their attendances, and the leaves of nobody in particular."""
        calendars = self._rows(CALENDAR, _CALENDAR)
        hours = self._rows(f"{CALENDAR}.attendance", _ATTENDANCE) if calendars else []
        of_nobody = [("resource_id", "=", False), ("time_type", "=", "leave")]
        leaves = self._rows(f"{CALENDAR}.leaves", _LEAVE, of_nobody) if calendars else []
        return [
            {**each, "attendances": [line for line in hours if line["calendar_id"] == each["id"]]} for each in calendars
        ], leaves

    def automations(self, *domain: tuple[str, str, Any]) -> list[Json]:
        """Automation rules on tickets with their actions, and the names of the fields they go by."""
        rules = self._rows(AUTOMATION, _RULE, [("model_name", "=", MODEL), *domain], context=_ARCHIVED_TOO)
        if not rules:
            return []
        used = {field for each in rules for field in (each.get("trg_date_id"), *(each.get("trigger_field_ids") or ()))}
        about = [("id", "in", sorted(field for field in used if field))]
        names = {row["id"]: row["name"] for row in self._rows("ir.model.fields", ("name",), about)}
        owned = [("base_automation_id", "in", [each["id"] for each in rules])]
        actions = self._rows("ir.actions.server", _ACTION, owned, order="sequence, id")
        return [
            {
                **each,
                "trg_date_field": names.get(each.get("trg_date_id"), ""),
                "trigger_fields": [names.get(field, str(field)) for field in each.get("trigger_field_ids") or ()],
                "actions": [action for action in actions if action["base_automation_id"] == each["id"]],
            }
            for each in rules
        ]

    def _templates(self, automations: Iterable[Json], stages: Iterable[Json]) -> list[Json]:
        used = {action.get("template_id") for each in automations for action in each["actions"]}
        used |= {stage.get("mail_template_id") for stage in stages}
        idents = sorted(each for each in used if each)
        return self._rows("mail.template", _TEMPLATE, [("id", "in", idents)]) if idents else []

    def _companies(self, slas: Iterable[Json]) -> list[Json]:
        """The customers that filters name; a database may have a million."""
        named = sorted({ident for each in slas for ident in _named_companies(each.get("domain"))})
        return self._rows("res.partner", ("name",), [("id", "in", named)], context=_ARCHIVED_TOO) if named else []

    def _rows(
        self,
        model: str,
        fields: Sequence[str],
        domain: Sequence[Any] = (),
        *,
        needs: str = "",
        order: str = "id",
        context: dict[str, Any] | None = None,
    ) -> list[Json]:
        """Records with those of the fields that there are; none of a model that is not there, or has no ``needs``."""
        try:
            there = self._client.fields_get(model, ["type"])
            found = [name for name in fields if name in there]
            if not needs or needs in there:
                return list(self._client.search_read(model, domain, found, order=order, context=context))
        except GiveUp:
            pass
        self._unreadable.append(model)
        return []


def _named_companies(domain: object) -> Iterator[int]:
    try:
        terms = parse_domain(domain)
    except ValueError:
        return
    for term in terms:
        if isinstance(term, list | tuple) and str(term[0]).endswith("commercial_partner_id"):
            yield from (each for each in (term[2] if isinstance(term[2], list) else [term[2]]) if isinstance(each, int))
