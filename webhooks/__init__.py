"""Inbound webhooks: each request is verified, stored raw and acknowledged. Knows nothing of policies."""

from webhooks.blueprint import create_blueprint
from webhooks.receiver import WebhookReceiver

__all__ = ["WebhookReceiver", "create_blueprint"]
