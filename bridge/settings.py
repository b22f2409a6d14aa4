"""Settings from the environment: where things are, and the secrets. What words mean stands in ``policybridge.yaml``.

Every variable may also be given as a file: ``<NAME>_FILE`` names one, or a file called ``<NAME>`` (or in lower case)
lies in the directory that ``POLICYBRIDGE_SECRETS_DIR`` names (default ``/run/secrets``).
"""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bridge.errors import InputError

API_TOKEN_END = "30 April 2027"  # noqa: S105 - a date, not a secret
"""The day on which Zendesk's API tokens stop working."""

S = TypeVar("S", bound=BaseSettings)


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


class _NamedFiles(PydanticBaseSettingsSource):
    """``<NAME>_FILE``: the variable's value stands in the file it names, as container platforms like it."""

    def __init__(self, settings_cls: type[BaseSettings], prefix: str) -> None:
        super().__init__(settings_cls)
        self._prefix = prefix

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        variable = f"{self._prefix}{field_name}_FILE".upper()
        named = os.environ.get(variable)
        if not named:
            return None, field_name, False
        try:
            return Path(named).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{variable}: {named} cannot be read ({error}); name a readable text file") from error

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value}


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, env_ignore_empty=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        prefix = str(getattr(env_settings, "env_prefix", ""))
        return init_settings, env_settings, _NamedFiles(settings_cls, prefix), file_secret_settings


class Settings(_Settings):
    """The program's own settings; variables begin with ``POLICYBRIDGE_``."""

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
    """Seconds for which a worker keeps a ticket, and after which others take over what a killed one held. Shorter than
    the slowest look it costs work done twice, never a write made twice."""
    signature_age: float = Field(300.0, gt=0)
    """Seconds by which a webhook's signature may be old, or ahead."""
    max_body: int = Field(1_048_576, ge=1024)
    """Bytes of the largest webhook body that is read."""
    threads: int = Field(16, ge=1, le=256)
    writes_per_hour: int = Field(20, ge=1)
    """Writes to one ticket an hour after which the breaker opens."""
    console_token: SecretStr | None = None
    """Token for the console; none: it is open on loopback only."""
    public_url: Annotated[str, AfterValidator(_base_url)] | None = None
    """``https://host`` under which customers reach ``/approve``; none: messages carry no links to answer with."""
    secret_key: Annotated[SecretStr, Field(min_length=16)] | None = None
    """Signs those links, at least 16 characters; a new key makes every link that was sent useless."""


class ZendeskSettings(_Settings):
    """Credentials of one Zendesk account; variables begin with ``ZENDESK_``, or as the connection's env_prefix says."""

    subdomain: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9-]*$")] | None = None
    url: Annotated[str, AfterValidator(_base_url)] | None = None
    """Another base URL than https://<subdomain>.zendesk.com."""
    oauth_client_id: str | None = None
    oauth_client_secret: SecretStr | None = None
    oauth_scope: str = "read tickets:write"
    email: str | None = None
    api_token: SecretStr | None = None
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
        if not (self.oauth_client_id or (self.email and self.api_token)):
            raise ValueError(
                "found no credentials; set ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET "
                "(or, until 30 April 2027, ZENDESK_EMAIL and ZENDESK_API_TOKEN)"
            )
        return self

    @property
    def base_url(self) -> str:
        return self.url or f"https://{self.subdomain}.zendesk.com"

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Secrets a signature may be made with, the present one first; empty: the webhook is closed."""
        given = (self.webhook_secret, self.webhook_secret_previous)
        return tuple(secret.get_secret_value() for secret in given if secret)

    @property
    def is_legacy(self) -> bool:
        """True when an API token is used, which ends on :data:`API_TOKEN_END`."""
        return not self.oauth_client_id


def load_settings() -> Settings:
    """The program's settings. Raises ``InputError`` that names the variable and what to do."""
    return _read(Settings, "POLICYBRIDGE_")


def load_zendesk_settings(prefix: str = "") -> ZendeskSettings:
    """Credentials of one Zendesk connection. Raises ``InputError`` that names the variable and what to do."""
    return _read(ZendeskSettings, prefix or "ZENDESK_")


def _read(model: type[S], prefix: str) -> S:
    secrets = Path(os.environ.get("POLICYBRIDGE_SECRETS_DIR", "/run/secrets"))
    try:
        return model(_env_prefix=prefix, _secrets_dir=secrets if secrets.is_dir() else None)
    except ValidationError as error:
        raise InputError("\n".join(_line(prefix, detail) for detail in error.errors(include_url=False))) from error


def _line(prefix: str, detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ")
    if not detail["loc"]:
        return message.replace("ZENDESK_", prefix)
    variable = f"{prefix}{detail['loc'][0]}".upper()
    secret = any(part in variable for part in ("SECRET", "TOKEN"))
    found = "a value that cannot be used" if secret else repr(detail["input"])
    return f"{variable}: found {found}; {message[:1].lower()}{message[1:]}"
