"""Settings from the environment: locations and secrets. Policy and connections are in ``policybridge.yaml``."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from bridge.config.setting_values import http_origin, networks, parse_networks
from bridge.config.sources import EnvironmentSettings, read_settings

MIN_TOKEN = 15
"""Characters of a secret that is the only factor: https://pages.nist.gov/800-63-4/sp800-63b.html (3.1.1.2)."""


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
    trusted_proxies: Annotated[str, AfterValidator(networks)] | None = None
    """Addresses and networks of proxies in front, whose word about the client's address is believed."""
    public_url: Annotated[str, AfterValidator(http_origin)] | None = None
    """``https://host`` under which customers reach ``/approve``; without it, messages carry no approval links."""
    secret_key: Annotated[SecretStr, Field(min_length=16)] | None = None
    """Signs approval links, at least 16 characters. A new key invalidates every link that was sent."""

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks of the proxies that are trusted; empty: none."""
        return parse_networks(self.trusted_proxies)


def load_settings() -> Settings:
    """The program's settings. Raises ``InputError`` that names the variable and what to do."""
    return read_settings(Settings)
