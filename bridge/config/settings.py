"""Settings from the environment: locations and secrets. Policy and connections are in ``policybridge.yaml``."""

from __future__ import annotations

import re
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bridge.config.sources import ONE_WORD, EnvironmentSettings, read_settings

API_TOKEN_END = date(2027, 4, 30)
"""The day on which Zendesk's API tokens stop working:
https://developer.zendesk.com/documentation/api-basics/authentication/oauth-migration/"""


MIN_TOKEN = 15
"""Characters of a secret that is the only factor: https://pages.nist.gov/800-63-4/sp800-63b.html (3.1.1.2)."""


def _base_url(value: str) -> str:
    """``scheme://host[:port]``: https anywhere, http only on this machine."""
    parts = urlsplit(value)
    if parts.path not in ("", "/") or parts.query or parts.username or not parts.hostname:
        raise ValueError("allowed: https://host or http://127.0.0.1:port, without path or user")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)):
        return f"{parts.scheme}://{parts.netloc}"
    raise ValueError("allowed: https, or plain http for a loopback address such as http://127.0.0.1:9000")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _url_token(value: SecretStr) -> SecretStr:
    """A secret that is part of a URL and the only proof of who calls it."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{32,}", value.get_secret_value()):
        raise ValueError("allowed: at least 32 letters, digits, - and _, as `openssl rand -hex 32` makes them")
    return value


def _one_word(value: SecretStr) -> SecretStr:
    if not ONE_WORD.fullmatch(value.get_secret_value()):
        raise ValueError("allowed: letters, digits and signs without spaces or line breaks, as Odoo shows the key")
    return value


def _networks(value: str) -> str:
    """Addresses and networks, separated by commas."""
    for part in value.split(","):
        try:
            ip_network(part.strip())
        except ValueError as error:
            raise ValueError("allowed: addresses and networks, such as 203.0.113.7, 10.0.0.0/8") from error
    return value


def _parse_networks(value: str | None) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in (value or "").split(",") if part)


class Settings(EnvironmentSettings):
    """The program's own settings; variables begin with ``POLICYBRIDGE_``."""

    variables = "POLICYBRIDGE_"

    database_url: str = "sqlite:///var/policybridge.sqlite3"
    """SQLAlchemy URL of the store; PostgreSQL as ``postgresql+psycopg://...``."""
    config: Path = Path("policybridge.yaml")
    """The file with policy and connections."""
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    debounce: float = Field(2.0, ge=0, le=300)
    """Seconds to wait after a delivery, so that several events of one update cause one review."""
    sweep: float = Field(300.0, ge=60)
    """Seconds between two catch-up sweeps."""
    lease: float = Field(120.0, ge=1)
    """Seconds for which a worker holds a ticket; after that, others take over the tickets of a worker that was killed.
    If it is shorter than the slowest review, work is done twice, but nothing is written twice."""
    signature_age: float = Field(300.0, gt=0)
    """Seconds by which the time of a webhook's signature may differ from ours."""
    max_body: int = Field(1_048_576, ge=1024)
    """Bytes of the largest webhook body that is read."""
    threads: int = Field(16, ge=1, le=256)
    keep_reviews: int = Field(400, ge=1)
    """Days for which reviews are kept. With the default, last year's report can be examined until early February."""
    writes_per_hour: int = Field(20, ge=1)
    """Writes to one ticket an hour after which the breaker opens."""
    console_token: Annotated[SecretStr, Field(min_length=MIN_TOKEN)] | None = None
    """Token for the console, at least 15 characters; without one, ``serve`` makes one at its first start."""
    trusted_proxies: Annotated[str, AfterValidator(_networks)] | None = None
    """Addresses and networks of proxies in front, whose word about the client's address is believed."""
    public_url: Annotated[str, AfterValidator(_base_url)] | None = None
    """``https://host`` under which customers reach ``/approve``; without it, messages carry no approval links."""
    secret_key: Annotated[SecretStr, Field(min_length=16)] | None = None
    """Signs approval links, at least 16 characters. A new key invalidates every link that was sent."""

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks of the proxies that are trusted; empty: none."""
        return _parse_networks(self.trusted_proxies)


class ZendeskSettings(EnvironmentSettings):
    """Credentials of one Zendesk account; variables begin with ``ZENDESK_``, or as the connection's env_prefix says."""

    variables = "ZENDESK_"

    subdomain: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9-]*$")] | None = None
    url: Annotated[str, AfterValidator(_base_url)] | None = None
    """Base URL, if it is not https://<subdomain>.zendesk.com."""
    oauth_client_id: str | None = None
    oauth_client_secret: SecretStr | None = None
    oauth_scope: str = "read tickets:write"
    email: str | None = None
    api_token: SecretStr | None = None
    admin_oauth_client_id: str | None = None
    """OAuth client of an administrator, for ``policybridge install`` only; do not set it where the bridge runs."""
    admin_oauth_client_secret: SecretStr | None = None
    admin_oauth_scope: str = "read write"
    admin_email: str | None = None
    """An administrator with an API token, instead of the client, as long as API tokens work."""
    admin_api_token: SecretStr | None = None
    api_share: float = Field(0.5, gt=0, le=1)
    """Part of the account's rate limits that each process of the bridge may use; the rest is for other programs."""
    marketplace_name: str | None = None
    """Name under which this program is listed in Zendesk's marketplace; only for whoever lists it there."""
    marketplace_organization_id: str | None = None
    marketplace_app_id: str | None = None
    """Known once the listing was submitted."""
    webhook_secret: SecretStr | None = None
    webhook_secret_previous: SecretStr | None = None
    """The secret before the last rotation; signatures with it are still accepted."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not (self.subdomain or self.url):
            raise ValueError(
                "found neither ZENDESK_SUBDOMAIN nor ZENDESK_URL; set ZENDESK_SUBDOMAIN=acme for acme.zendesk.com"
            )
        if bool(self.oauth_client_id) != bool(self.oauth_client_secret):
            raise ValueError("found only one of ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET; set both")
        if bool(self.admin_oauth_client_id) != bool(self.admin_oauth_client_secret):
            raise ValueError(
                "found only one of ZENDESK_ADMIN_OAUTH_CLIENT_ID and ZENDESK_ADMIN_OAUTH_CLIENT_SECRET; set both"
            )
        if not (self.has_own_credentials or self.has_admin_credentials):
            raise ValueError(
                "found no credentials; set ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET "
                f"(or, until {API_TOKEN_END:%-d %B %Y}, ZENDESK_EMAIL and ZENDESK_API_TOKEN)"
            )
        listed = (self.marketplace_name, self.marketplace_organization_id, self.marketplace_app_id)
        if any(listed) and not all(listed[:2]):
            raise ValueError("found part of a listing; set ZENDESK_MARKETPLACE_NAME and _ORGANIZATION_ID, or neither")
        return self

    @property
    def has_own_credentials(self) -> bool:
        """Whether the bridge's own user can sign in."""
        return bool(self.oauth_client_id or (self.email and self.api_token))

    @property
    def has_admin_credentials(self) -> bool:
        """Whether an administrator can sign in, for ``install``."""
        return bool(self.admin_oauth_client_id or (self.admin_email and self.admin_api_token))

    def as_admin(self) -> ZendeskSettings:
        """These settings with the administrator's credentials in place of the bridge's own."""
        mine = {
            "oauth_client_id": self.admin_oauth_client_id,
            "oauth_client_secret": self.admin_oauth_client_secret,
            "oauth_scope": self.admin_oauth_scope,
            "email": self.admin_email,
            "api_token": self.admin_api_token,
        }
        return self.model_copy(update=mine)

    @property
    def base_url(self) -> str:
        return self.url or f"https://{self.subdomain}.zendesk.com"

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Secrets that a signature may be made with, the current one first; empty: every delivery is refused."""
        given = (self.webhook_secret, self.webhook_secret_previous)
        return tuple(secret.get_secret_value() for secret in given if secret)

    @property
    def marketplace_headers(self) -> dict[str, str]:
        """What every request of a listed program carries:
        https://developer.zendesk.com/documentation/marketplace/building-a-marketplace-app/request-header-requirements-for-marketplace-apps
        """
        values = {
            "Name": self.marketplace_name,
            "Organization-Id": self.marketplace_organization_id,
            "App-Id": self.marketplace_app_id,
        }
        return {f"X-Zendesk-Marketplace-{name}": value for name, value in values.items() if value}

    @property
    def is_legacy(self) -> bool:
        """True when an API token is used, which ends on :data:`API_TOKEN_END`."""
        return not self.oauth_client_id


class OdooSettings(EnvironmentSettings):
    """Credentials of one Odoo database; variables begin with ``ODOO_``, or as the connection's env_prefix says."""

    variables = "ODOO_"

    url: Annotated[str, AfterValidator(_base_url)] | None = None
    """``https://host`` of the Odoo server."""
    db: str | None = None
    """Name of the database."""
    api_key: Annotated[SecretStr, AfterValidator(_one_word)] | None = None
    """Key of the integration user, an internal user without administration rights."""
    login: str | None = None
    """Login of the integration user; Odoo 16 to 18 need it with the key."""
    admin_login: str | None = None
    """Login of the administrator; Odoo 16 to 18 need it with the administrator's key."""
    admin_api_key: Annotated[SecretStr, AfterValidator(_one_word)] | None = None
    """Key of an administrator, for ``policybridge install`` only; do not set it where the bridge runs."""
    webhook_token: Annotated[SecretStr, AfterValidator(_url_token)] | None = None
    """Last part of the webhook's URL, at least 32 characters; without one, every delivery is refused."""
    webhook_token_previous: Annotated[SecretStr, AfterValidator(_url_token)] | None = None
    """The token before the last rotation; deliveries with it are still accepted."""
    webhook_allow: Annotated[str, AfterValidator(_networks)] | None = None
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
        return _parse_networks(self.webhook_allow)


def load_settings() -> Settings:
    """The program's settings. Raises ``InputError`` that names the variable and what to do."""
    return read_settings(Settings)


def load_zendesk_settings(prefix: str = "") -> ZendeskSettings:
    """Credentials of one Zendesk connection. Raises ``InputError`` that names the variable and what to do."""
    return read_settings(ZendeskSettings, prefix)


def load_odoo_settings(prefix: str = "") -> OdooSettings:
    """Credentials of one Odoo connection. Raises ``InputError`` that names the variable and what to do."""
    return read_settings(OdooSettings, prefix)
