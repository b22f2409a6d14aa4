"""Expectations that several stories share, by hand from the MaaS360 guide (``mappings/packs/maas360.yaml``)."""

from __future__ import annotations

CRITICAL = {"maas360", "severity_critical"}
LOW = {"maas360", "severity_low"}
REMINDERS = [
    'Your case "{}" is waiting for an update from you. Please let us know how you would like to go on.',
    'We have not received an answer to our last notification about "{}". Please send us an update.',
    'This is our final notification about "{}". Without an answer from you, the case will be considered resolved '
    "tomorrow. Any reply keeps it open.",
]
