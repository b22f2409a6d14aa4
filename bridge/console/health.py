"""Health and metrics, for machines: ``/healthz``, ``/readyz``, ``/metrics``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from bridge.console.installation import Installation
from bridge.decision import WithheldCause
from bridge.errors import BridgeError
from bridge.policy.calendars.duration import readable
from bridge.policy.model import Policy
from bridge.runtime.retry import STUCK_AFTER_S


@dataclass(frozen=True)
class Health:
    """What is wrong with each part; an empty text means OK."""

    database: str
    policies: str
    reviews: str

    @property
    def is_ready(self) -> bool:
        return not any((self.database, self.policies, self.reviews))


def check_health(bridge: Installation, policies: Mapping[str, Policy]) -> Health:
    """Check the database, the policies, and that due tickets are reviewed by some process."""
    missing = "" if policies else "no policy is loaded"
    try:
        wait = timedelta(seconds=bridge.store.longest_wait(bridge.clock.now()))
        late = bridge.clock.real_time(wait).total_seconds()
    except BridgeError as error:
        return Health(str(error), missing, "unknown")
    stuck = f"a ticket has been due for {readable(late)}; check that `policybridge serve` is running"
    return Health("", missing, stuck if late > STUCK_AFTER_S else "")


def add_health(console: Blueprint, bridge: Installation, policies: Mapping[str, Policy]) -> None:
    """The routes for monitoring."""
    registry = CollectorRegistry()
    registry.register(StoreMetrics(bridge))
    ProcessCollector(registry=registry)

    @console.get("/healthz")
    def healthz() -> Response:
        """The process responds."""
        return jsonify(status="ok")

    @console.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """Whether the installation works; names the failing parts, without the reasons."""
        health = check_health(bridge, policies)
        parts = {name: "failing" if wrong else "ok" for name, wrong in vars(health).items()}
        status = HTTPStatus.OK if health.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return jsonify(status="ready" if health.is_ready else "not ready", **parts), status

    @console.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class StoreMetrics(Collector):
    """Metrics counted in the store at each scrape, so that they hold for any number of processes and hosts."""

    def __init__(self, bridge: Installation) -> None:
        self._bridge = bridge

    def collect(self) -> Iterator[Metric]:
        """The metrics; while the store is down, only that it is."""
        about = GaugeMetricFamily("policybridge_info", "This installation.", labels=["version"])
        about.add_metric([own_version()], 1)
        yield about
        try:
            metrics = list(self._counted())
        except BridgeError:
            metrics = []
        yield GaugeMetricFamily("policybridge_store_up", "Whether the store responds.", value=bool(metrics))
        yield from metrics

    def _counted(self) -> Iterator[Metric]:
        now = self._bridge.clock()
        counts = self._bridge.store.counts(now)
        queue = GaugeMetricFamily("policybridge_queue", "Tickets in the queue by state.", labels=["state"])
        for state, count in (("due", counts.due), ("waiting", counts.waiting), ("parked", counts.parked)):
            queue.add_metric([state], count)
        tickets = GaugeMetricFamily("policybridge_tickets", "Tickets reviewed at least once.", labels=["state"])
        for state, count in zip(("open", "resolved"), self._bridge.store.count_tickets(), strict=True):
            tickets.add_metric([state], count)
        late = GaugeMetricFamily("policybridge_late_seconds", "Seconds since the longest waiting ticket became due.")
        late.add_metric([], self._bridge.store.longest_wait(now))
        accepted = counts.deliveries.get("accepted", 0)
        stopped = GaugeMetricFamily("policybridge_stopped", "1 while writing is stopped.", labels=["connection"])
        for name in self._bridge.helpdesks:
            stopped.add_metric([name], self._bridge.store.stop_of(name) is not None)
        withheld = GaugeMetricFamily(
            "policybridge_withheld", "Planned actions not written, by cause.", labels=["cause"]
        )
        counted = self._bridge.store.count_withheld()
        for cause in WithheldCause:
            withheld.add_metric([cause], counted.get(cause, 0))
        deliveries = CounterMetricFamily(
            "policybridge_deliveries", "Deliveries with a valid signature.", labels=["verdict"]
        )
        deliveries.add_metric(["accepted"], accepted)
        deliveries.add_metric(["not_understood"], sum(counts.deliveries.values()) - accepted)
        refused = CounterMetricFamily(
            "policybridge_refused", "Requests rejected before they were stored.", labels=["connection", "reason"]
        )
        for (connection, reason), count in counts.rejected.items():
            refused.add_metric([connection, reason], count)
        yield from (queue, tickets, late, stopped, withheld, deliveries, refused)


def own_version() -> str:
    """Version of this program, as installed."""
    try:
        return version("policybridge")
    except PackageNotFoundError:
        return "source"
