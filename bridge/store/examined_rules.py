"""Verdicts on a helpdesk's own rules, and which of them were switched off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, delete, select

from bridge.ports.audit import AuditEntry
from bridge.ports.examined_rules import ExaminedRule
from bridge.store.audit import insert_audit_entry
from bridge.store.column_types import SafeText
from bridge.store.database import DatabasePart
from bridge.store.tables import examined_rules


class SqlExaminedRules(DatabasePart):
    """Implements :class:`bridge.ports.examined_rules.ExaminedRuleStore`."""

    def record_examined(self, connection: str, rules: Sequence[ExaminedRule]) -> None:
        with self.database.write() as session:
            kept = session.execute(_LIST_SWITCHED_OFF, {"of_connection": connection}).all()
            session.execute(_DELETE_OTHERS, {"of_connection": connection})
            there = {(row.kind, row.id) for row in kept}
            if new := [asdict(rule) for rule in rules if (rule.kind, rule.id) not in there]:
                session.execute(examined_rules.insert(), new)

    def examined_rules(self, connection: str) -> list[ExaminedRule]:
        with self.database.read() as session:
            rows = session.execute(_LIST_RULES, {"of_connection": connection}).mappings()
            return [ExaminedRule(**row) for row in rows]

    def record_switch(self, rule: ExaminedRule, entry: AuditEntry | None = None) -> None:
        key = {"of_connection": rule.connection, "of_kind": rule.kind, "of_id": rule.id}
        with self.database.write() as session:
            session.execute(_DELETE_RULE, key)
            session.execute(examined_rules.insert(), asdict(rule))
            if entry:
                insert_audit_entry(session, entry)


_OF_CONNECTION = examined_rules.c.connection == bindparam("of_connection")
_LIST_RULES = select(examined_rules).where(_OF_CONNECTION).order_by(examined_rules.c.kind, examined_rules.c.id)
_LIST_SWITCHED_OFF = select(examined_rules.c.kind, examined_rules.c.id).where(
    _OF_CONNECTION, examined_rules.c.switched_off_at.is_not(None)
)
_DELETE_OTHERS = delete(examined_rules).where(_OF_CONNECTION, examined_rules.c.switched_off_at.is_(None))
_DELETE_RULE = delete(examined_rules).where(
    _OF_CONNECTION,
    examined_rules.c.kind == bindparam("of_kind"),
    examined_rules.c.id == bindparam("of_id", type_=SafeText),
)
