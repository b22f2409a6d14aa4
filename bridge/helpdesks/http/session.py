"""The HTTP session under a vendor's client: bounded in time and size, without retries of its own.

Transport errors leave it as :mod:`bridge.errors`, so the vendor's library above it cannot sleep, retry or raise its
own exceptions.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError, ReadTimeoutError

from bridge.errors import GiveUp, Retry, Unavailable
from bridge.helpdesks.http.waits import BODY_TIMEOUT_S, CONNECT_TIMEOUT_S, READ_TIMEOUT_S, UNREACHABLE_PAUSE_S
from bridge.machine_clock import ClockCheck, read_clocks

TIMEOUT = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
MAX_RESPONSE_BYTES = 16 * 1024 * 1024
"""A page of 100 audits with long quoted mails, each in three renderings, is smaller."""


class ResponseLost(Unavailable):
    """A request was sent and no complete response came back: it may or may not have been carried out."""


class Session(requests.Session):
    """One thread's connection to a vendor. The adapters of requests do not retry by default, and we keep it that way.

    zenpy's own adapter sends a PUT up to four times (measured with 2.0.57), which would post a note four times.
    """

    def __init__(
        self,
        *,
        direct: bool,
        timeout: tuple[float, float] | None = None,
        clock_check: ClockCheck | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """``direct``: ignore the proxies of the environment, as is right for an address on this machine.

        ``timeout``: seconds to connect and to read, instead of :data:`TIMEOUT`. ``clock_check``: is given the date of
        every response. ``headers``: sent with every request.
        """
        super().__init__()
        self.timeout = timeout
        self._clock_check = clock_check
        self.headers.update({"User-Agent": f"policybridge/{_own_version()}", **(headers or {})})
        self.hooks["response"].append(_read_bounded)
        self.trust_env = not direct

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send once. Raises ``Retry`` if the vendor cannot be reached, ``ResponseLost`` without a complete response."""
        timeout = self.timeout or TIMEOUT
        kwargs |= {"timeout": timeout, "allow_redirects": False, "stream": True}
        sent = read_clocks()
        try:
            response = super().request(method, url, *args, **kwargs)
        except (requests.RequestException, HTTPError) as error:
            raise _transport_error(error, timeout[1]) from error
        at = server_time(response)
        if self._clock_check and at and "Age" not in response.headers:  # a cache keeps the date of the original
            self._clock_check.compare(sent, at, precision_s=1.0)
        return response


def server_time(response: requests.Response) -> datetime | None:
    """When the vendor sent a response by its own clock, in UTC and whole seconds; None if it does not say."""
    with suppress(ValueError, TypeError):
        return parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)
    return None


def _own_version() -> str:
    with suppress(PackageNotFoundError):
        return version("policybridge")
    return "unreleased"  # a checkout that is not installed


def _transport_error(error: Exception, read_timeout_s: float) -> Retry:
    """An unreachable vendor concerns all tickets; a broken connection concerns this call only.

    The text of other errors is left out, because the one about an invalid header quotes the credentials in it.
    """
    cause = error.args[0] if error.args else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(cause, MaxRetryError):
        reason = cause.reason if isinstance(cause, MaxRetryError) else error
        text = f"{_host(error)} cannot be reached ({type(reason).__name__}); check the address, or wait until it is up"
        return Unavailable(text, after=UNREACHABLE_PAUSE_S, all_tickets=True)
    match error:
        case requests.Timeout() | ReadTimeoutError():
            what = f"no response within {read_timeout_s:.0f} s"
        case requests.ConnectionError() | ProtocolError():
            what = "the connection was lost"
        case _:
            what = f"the request failed ({type(error).__name__})"
    return ResponseLost(f"{what}; the next attempt finds out whether a write was applied")


def _host(error: Exception) -> str:
    """The host of a request, without the rest of its URL."""
    request = error.request if isinstance(error, requests.RequestException) else None
    return urlsplit(request.url or "").netloc or "the helpdesk" if request else "the helpdesk"


def _read_bounded(response: requests.Response, *_: object, **__: object) -> None:
    """Read the body now: at most :data:`MAX_RESPONSE_BYTES` after decompression, for ``BODY_TIMEOUT_S`` at most."""
    body, until = bytearray(), time.monotonic() + BODY_TIMEOUT_S
    while piece := response.raw.read1(65_536, decode_content=True):  # iter_content waits until a piece is full
        body += piece
        if len(body) > MAX_RESPONSE_BYTES:
            response.close()
            raise GiveUp(f"the response is larger than {MAX_RESPONSE_BYTES} bytes; handle this ticket manually")
        if time.monotonic() > until:
            response.close()
            raise ResponseLost(f"the response was not complete after {BODY_TIMEOUT_S:.0f} s")
    response._content = bytes(body)  # how requests itself keeps a body that has been read
