"""The HTTP session under a vendor's client: bounded in time and size, never repeating anything by itself.

Errors of the transport leave it as :mod:`bridge.errors`, so that a vendor's library above it never gets to sleep, to
retry or to raise its own.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError, ReadTimeoutError

from bridge.errors import GiveUp, Retry

TIMEOUT = (5.0, 20.0)
"""Seconds to connect, and between two pieces of the answer."""
LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes: a page of 100 audits with long quoted mails, three renderings each, is below it."""
LONGEST_READING = 60.0
"""Seconds for the body of one answer, however steadily it drips."""
PAUSE_WHEN_DOWN = 15.0
"""Seconds for which a vendor that cannot be reached is left alone."""


class Unanswered(Retry):
    """The call was sent and no whole answer came: whether it was carried out, only another look can tell."""


class Session(requests.Session):
    """One thread's connection to a vendor. The adapters of requests repeat nothing by default, and it stays so."""

    def __init__(self, *, direct: bool, timeout: tuple[float, float] | None = None) -> None:
        """``direct``: ignore the proxies of the environment, as is right for an address on this machine.

        ``timeout``: other seconds than those of :data:`TIMEOUT`.
        """
        super().__init__()
        self.timeout = timeout
        self.headers["User-Agent"] = f"policybridge/{_own_version()}"
        self.hooks["response"].append(_read_bounded)
        self.trust_env = not direct

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send once. Raises ``Retry`` when the vendor cannot be reached, ``Unanswered`` without an answer in full."""
        timeout = self.timeout or TIMEOUT
        kwargs |= {"timeout": timeout, "allow_redirects": False, "stream": True}
        try:
            return super().request(method, url, *args, **kwargs)
        except (requests.RequestException, HTTPError) as error:
            raise _unanswered(error, timeout[1]) from error


def answered_at(response: requests.Response) -> datetime | None:
    """When the vendor gave an answer by its own clock, to the second; None where it does not say."""
    with suppress(ValueError, TypeError):
        return parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)
    return None


def _own_version() -> str:
    with suppress(PackageNotFoundError):
        return version("policybridge")
    return "unreleased"  # run from a checkout that is not installed


def _unanswered(error: Exception, patience: float) -> Retry:
    """Nobody there concerns all tickets; a connection that broke off concerns this call only.

    The words of other errors are left out: that of a header which cannot be sent shows the credentials in it.
    """
    cause = error.args[0] if error.args else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(cause, MaxRetryError):
        reason = cause.reason if isinstance(cause, MaxRetryError) else error
        said = f"{_host(error)} cannot be reached ({type(reason).__name__}); check the address, or wait until it is up"
        return Retry(said, after=PAUSE_WHEN_DOWN, all_tickets=True)
    match error:
        case requests.Timeout() | ReadTimeoutError():
            how = f"no answer within {patience:.0f} s"
        case requests.ConnectionError() | ProtocolError():
            how = "the connection broke off"
        case _:
            how = f"the exchange failed ({type(error).__name__})"
    return Unanswered(f"{how}; whether a write was applied, the audit trail will tell")


def _host(error: Exception) -> str:
    """Whom the request was for, without anything else that stands in its address."""
    request = error.request if isinstance(error, requests.RequestException) else None
    return urlsplit(request.url or "").netloc or "the vendor" if request else "the vendor"


def _read_bounded(response: requests.Response, *_: object, **__: object) -> None:
    """Read the body now, but never more than :data:`LARGEST_ANSWER` after decompression, nor for too long."""
    body, until = bytearray(), time.monotonic() + LONGEST_READING
    while piece := response.raw.read1(65_536, decode_content=True):  # iter_content waits until a piece is full
        body += piece
        if len(body) > LARGEST_ANSWER:
            response.close()
            raise GiveUp(f"the answer is larger than {LARGEST_ANSWER} bytes; this ticket has to be handled by hand")
        if time.monotonic() > until:
            response.close()
            raise Unanswered(f"the answer was not complete after {LONGEST_READING:.0f} s")
    response._content = bytes(body)  # how requests itself keeps a body that has been read
