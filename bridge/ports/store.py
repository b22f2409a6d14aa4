"""The durable state of an installation as a whole."""

from __future__ import annotations

from typing import Protocol

from bridge.ports.amendments import AmendmentStore
from bridge.ports.approvals import ApprovalStore
from bridge.ports.audit import AuditStore
from bridge.ports.call_budget import CallBudgetStore
from bridge.ports.conditions import ConditionStore
from bridge.ports.console_access import ConsoleAccessStore
from bridge.ports.deliveries import DeliveryStore
from bridge.ports.digests import DigestStore
from bridge.ports.examined_rules import ExaminedRuleStore
from bridge.ports.exemptions import ExemptionStore
from bridge.ports.forecast_caps import ForecastCapStore
from bridge.ports.forecasts import ForecastStore
from bridge.ports.in_force import InForceStore
from bridge.ports.install_reports import InstallReportStore
from bridge.ports.installation import InstallationStore
from bridge.ports.ledger import LedgerStore
from bridge.ports.modes import ModeStore
from bridge.ports.queue import QueueStore
from bridge.ports.reviews import ReviewStore
from bridge.ports.stops import StopStore
from bridge.ports.versions import VersionStore
from bridge.ports.withheld import WithheldStore


class Store(
    DeliveryStore,
    QueueStore,
    LedgerStore,
    ReviewStore,
    VersionStore,
    InForceStore,
    ApprovalStore,
    AmendmentStore,
    AuditStore,
    StopStore,
    WithheldStore,
    ExemptionStore,
    ConsoleAccessStore,
    ConditionStore,
    CallBudgetStore,
    InstallationStore,
    DigestStore,
    InstallReportStore,
    ForecastStore,
    ForecastCapStore,
    ModeStore,
    ExaminedRuleStore,
    Protocol,
):
    """Everything one installation keeps, shared by all of its processes. Instants in and out are aware UTC."""
