"""The HTTP session under a vendor's client: bounded in time and size, never repeating anything by itself.

Errors of the transport leave it as :mod:`bridge.errors`, so that a vendor's library above it never gets to sleep, to
retry or to raise its own.
"""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import requests
from urllib3.exceptions import MaxRetryError

from bridge.errors import GiveUp, Retry

TIMEOUT = (5.0, 20.0)
"""Seconds to connect, and between two pieces of the answer."""
LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes: a page of 100 audits with long quoted mails, three renderings each, is below it."""
PAUSE_WHEN_DOWN = 15.0
"""Seconds for which a vendor that cannot be reached is left alone."""


class Session(requests.Session):
    """One thread's connection to a vendor. The adapters of requests repeat nothing by default, and it stays so."""

    def __init__(self, *, direct: bool) -> None:
        """``direct``: ignore the proxies of the environment, as is right for an address on this machine."""
        super().__init__()
        self.headers["User-Agent"] = f"policybridge/{_own_version()}"
        self.hooks["response"].append(_read_bounded)
        self.trust_env = not direct

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send once. Raises ``Retry`` when the vendor cannot be reached, or does not answer in time or in full."""
        kwargs |= {"timeout": TIMEOUT, "allow_redirects": False, "stream": True}
        try:
            return super().request(method, url, *args, **kwargs)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise _unanswered(error) from error
        except requests.RequestException as error:
            raise Retry(f"the exchange failed: {type(error).__name__}: {error}") from error


def _own_version() -> str:
    with suppress(PackageNotFoundError):
        return version("policybridge")
    return "unreleased"  # run from a checkout that is not installed


def _unanswered(error: requests.RequestException) -> Retry:
    """Nobody there concerns all tickets; a connection that broke off concerns this call only."""
    cause = error.args[0] if error.args else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(cause, MaxRetryError):
        reason = cause.reason if isinstance(cause, MaxRetryError) else error
        name = type(reason).__name__
        return Retry(f"the vendor cannot be reached ({name})", after=PAUSE_WHEN_DOWN, all_tickets=True)
    how = f"no answer within {TIMEOUT[1]:.0f} s" if isinstance(error, requests.Timeout) else "the connection broke off"
    return Retry(f"{how}; whether a write was applied, the audit trail will tell")


def _read_bounded(response: requests.Response, *_: object, **__: object) -> None:
    """Read the body now, but never more than :data:`LARGEST_ANSWER` after decompression."""
    body = bytearray()
    for chunk in response.iter_content(65_536):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            response.close()
            raise GiveUp(f"the answer is larger than {LARGEST_ANSWER} bytes; this ticket has to be handled by hand")
    response._content = bytes(body)  # how requests itself keeps a body that has been read
