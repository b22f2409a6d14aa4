"""Expectations that several scenarios share, by hand from the MaaS360 guide (``mappings/packs/maas360.yaml``)."""

from __future__ import annotations

from typing import Any

CRITICAL = {"maas360", "severity_critical"}
LOW = {"maas360", "severity_low"}
NEW_CRITICAL: dict[str, Any] = {
    "priority": "urgent",
    "status": "new",
    "tags": CRITICAL,
    "severity": "critical",
    "next_due": "first_response",
    "clause": "MA-10",
    "notes": ["Severity critical (MA-09)"],
}
"""A critical ticket that nobody has answered yet."""
NEW_LOW: dict[str, Any] = NEW_CRITICAL | {
    "priority": "low",
    "tags": LOW,
    "severity": "low",
    "notes": ["Severity low (MA-09)"],
}
"""A ticket of low severity that nobody has answered yet."""
REMINDERS = [
    'We are waiting for an update from you on your case "{}". Please let us know how you would like to proceed.',
    'We have not received a reply to our last message about "{}". Please send us an update.',
    'This is our final message about "{}". If we do not hear from you, we will consider the case resolved tomorrow. '
    "Reply to this message to keep it open.",
]
