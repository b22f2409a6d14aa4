"""The tables of an installation. Instants are UTC, JSON is text (it must come back byte for byte)."""

from bridge.store.tables.connections import call_budgets, conditions, connections, installation, stops
from bridge.store.tables.deliveries import deliveries, delivery_tickets, rejections
from bridge.store.tables.forecasts import forecast_actions, forecast_marks, forecasts, install_reports, preview_runs
from bridge.store.tables.people import accounts, amendments, approvals, audit, console_sessions, console_tokens
from bridge.store.tables.policies import adoptions, digests, examined_rules, in_force, packs, pins, policy_versions
from bridge.store.tables.reviews import effects, reviews, withheld
from bridge.store.tables.schema import metadata
from bridge.store.tables.tickets import exemptions, tickets

__all__ = [
    "accounts",
    "adoptions",
    "amendments",
    "approvals",
    "audit",
    "call_budgets",
    "conditions",
    "connections",
    "console_sessions",
    "console_tokens",
    "deliveries",
    "delivery_tickets",
    "digests",
    "effects",
    "examined_rules",
    "exemptions",
    "forecast_actions",
    "forecast_marks",
    "forecasts",
    "in_force",
    "install_reports",
    "installation",
    "metadata",
    "packs",
    "pins",
    "policy_versions",
    "preview_runs",
    "rejections",
    "reviews",
    "stops",
    "tickets",
    "withheld",
]
