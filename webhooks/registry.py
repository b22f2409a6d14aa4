"""The webhook receivers of a configuration: each vendor's module beside this one has a ``create_receiver``."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from mappings.connection import Configuration
from webhooks.receiver import WebhookReceiver


def create_receivers(configuration: Configuration, *, tolerance_s: float) -> dict[str, WebhookReceiver]:
    """A receiver for each connection by its name, with the secrets of the environment. Raises ``InputError``.

    ``tolerance_s``: how many seconds a signature may be old or in the future.
    """
    return {
        name: cast(
            WebhookReceiver, import_module(f"webhooks.{connection.vendor}").create_receiver(connection, tolerance_s)
        )
        for name, connection in configuration.connections.items()
    }
