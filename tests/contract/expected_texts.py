"""Expectations that several scenarios share, by hand from the MaaS360 guide (``mappings/packs/maas360.yaml``)."""

from __future__ import annotations

CRITICAL = {"maas360", "severity_critical"}
LOW = {"maas360", "severity_low"}
REMINDERS = [
    'We are waiting for an update from you on your case "{}". Please let us know how you would like to proceed.',
    'We have not received a reply to our last message about "{}". Please send us an update.',
    'This is our final message about "{}". If we do not hear from you, we will consider the case resolved tomorrow. '
    "Reply to this message to keep it open.",
]
