"""Delivering webhooks: retries, circuit breaker, and the record of every attempt.

Workers in the background take jobs from a queue, so the events of one update arrive in no particular order, as with
the real one. Time-outs and retries live on the wall clock, whatever the sandbox's clock does.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

import requests

from bridge.sandbox.clock import stamp
from bridge.sandbox.delivery_faults import DeliveryFault, taken
from bridge.sandbox.record import Record
from bridge.sandbox.zendesk.signing import call, signed_headers, ulid
from bridge.sandbox.zendesk.state import State

_log = logging.getLogger(__name__)

WORKERS = 8
RETRIES = {"conflict": 3, "asked": 3, "timeout": 5}
"""How often each kind of failure is tried again; everything else never is."""
LONGEST_WAIT_S = 60
BREAKER_WINDOW_S, BREAKER_PAUSE_S = 300.0, 5.0
BREAKER_MIN_REQUESTS, BREAKER_MAX_ERRORS, BREAKER_ERROR_SHARE = 100, 1000, 0.7


@dataclass
class Job:
    """One invocation of a webhook."""

    webhook_id: str
    body: bytes
    invocation: Record
    tries: dict[str, int] = field(default_factory=dict)


@dataclass
class Breaker:
    """Pauses a webhook whose endpoint mostly fails."""

    results: deque[tuple[float, bool]] = field(default_factory=deque)
    open_until: float = 0.0

    def closed(self, now: float) -> bool:
        return now >= self.open_until

    def note(self, now: float, *, ok: bool) -> None:
        self.results.append((now, ok))
        while self.results and self.results[0][0] < now - BREAKER_WINDOW_S:
            self.results.popleft()
        errors = sum(not ok for _, ok in self.results)
        enough = len(self.results) >= BREAKER_MIN_REQUESTS and errors / len(self.results) >= BREAKER_ERROR_SHARE
        if not ok and (enough or errors > BREAKER_MAX_ERRORS):
            self.open_until = now + BREAKER_PAUSE_S


class WebhookSender:
    """Takes bodies for webhooks and sees to their delivery; every outcome is recorded in the state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._breakers: dict[str, Breaker] = {}
        self._lock = threading.Lock()
        self.delivery_faults: list[DeliveryFault] = []
        for number in range(WORKERS):
            threading.Thread(target=self._work, name=f"webhook-sender-{number}", daemon=True).start()

    def send(self, webhook: Record, body: bytes) -> None:
        """Queue one invocation, unless a fault for tests eats, doubles or delays it."""
        if webhook["status"] != "active":
            return
        with self._lock:
            fault = taken(self.delivery_faults)
        for _ in range(2 if fault and fault.kind == "duplicate" else 1):
            invocation: Record = {"id": ulid(), "status": "accepted", "status_code": None, "latest_completed_at": None}
            invocation |= {"attempts": []}
            with self._state.lock:
                self._state.invocations.setdefault(webhook["id"], []).append(invocation)
            if not (fault and fault.kind == "drop"):
                self._later(Job(webhook["id"], body, invocation), fault.delay_s if fault else 0.0)

    def _later(self, job: Job, seconds: float) -> None:
        if seconds <= 0:
            self._jobs.put(job)
            return
        timer = threading.Timer(seconds, self._jobs.put, [job])
        timer.daemon = True
        timer.start()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            webhook = self._state.webhooks.get(job.webhook_id)
            if webhook is None:
                _close(job, "terminated", None)
                continue
            try:
                self._attempt(job, webhook)
            except Exception:  # a worker must outlive whatever one endpoint does to it
                _log.exception("invocation %s could not be delivered", job.invocation["id"])
                _close(job, "failed", None)

    def _attempt(self, job: Job, webhook: Record) -> None:
        with self._lock:
            breaker = self._breakers.setdefault(job.webhook_id, Breaker())
            if not breaker.closed(time.monotonic()):
                _close(job, "circuit broken", None)
                return
        answer, status = self._post(job, webhook)
        with self._lock:
            breaker.note(time.monotonic(), ok=status == "success")
        _close(job, status, answer)
        wait = _wait_before_retry(job, status, answer)
        if wait is not None:
            self._later(job, wait)

    def _post(self, job: Job, webhook: Record) -> tuple[requests.Response | None, str]:
        """One attempt: the answer, and the status it is recorded with."""
        headers = signed_headers(self._state, webhook, job.body, job.invocation["id"])
        answer: requests.Response | None = None
        try:
            answer = call(webhook, job.body, headers, self._state.limits.webhook_timeout_s)
            status = _verdict(answer.status_code)
        except requests.Timeout:
            status = "timeout"
        except requests.RequestException:
            status = "failed"
        job.invocation["attempts"].append(_attempt_record(headers, job.body, answer, status))
        return answer, status


def _verdict(code: int) -> str:
    if code < 400:
        return "success"
    return "client error" if code < 500 else "server error"


def _wait_before_retry(job: Job, status: str, answer: requests.Response | None) -> float | None:
    """Real seconds until the next attempt, or None when there is none."""
    wait: float | None = None
    kind = ""
    if status == "timeout":
        kind, wait = "timeout", random.uniform(0.1, 1.0)  # noqa: S311
    elif answer is not None and answer.status_code == 409:
        kind, wait = "conflict", random.uniform(0.1, 1.0)  # noqa: S311
    elif answer is not None and answer.status_code in (429, 503):
        kind, wait = "asked", _asked_wait(answer)
    if wait is None or job.tries.get(kind, 0) >= RETRIES[kind]:
        return None
    job.tries[kind] = job.tries.get(kind, 0) + 1
    return wait


def _asked_wait(answer: requests.Response) -> float | None:
    with contextlib.suppress(KeyError, ValueError):
        seconds = float(answer.headers["Retry-After"])
        return seconds if seconds < LONGEST_WAIT_S else None
    return None


def _close(job: Job, status: str, answer: requests.Response | None) -> None:
    code = answer.status_code if answer is not None else None
    job.invocation |= {"status": status, "status_code": code, "latest_completed_at": stamp(datetime.now(UTC))}


def _attempt_record(headers: dict[str, str], body: bytes, answer: requests.Response | None, status: str) -> Record:
    response = None
    if answer is not None:
        answered = [{"key": key, "value": value} for key, value in answer.headers.items()]
        response = {"headers": answered, "status_code": answer.status_code, "payload": answer.text[:4096]}
    return {
        "id": ulid(),
        "status": status,
        "completed_at": stamp(datetime.now(UTC)),
        "request": {
            "headers": [{"key": key, "value": value} for key, value in headers.items()],
            "payload": body.decode(errors="replace"),
        },
        "response": response,
    }
