"""Names of statuses that need a record of their own in a helpdesk, if no policy has a name for them."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.policy.model import Policy
from bridge.ticket import Status

NAMES: dict[Status, str] = {
    Status.IN_PROGRESS: "In Progress",
    Status.WAITING_CUSTOMER: "Waiting for Customer",
    Status.CUSTOMER_UPDATE_REQUIRED: "Customer Update Required",
    Status.WAITING_INTERNAL: "Waiting Internally",
    Status.WAITING_DEVELOPMENT: "Waiting for Development",
}
"""In the order of a board."""


def status_labels(policies: Sequence[Policy]) -> dict[Status, str]:
    """Status -> its name in the policies; the first policy wins."""
    labels: dict[Status, str] = {}
    for policy in reversed(policies):
        labels |= policy.statuses.labels if policy.statuses else {}
    return labels
