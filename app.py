"""Composition root: settings -> store -> helpdesks -> reconciler -> jobs -> Flask application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask

from bridge.config.accounts_file import Accounts
from bridge.config.configured_packs import configured, tied
from bridge.config.settings import Settings
from bridge.console import create_console
from bridge.console.approval_page import create_approvals
from bridge.errors import InputError
from bridge.helpdesks import connect
from bridge.ports.clock import WallClock
from bridge.ports.helpdesk import Helpdesk
from bridge.runtime.approvals import links_of
from bridge.runtime.inbox import Inbox
from bridge.runtime.jobs import Jobs
from bridge.runtime.pinning import Governing
from bridge.runtime.reconcile import Reconciler
from bridge.store import SqlStore, open_store
from bridge.yamlio.validate import load_model
from mappings.connection import Configuration
from webhooks import WebhookReceiver, create_blueprint
from webhooks.registry import create_receivers


def wall_clock() -> datetime:
    """The present, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Bridge:
    """Everything of one running installation."""

    settings: Settings
    configuration: Configuration
    store: SqlStore
    helpdesks: Mapping[str, Helpdesk]
    reconciler: Reconciler
    jobs: Jobs
    receivers: Mapping[str, WebhookReceiver]
    clock: WallClock


@contextmanager
def assemble(settings: Settings, clock: WallClock = wall_clock, pace: float = 1.0) -> Iterator[Bridge]:
    """Build an installation from its settings; jobs are not started. Raises ``InputError`` for what cannot be used.

    ``clock`` is the present for tickets, and ``pace`` its seconds in a real second; signatures always go by the wall
    clock.
    """
    if not settings.config.is_file():
        advice = "write it as docs/connect-zendesk.md or docs/connect-odoo.md says, or name it in POLICYBRIDGE_CONFIG"
        raise InputError(f"{settings.config}: cannot be read: there is no such file; {advice}")
    configuration = load_model(settings.config, Configuration)
    packs = configured(configuration)
    if found := tied(packs):
        raise InputError("\n".join(found))
    policies = [policy for _, policy in packs]
    accounts = Accounts(configuration.accounts, policies)
    helpdesks = {name: connect(name, connection) for name, connection in configuration.connections.items()}
    receivers = create_receivers(configuration, tolerance_s=settings.signature_age)
    with closing(open_store(settings.database_url)) as store:
        governing = Governing(policies, store, clock())
        links = links_of(settings)
        reconciler = Reconciler(store, helpdesks, governing, accounts, settings.writes_per_hour, pace, links)
        jobs = Jobs(store, reconciler, clock, accounts=accounts)
        jobs.sweep_s, jobs.lease_s, jobs.keep_reviews_d = settings.sweep, settings.lease, settings.keep_reviews
        try:
            yield Bridge(settings, configuration, store, helpdesks, reconciler, jobs, receivers, clock)
        finally:
            jobs.stop()


def create_app(bridge: Bridge) -> Flask:
    """The Flask application of an installation: webhooks and console."""
    app = Flask("policybridge", static_folder=None)
    inbox = Inbox(bridge.store, wall_clock, bridge.settings.debounce, queue_clock=bridge.clock)
    app.register_blueprint(create_blueprint(bridge.receivers, inbox, max_body=bridge.settings.max_body))
    app.register_blueprint(create_console(bridge))
    app.register_blueprint(create_approvals(bridge.store, bridge.clock, bridge.reconciler.links))
    return app
