"""What the sandbox remembers, in memory. Records have the shape of the REST API and are never changed in place.

A record is replaced as a whole under :attr:`State.lock`, so reading needs no lock: whoever holds a record holds a
consistent one. Two things differ from the wire: a ticket keeps its custom fields as ``{field id: value}``
(:meth:`State.shown` writes them out), and private keys begin with an underscore.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from typing import Any

from bridge.sandbox.clock import SandboxClock, stamp
from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.limits import Limits, Meter

STAFF = ("agent", "admin")
TABLES = (
    *("groups", "organizations", "users", "ticket_fields", "custom_statuses"),
    *("ticket_forms", "views", "triggers", "automations", "macros"),
)
"""Tables a seed may fill, in this order: later ones refer to earlier ones."""

_BLANKS: dict[str, Record] = {
    "users": {
        "email": None,
        "role": "end-user",
        "active": True,
        "verified": True,
        "suspended": False,
        "locale": "en-US",
        "time_zone": "UTC",
        "iana_time_zone": "Etc/UTC",
        "phone": None,
        "organization_id": None,
        "default_group_id": None,
        "external_id": None,
        "alias": "",
        "details": "",
        "notes": "",
        "tags": [],
        "user_fields": {},
        "shared": False,
        "ticket_restriction": None,
    },
    "organizations": {
        "details": "",
        "notes": "",
        "external_id": None,
        "group_id": None,
        "domain_names": [],
        "shared_tickets": False,
        "shared_comments": False,
        "tags": [],
        "organization_fields": {},
    },
    "groups": {"description": "", "default": False, "deleted": False, "is_public": True},
    "custom_statuses": {
        "active": True,
        "default": False,
        "end_user_label": "",
        "description": "",
        "end_user_description": "",
    },
    "ticket_forms": {
        "active": True,
        "default": False,
        "end_user_visible": True,
        "in_all_brands": True,
        "restricted_brand_ids": [],
        "ticket_field_ids": [],
        "agent_conditions": [],
        "end_user_conditions": [],
    },
    "views": {"active": True, "default": False, "description": "", "restriction": None},
    **{kind: {"active": True, "description": ""} for kind in ("triggers", "automations", "macros")},
    "sla_policies": {},
    "schedules": {},
    "ticket_fields": {
        "active": True,
        "description": "",
        "agent_description": None,
        "collapsed_for_agents": False,
        "editable_in_portal": False,
        "visible_in_portal": False,
        "required": False,
        "required_in_portal": False,
        "regexp_for_validation": None,
        "removable": True,
        "tag": None,
    },
}

_PATHS = {"sla_policies": "slas/policies", "schedules": "business_hours/schedules"}
"""Where a table is served, if not under its own name."""


class State:
    """One Zendesk account."""

    account_id = 22129848
    brand_id = 8447346621310

    def __init__(self, clock: SandboxClock, base_url: str = "http://127.0.0.1") -> None:
        self.clock = clock
        self.base_url = base_url
        self.lock = threading.RLock()
        self.limits = Limits()
        self.empty()

    def empty(self) -> None:
        """Forget everything but the clock and the limits."""
        with self.lock:
            self.users: dict[int, Record] = {}
            self.organizations: dict[int, Record] = {}
            self.groups: dict[int, Record] = {}
            self.ticket_fields: dict[int, Record] = {}
            self.custom_statuses: dict[int, Record] = {}
            self.tickets: dict[int, Record] = {}
            self.audits: dict[int, list[Record]] = {}
            self.ticket_forms: dict[int, Record] = {}
            self.views: dict[int, Record] = {}
            self.sla_policies: dict[int, Record] = {}
            self.schedules: dict[int, Record] = {}
            self.triggers: dict[int, Record] = {}
            self.automations: dict[int, Record] = {}
            self.macros: dict[int, Record] = {}
            self.webhooks: dict[str, Record] = {}
            self.invocations: dict[str, list[Record]] = {}
            self.idempotent: dict[str, tuple[Any, Record, float]] = {}
            self.meter = Meter(self.clock)
            self._ids = itertools.count(6_164_068_756_000)
            self._ticket_ids = itertools.count(1)

    def new_id(self) -> int:
        """A fresh id for anything but a ticket."""
        return next(self._ids)

    def new_ticket_id(self) -> int:
        return next(self._ticket_ids)

    def url(self, path: str) -> str:
        return f"{self.base_url}/api/v2/{path}.json"

    def add(self, table: str, given: Mapping[str, Any]) -> Record:
        """Create a record of one of :data:`TABLES` with the vendor's defaults; a given id is kept."""
        with self.lock:
            now = stamp(self.clock())
            ident = int(given.get("id") or self.new_id())
            record = {**_BLANKS[table], "created_at": now, "updated_at": now, **given, "id": ident}
            if table not in ("custom_statuses", "views"):
                record["url"] = self.url(f"{_PATHS.get(table, table)}/{ident}")
            rows: dict[int, Record] = getattr(self, table)
            rows[ident] = self._completed(table, record)
            return rows[ident]

    def change(self, table: str, ident: int, changes: Mapping[str, Any]) -> Record:
        """Replace some attributes of a record; raises the 404 refusal."""
        with self.lock:
            old = self.find(table, ident)
            new = self._completed(table, {**old, **changes, "id": ident, "updated_at": stamp(self.clock())})
            rows: dict[int, Record] = getattr(self, table)
            rows[ident] = new
            return new

    def _completed(self, table: str, record: Record) -> Record:
        """Derived attributes: raw texts, option ids."""
        if table in ("ticket_forms", "views", "triggers", "automations", "macros", "sla_policies"):
            record.setdefault("position", len(getattr(self, table)) + 1)
        if table == "ticket_forms":
            record.setdefault("display_name", record["name"])
            record |= {f"raw_{name}": record[name] for name in ("name", "display_name")}
        if table == "ticket_fields":
            record |= {f"raw_{name}": record[name] for name in ("title", "description")}
            record |= {"title_in_portal": record["title"], "raw_title_in_portal": record["title"]}
            record.setdefault("position", len(self.ticket_fields))
            if "custom_field_options" in record:
                record["custom_field_options"] = [
                    {**option, "id": option.get("id") or self.new_id(), "raw_name": option["name"]}
                    for option in record["custom_field_options"]
                ]
        if table == "custom_statuses":
            record["end_user_label"] = record["end_user_label"] or record["agent_label"]
            names = ("agent_label", "end_user_label", "description", "end_user_description")
            record |= {f"raw_{name}": record[name] for name in names}
        return record

    def find(self, table: str, ident: int) -> Record:
        """A record by id; raises the 404 refusal."""
        rows: dict[int, Record] = getattr(self, table)
        if ident not in rows:
            raise error_responses.not_found()
        return rows[ident]

    def user_by_email(self, email: str) -> Record | None:
        """A user by address, letter case ignored."""
        wanted = email.casefold()
        return next((user for user in self.users.values() if (user["email"] or "").casefold() == wanted), None)

    def person(self, who: str | int) -> Record:
        """A user by id or address; raises the 404 refusal."""
        found = self.users.get(int(who)) if str(who).isdigit() else self.user_by_email(str(who))
        if found is None:
            raise error_responses.not_found()
        return found

    def is_staff(self, user: int | None) -> bool:
        return user is not None and self.users.get(user, {}).get("role") in STAFF

    def default_status(self, category: str) -> Record:
        """The default custom status of a status category; closed tickets belong to solved."""
        wanted = "solved" if category == "closed" else category
        rows = [row for row in self.custom_statuses.values() if row["status_category"] == wanted]
        return next((row for row in rows if row["default"]), rows[0])

    def ticket(self, ident: int) -> Record:
        """A ticket that is not deleted; raises the 404 refusal."""
        found = self.tickets.get(ident)
        if found is None or found["status"] == "deleted":
            raise error_responses.not_found()
        return found

    def shown(self, ticket: Record) -> Record:
        """A ticket as the REST API writes it."""
        values = ticket["custom_fields"]
        fields = [
            {"id": ident, "value": values.get(ident)} for ident, row in self.ticket_fields.items() if row["active"]
        ]
        return {**ticket, "custom_fields": fields, "fields": fields}
