"""Health and metrics, for machines: ``/healthz``, ``/readyz``, ``/metrics``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from bridge.policy.model import Policy
from bridge.runtime.health import Assessment, Health


def health_of(bridge: Installation, policies: Mapping[str, Policy]) -> list[Assessment]:
    """All conditions of an installation."""
    health = Health(
        bridge.store, bridge.clock, tuple(bridge.helpdesks), has_policies=bool(policies), sweep_s=bridge.settings.sweep
    )
    return health.assess()


def add_health(console: Blueprint, bridge: Installation, policies: Mapping[str, Policy]) -> None:
    """The routes for monitoring."""
    registry = CollectorRegistry()
    registry.register(StoreMetrics(bridge, policies))
    ProcessCollector(registry=registry)

    @console.get("/healthz")
    def healthz() -> Response:
        """The process responds."""
        return jsonify(status="ok")

    @console.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """Whether the installation works; what fails, since when, and what to do, without anything confidential."""
        conditions = health_of(bridge, policies)
        is_ready = not any(each.prevents_readiness for each in conditions)
        parts = {each.condition: _state(each) for each in conditions if not each.connection}
        shown = [_condition(each) for each in conditions if each.problem]
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return jsonify(status="ready" if is_ready else "not ready", **parts, failing=shown), status

    @console.get("/api/conditions")
    def api_conditions() -> Response:
        """All conditions with their reasons."""
        conditions = health_of(bridge, policies)
        return jsonify(conditions=[_condition(each) | _details(each) for each in conditions])

    @console.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _state(found: Assessment) -> str:
    return "ok" if found.is_ok else "failing"


def _condition(found: Assessment) -> dict[str, str | None]:
    """A condition for anybody: no text of a vendor, no address."""
    where = {"connection": found.connection} if found.connection else {}
    since = found.since.isoformat().replace("+00:00", "Z") if found.since else None
    advice = "" if found.is_ok else found.condition.advice
    return {"condition": found.condition, **where, "state": _state(found), "since": since, "advice": advice}


def _details(found: Assessment) -> dict[str, str | None]:
    succeeded_at = found.succeeded_at.isoformat().replace("+00:00", "Z") if found.succeeded_at else None
    return {"problem": found.problem, "succeeded_at": succeeded_at}


class StoreMetrics(Collector):
    """Metrics counted in the store at each scrape, so that they hold for any number of processes and hosts."""

    def __init__(self, bridge: Installation, policies: Mapping[str, Policy]) -> None:
        self._bridge, self._policies = bridge, policies

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
        yield from self._conditions()

    def _conditions(self) -> Iterator[Metric]:
        holds = GaugeMetricFamily(
            "policybridge_condition", "Whether a condition holds.", labels=["condition", "connection"]
        )
        since = GaugeMetricFamily(
            "policybridge_condition_failing_since_seconds",
            "When a condition began to fail, as a Unix time.",
            labels=["condition", "connection"],
        )
        success = GaugeMetricFamily(
            "policybridge_condition_last_success_seconds",
            "When a condition last held for certain, as a Unix time.",
            labels=["condition", "connection"],
        )
        for each in health_of(self._bridge, self._policies):
            labels = [each.condition, each.connection]
            holds.add_metric(labels, each.is_ok)
            if each.since:
                since.add_metric(labels, each.since.timestamp())
            if each.succeeded_at:
                success.add_metric(labels, each.succeeded_at.timestamp())
        yield from (holds, since, success)

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
