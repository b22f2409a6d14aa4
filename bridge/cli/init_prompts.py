"""What ``init`` asks of each vendor's connection, and what it names for the commands that follow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prompt:
    """A setting that a connection needs."""

    setting: str
    text: str
    is_secret: bool = False
    is_always_needed: bool = True
    """Otherwise the account is asked first; what it has to be asked with comes before."""


QUESTIONS = {
    "zendesk": (
        Prompt("subdomain", "Subdomain (acme for acme.zendesk.com)"),
        Prompt("oauth_client_id", "Identifier of the bridge's OAuth client"),
        Prompt("oauth_client_secret", "Secret of the client", is_secret=True),
    ),
    "odoo": (
        Prompt("url", "Address (https://acme.odoo.com)"),
        Prompt("db", "Database"),
        Prompt("api_key", "API key of the bridge's user", is_secret=True),
        Prompt("login", "Login of the bridge's user", is_always_needed=False),
    ),
}
ADMIN = {
    "zendesk": ("ZENDESK_ADMIN_OAUTH_CLIENT_ID", "ZENDESK_ADMIN_OAUTH_CLIENT_SECRET"),
    "odoo": ("ODOO_ADMIN_API_KEY",),
}
"""Credentials of an administrator, which `install` needs and the bridge does not."""
SETUP = {
    "zendesk": ' --url https://... --form "..." --statuses --groups',
    "odoo": " --url https://... --stages",
}
"""The options of `install` by which it creates all that a policy may need."""
WEBHOOK = {
    "zendesk": "ZENDESK_WEBHOOK_SECRET_FILE=secrets/ZENDESK_WEBHOOK_SECRET",
    "odoo": "ODOO_WEBHOOK_TOKEN=...  # as --apply has shown it",
}
"""What the bridge needs to know of the webhook that `install` creates."""
