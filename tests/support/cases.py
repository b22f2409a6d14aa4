"""One ticket in its vendor's own form, as a review sees it: mapped, evaluated and planned in enforce, at a fixed time.

The files of ``../shared/cases`` have that form; so have the tickets that tests of this repository write themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.decision import Decision, MessageKind, Plan, Set, SystemField, Tag
from bridge.evaluate import evaluate
from bridge.plan import Ledger, plan, restrict
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ticket import Ticket, TicketRef
from bridge.yamlio.validate import load_model
from mappings.connection import Configuration, Connection
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.messages import Recipient
from mappings.odoo.schema import Schema
from mappings.odoo.snapshot import IntegrationUser
from mappings.odoo.snapshot import TicketSnapshot as OdooSnapshot
from mappings.odoo.ticket import to_ticket as odoo_ticket
from mappings.odoo.update import OdooUpdate, tags_of
from mappings.odoo.update import to_update as odoo_update
from mappings.odoo.update_context import UpdateContext
from mappings.odoo.vocabulary import many2one_id
from mappings.zendesk.actors import TicketSnapshot as ZendeskSnapshot
from mappings.zendesk.ticket import to_ticket as zendesk_ticket
from mappings.zendesk.update import ZendeskUpdate
from mappings.zendesk.update import to_update as zendesk_update
from tests.mappings.odoo_records import COMMUNITY_FIELDS

CASES = Path(__file__).parents[2] / ".." / "shared" / "cases"
BRIDGE = "900001"
"""The bridge's user in the cases of Zendesk."""

Case = Mapping[str, Any]


@dataclass(frozen=True)
class ReviewedCase:
    """A ticket, what the policy decides on it, and what is written to it."""

    ticket: Ticket
    decision: Decision
    plan: Plan
    update: ZendeskUpdate | OdooUpdate
    """The plan in the vendor's form."""

    @property
    def tags(self) -> set[str]:
        """The tags that are added."""
        return {each.target.name for each in self._sets if isinstance(each.target, Tag)}

    @property
    def status(self) -> str | None:
        """The status that is written; None where it stays."""
        return next((str(each.value) for each in self._sets if each.target is SystemField.STATUS), None)

    @property
    def to_customer(self) -> list[str]:
        """The templates of the messages to the customer."""
        return [each.template for each in self.plan.messages if each.is_public]

    @property
    def notes(self) -> list[str]:
        """The texts of the internal notes."""
        return [each.text for each in self.plan.messages if each.kind is MessageKind.INTERNAL_NOTE]

    def clock(self, name: str) -> list[tuple[str, int | None]]:
        """State of each run of a clock, and after how many minutes it was met."""
        runs = [clock for clock in self.decision.clocks if clock.name == name]
        return [(run.state.value, _minutes(run.started_at, run.met_at)) for run in runs]

    @property
    def _sets(self) -> list[Set]:
        return [each for each in self.plan.actions if isinstance(each, Set)]


def shared_case(name: str) -> tuple[Case, Connection]:
    """A case by its name, such as ``zendesk/01_agent_is_the_requester``, with the connection of its folder.

    Skips the test where the cases are not beside this repository.
    """
    path = CASES / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the case is not beside this repository (../shared/cases/{name}.json)")
    configuration = load_model(path.parent / "policybridge.yaml", Configuration)
    return json.loads(path.read_text()), next(iter(configuration.connections.values()))


def review_shared_case(name: str) -> ReviewedCase:
    """A case as a review in ``enforce`` sees it."""
    case, connection = shared_case(name)
    return review(case, connection)


def review(case: Case, connection: Connection, policy: str = "maas360") -> ReviewedCase:
    """A ticket in its vendor's own form, reviewed at the instant that stands under ``now``."""
    reviewed = review_zendesk if connection.vendor == "zendesk" else review_odoo
    return reviewed(case, connection, load_policy(policy))


def review_zendesk(case: Case, connection: Connection, policy: Policy) -> ReviewedCase:
    """A ticket of Zendesk: ``ticket``, ``audits``, ``users``, ``organizations``."""
    organizations = case.get("organizations") or [None]
    snapshot = ZendeskSnapshot(
        ticket=case["ticket"],
        audits=case["audits"],
        users={str(user["id"]): user for user in case["users"]},
        me=BRIDGE,
        organization=organizations[0],
        identities=case.get("identities", ()),
        notifications=case.get("notifications", ()),
    )
    ticket = zendesk_ticket(_ref("zendesk", case), snapshot, connection)
    decision, todo = _decide(ticket, policy, case, connection.known_fields)
    return ReviewedCase(ticket, decision, todo, zendesk_update(ticket, todo, "review-1", connection))


def review_odoo(case: Case, connection: Connection, policy: Policy) -> ReviewedCase:
    """A ticket of Odoo: the records that its README names, references as plain ids."""
    snapshot, connection = odoo_snapshot(case, connection)
    ticket = odoo_ticket(_ref("odoo", case), snapshot, connection)
    decision, todo = _decide(ticket, policy, case, snapshot.catalog.schema.known_fields(connection))
    contact = snapshot.partners.get(many2one_id(case["ticket"].get("partner_id")), {})
    context = UpdateContext(
        ticket=case["ticket"],
        connection=connection,
        catalog=_catalog(case, connection, tags_of(todo)),
        people={},
        customer=Recipient(many2one_id(contact["id"])) if contact.get("email") else None,
        address=str(case["ticket"].get("partner_email") or ""),
        at=_now(case),
    )
    return ReviewedCase(ticket, decision, todo, odoo_update(todo, "review-1", context))


def odoo_snapshot(case: Case, connection: Connection) -> tuple[OdooSnapshot, Connection]:
    """What would have been read of a ticket of Odoo, and the connection with names resolved to ids."""
    catalog = _catalog(case, connection)
    snapshot = OdooSnapshot(
        ticket=case["ticket"],
        messages=case["messages"],
        trackings=case["trackings"],
        partners={partner["id"]: partner for partner in case["partners"]},
        users={user["id"]: user for user in case["users"]},
        me=IntegrationUser(case["me"]["uid"], case["me"]["partner_id"]),
        catalog=catalog,
        notifications=case.get("notifications", ()),
    )
    return snapshot, catalog.resolve(connection)


def _catalog(case: Case, connection: Connection, tags: Iterable[str] = ()) -> HelpdeskCatalog:
    fields = {str(name): {"type": "char", "string": str(name)} for _, name in connection.named_fields()}
    return HelpdeskCatalog(
        schema=Schema.of(COMMUNITY_FIELDS | fields),
        stages=case["stages"],
        teams=[{"id": 1, "name": "Support"}],
        tags=dict(enumerate(sorted(tags), 1)),
        subtypes={subtype["id"]: subtype for subtype in case["subtypes"]},
        categories={1: "Incident"},
        channels={1: "Web", 2: "Email", 3: "Phone"},
        companies={1: "Vendor"},
    )


def _decide(ticket: Ticket, policy: Policy, case: Case, fields: frozenset[str]) -> tuple[Decision, Plan]:
    decision = evaluate(ticket, None, policy, _now(case))
    return decision, restrict(plan(decision, ticket, Ledger([], ticket)), ticket, fields=fields)


def _now(case: Case) -> datetime:
    return datetime.fromisoformat(case["now"])


def _ref(connection: str, case: Case) -> TicketRef:
    return TicketRef(connection=connection, id=str(case["ticket"]["id"]))


def _minutes(start: datetime, end: datetime | None) -> int | None:
    return None if end is None else int((end - start).total_seconds() // 60)
