"""Inbound only: what a helpdesk sends is proved, kept raw and acknowledged. Knows nothing of policy."""

from webhooks.blueprint import create_blueprint
from webhooks.receiver import Door

__all__ = ["Door", "create_blueprint"]
