"""Domains and triggers of Odoo's automation rules and SLA policies, as they are played on scenarios. Pure.

https://www.odoo.com/documentation/19.0/applications/studio/automated_actions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.ticket import RESOLVED, FactValue, Role, fact_field, own_field, tag_form
from mappings.acting_rules import ActedBy, All, AnyOf, Condition, Has, HasTag, Not, Spoke, Turned, Updated, Waited
from mappings.coercion import translate
from mappings.connection import Connection
from mappings.field_sources import VendorRef
from mappings.native_conditions import NotSayable
from mappings.odoo.native_automations import SINCE
from mappings.odoo.native_domains import OPERATORS, parse_domain
from mappings.odoo.native_stages import NativeStages
from mappings.odoo.vocabulary import many2one_id, vocabulary

Json = Mapping[str, Any]

_HOURS: Mapping[str, float] = {"minutes": 1 / 60, "hour": 1, "day": 24, "month": 30 * 24}
_TIMED = {"on_time": SINCE, "on_time_created": "create_date", "on_time_updated": "write_date"}
"""Trigger -> the date it counts from, where the rule names none."""
_SINCE = {"create_date": "created", "write_date": "updated", "assigned_date": "assigned"}
_SET = {"on_stage_set": "stage_id", "on_priority_set": "priority", "on_tag_set": "tag_ids", "on_user_set": "user_id"}
_MESSAGES: Mapping[str, Condition] = {
    "on_message_received": All((Spoke(None), ActedBy((Role.CUSTOMER, Role.OTHER)))),
    "on_message_sent": All((Spoke(True), ActedBy((Role.AGENT, Role.BRIDGE)))),
}
_CLOSED = ("closed", "stage_id.closed")


@dataclass(frozen=True)
class ActingConditions:
    """Translates conditions by the settings of one connection."""

    connection: Connection
    documents: Json
    stages: NativeStages

    def of_rule(self, rule: Json) -> Condition:
        """When an automation rule acts. Raises ``NotSayable``."""
        before = parse_domain(rule.get("filter_pre_domain"))
        if before and [each[0] for each in before] != [
            _SET.get(str(rule.get("trigger")))
        ]:  # which Odoo itself asks for
            raise NotSayable("it asks for what the ticket was before the change")
        domain = parse_domain(rule.get("filter_domain"))
        return All((self._trigger(rule, domain), self.of_domain(domain)))

    def of_domain(self, domain: list[Any]) -> Condition:
        """That a ticket is in a domain. Raises ``NotSayable``."""
        parts, rest = [], list(domain)
        while rest:
            parts.append(self._term(rest))
        return All(tuple(parts))

    def _trigger(self, rule: Json, domain: list[Any]) -> Condition:
        trigger = str(rule.get("trigger"))
        if trigger in _TIMED:
            return self._waited(rule, domain, str(rule.get("trg_date_field") or _TIMED[trigger]))
        if trigger in _MESSAGES:
            return _MESSAGES[trigger]
        if trigger == "on_create":
            return Updated(is_creation=True)
        if trigger in _SET:
            return self._changed(_SET[trigger])
        if trigger in ("on_create_or_write", "on_write"):
            created = (Updated(is_creation=True),) if trigger == "on_create_or_write" else ()
            watched = [str(each) for each in rule.get("trigger_fields") or ()]
            return AnyOf((*created, *map(self._changed, watched))) if watched else All(())
        raise NotSayable(f"its trigger {trigger} is not understood")

    def _changed(self, name: str) -> Condition:
        if name == "team_id":
            return AnyOf((Turned("group"), Turned("tier")))
        return Turned("tags" if name == "tag_ids" else self.field(name))

    def _waited(self, rule: Json, domain: list[Any], since: str) -> Condition:
        unit = str(rule.get("trg_date_range_type"))
        if unit not in _HOURS or rule.get("trg_date_range_mode") == "before":
            raise NotSayable("it acts before a date")
        if many2one_id(rule.get("trg_date_calendar_id")):
            raise NotSayable("it counts working days")
        hours = float(rule.get("trg_date_range") or 0) * _HOURS[unit]
        if since == SINCE:
            return Waited("status", hours, "at_least", self._statuses_in(domain))
        if since not in _SINCE:
            raise NotSayable(f"it counts from {since}, which is not understood")
        return Waited(_SINCE[since], hours, "at_least")  # type: ignore[arg-type]  # one of its words

    def _statuses_in(self, domain: list[Any]) -> tuple[str, ...]:
        """The statuses in which a rule waits, by the stages that its filter names."""
        for term in domain:
            if isinstance(term, list | tuple) and term[0] == "stage_id" and term[1] in ("=", "in"):
                idents = term[2] if isinstance(term[2], list | tuple) else [term[2]]
                return tuple(dict.fromkeys(str(self._status(each)) for each in idents))
        raise NotSayable("it waits in whatever stage a ticket is")

    def _term(self, rest: list[Any]) -> Condition:
        """The next term in prefix notation, which it takes from the list."""
        if not rest:
            raise NotSayable("a filter that ends too early")
        term = rest.pop(0)
        if term == "!":
            return Not(self._term(rest))
        if term in ("&", "|"):
            both = (self._term(rest), self._term(rest))
            return All(both) if term == "&" else AnyOf(both)
        if not isinstance(term, list | tuple) or len(term) != 3 or term[1] not in OPERATORS:
            raise NotSayable(f"its filter {term!r} is not understood")
        values = list(term[2]) if isinstance(term[2], list | tuple) else [term[2]]
        found = self._compared(str(term[0]), values)
        return found if OPERATORS[term[1]] else Not(found)

    def _compared(self, name: str, values: list[Any]) -> Condition:
        if name in _CLOSED:
            closed = Has("status", tuple(sorted(RESOLVED)))
            return closed if values == [True] else Not(closed)
        if name == "tag_ids":
            return HasTag(tuple(self.tag(each) for each in values))
        if name == "team_id":
            return AnyOf(tuple(Has(*self.team(each)) for each in values))
        field = self.field(name)
        return Has(field, tuple(self.value(name, each) for each in values))

    def field(self, name: str) -> str:
        """The canonical name of a field of a ticket. Raises ``NotSayable``."""
        if name in ("stage_id", "priority", "user_id", "category_id"):
            return {"stage_id": "status", "user_id": "assignee", "category_id": "form"}.get(name, name)
        for fact, source in self.connection.facts.items():
            if source.field == name:
                return fact_field(fact)
        for shown, target in self.connection.fields.items():
            if target.field == name:
                return own_field(shown)
        if name.startswith("x_"):
            return own_field(f"custom_{name}")
        raise NotSayable(f"its condition on {name} is not understood")

    def value(self, name: str, raw: Any) -> FactValue:
        """What a value of a field means; ``False`` is nothing. Raises ``NotSayable``."""
        if raw is False or raw is None:
            return None
        if name == "stage_id":
            return self._status(raw)
        if name == "priority":
            return str(vocabulary().priority.get(str(raw), raw))
        if name == "category_id":
            return self._named(self.connection.forms, "categories", raw)
        source = next((each for each in self.connection.facts.values() if each.field == name), None)
        return translate(source, raw, ()) if source else str(raw)

    def team(self, ident: Any) -> tuple[str, tuple[FactValue, ...]]:
        """A team as ``tier`` or ``group``, and what that is then."""
        name = self._name("teams", ident)
        for tier, refs in self.connection.tiers.items():
            if any(_is(ref, ident, name) for ref in refs):
                return "tier", (tier,)
        return "group", (self._named(self.connection.groups, "teams", ident),)

    def tag(self, ident: Any) -> str:
        """The tag of an id."""
        return tag_form(self._name("tags", ident) or ident)

    def _status(self, ident: Any) -> str:
        found = self.stages.status_of(int(ident))
        if not found:
            raise NotSayable(f"the stage {ident} does not exist")
        return found

    def _named(self, section: Mapping[str, VendorRef], table: str, ident: Any) -> FactValue:
        name = self._name(table, ident)
        return next((key for key, ref in section.items() if _is(ref, ident, name)), name or None)

    def _name(self, table: str, ident: Any) -> str:
        rows = self.documents.get(table) or ()
        return next((str(each.get("name")) for each in rows if each.get("id") == ident), "")


def _is(ref: VendorRef, ident: Any, name: str) -> bool:
    return ref == ident or (isinstance(ref, str) and ref.strip().lower() == name.strip().lower())
