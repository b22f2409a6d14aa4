"""Credentials of a Zendesk account, from the environment."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bridge.config.setting_values import http_origin
from bridge.config.sources import EnvironmentSettings, read_settings

API_TOKEN_END = date(2027, 4, 30)
"""The day on which Zendesk's API tokens stop working:
https://developer.zendesk.com/documentation/api-basics/authentication/oauth-migration/"""


class ZendeskSettings(EnvironmentSettings):
    """Credentials of one Zendesk account; variables begin with ``ZENDESK_``, or as the connection's env_prefix says."""

    variables = "ZENDESK_"

    subdomain: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9-]*$")] | None = None
    url: Annotated[str, AfterValidator(http_origin)] | None = None
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
    """Part of the account's rate limits that all processes of the bridge may use; the rest is for other programs."""
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
            raise ValueError(
                "found only some settings of a listing; "
                "set ZENDESK_MARKETPLACE_NAME and ZENDESK_MARKETPLACE_ORGANIZATION_ID, or neither"
            )
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


def load_zendesk_settings(prefix: str = "") -> ZendeskSettings:
    """Credentials of one Zendesk connection. Raises ``InputError`` that names the variable and what to do."""
    return read_settings(ZendeskSettings, prefix)
