"""Credentials of an Odoo database, from the environment."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bridge.config.setting_values import http_origin, networks, one_word, parse_networks, url_token
from bridge.config.sources import EnvironmentSettings, read_settings


class OdooSettings(EnvironmentSettings):
    """Credentials of one Odoo database; variables begin with ``ODOO_``, or as the connection's env_prefix says."""

    variables = "ODOO_"

    url: Annotated[str, AfterValidator(http_origin)] | None = None
    """``https://host`` of the Odoo server."""
    db: str | None = None
    """Name of the database."""
    api_key: Annotated[SecretStr, AfterValidator(one_word)] | None = None
    """Key of the integration user, an internal user without administration rights."""
    login: str | None = None
    """Login of the integration user; Odoo 16 to 18 need it with the key."""
    admin_login: str | None = None
    """Login of the administrator; Odoo 16 to 18 need it with the administrator's key."""
    admin_api_key: Annotated[SecretStr, AfterValidator(one_word)] | None = None
    """Key of an administrator, for ``policybridge install`` only; do not set it where the bridge runs."""
    workers: int = Field(2, ge=1)
    """Requests that the Odoo server answers at the same time: its ``workers``, or its threads without any."""
    api_share: float = Field(0.5, gt=0, le=1)
    """Part of the time of these workers that all processes of the bridge may use; the rest is for people."""
    webhook_token: Annotated[SecretStr, AfterValidator(url_token)] | None = None
    """Last part of the webhook's URL, at least 32 characters; without one, every delivery is refused."""
    webhook_token_previous: Annotated[SecretStr, AfterValidator(url_token)] | None = None
    """The token before the last rotation; deliveries with it are still accepted."""
    webhook_allow: Annotated[str, AfterValidator(networks)] | None = None
    """Addresses and networks deliveries may come from, separated by commas; without it, from anywhere."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not self.url:
            raise ValueError("found no address; set ODOO_URL=https://odoo.example.com")
        if not self.db:
            raise ValueError("found no database; set ODOO_DB to the name of the database behind ODOO_URL")
        if not (self.api_key or self.admin_api_key):
            raise ValueError("found no credentials; set ODOO_API_KEY to a key of the integration user")
        return self

    @property
    def webhook_tokens(self) -> tuple[str, ...]:
        """Tokens that a delivery's URL may end with, the current one first; empty: every delivery is refused."""
        given = (self.webhook_token, self.webhook_token_previous)
        return tuple(token.get_secret_value() for token in given if token)

    @property
    def webhook_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks that deliveries may come from; empty: any."""
        return parse_networks(self.webhook_allow)


def load_odoo_settings(prefix: str = "") -> OdooSettings:
    """Credentials of one Odoo connection. Raises ``InputError`` that names the variable and what to do."""
    return read_settings(OdooSettings, prefix)
