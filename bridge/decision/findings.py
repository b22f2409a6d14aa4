"""Findings: what people should know and no field of the ticket shows."""

from __future__ import annotations

from enum import StrEnum

from bridge.decision.citation import Cited, NonEmpty


class Severity(StrEnum):
    """How urgently somebody should read a finding."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Finding(Cited):
    """Something people should know which is not written as a field: an override, an unknown value, a missing target."""

    code: NonEmpty
    severity: Severity = Severity.INFO
