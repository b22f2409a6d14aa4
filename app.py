"""Composition root: settings -> store -> helpdesks -> reconciler -> jobs -> Flask application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from flask import Flask

from bridge.config.accounts_file import Accounts
from bridge.config.configuration import read_configuration
from bridge.config.configured_packs import load_packs
from bridge.config.rollout_check import rollout_lines
from bridge.config.settings import Settings
from bridge.console import create_console
from bridge.console.approval_page import create_approvals
from bridge.console.trusted_proxies import TrustedProxies
from bridge.errors import InputError
from bridge.helpdesks import connect
from bridge.policy.model import Policy
from bridge.ports.helpdesk import Helpdesk
from bridge.runtime.approval_links import links_from
from bridge.runtime.backlog import Backlog
from bridge.runtime.call_budget import draw_from_budget
from bridge.runtime.digests import Digests
from bridge.runtime.inbox import Inbox
from bridge.runtime.jobs import Jobs
from bridge.runtime.modes import Modes
from bridge.runtime.native_rules_check import NativeRulesCheck
from bridge.runtime.other_installations import OtherInstallations
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.previews import Previews
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.scope import permissions
from bridge.runtime.stops import Stops
from bridge.runtime.ticket_clock import TicketClock, wall_clock
from bridge.store import SqlStore, open_store
from mappings.connection import Configuration
from webhooks import WebhookReceiver, create_blueprint
from webhooks.registry import create_receivers


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
    clock: TicketClock
    backlog: Backlog
    modes: Modes
    previews: Previews


@contextmanager
def assemble(settings: Settings, clock: TicketClock | None = None, *, begins: bool = True) -> Iterator[Bridge]:
    """Build an installation from its settings; jobs are not started. Raises ``InputError`` for what cannot be used.

    ``clock`` is the present for tickets; signatures always go by the wall clock. ``begins``: packs that are new on a
    connection that writes come into force now.
    """
    clock = clock or TicketClock(wall_clock)
    configuration = read_configuration(settings.config)
    policies = _policies(configuration)
    accounts = Accounts(configuration.accounts, policies)
    receivers = create_receivers(configuration, tolerance_s=settings.signature_age)
    with closing(open_store(settings.database_url)) as store:
        store.identity(clock.now())  # as of the first start
        helpdesks = _helpdesks(configuration, store, clock)
        pinning = PolicyPinning(policies, store, clock.now())
        packs = [policy.pack for policy in policies]
        modes = Modes(store, configuration.connections, packs, begins=begins)
        waiting = modes.unconfirmed()
        backlog = Backlog(store, configuration.connections, packs, clock.now(), begins=begins, unconfirmed=waiting)
        links = links_from(settings)
        reconciler = Reconciler(store, helpdesks, pinning, accounts, settings.writes_per_hour, clock, links)
        reconciler = replace(reconciler, limits=configuration.limits, rollout=configuration.rollout)
        reconciler = replace(reconciler, backlog=backlog, modes=modes, public_url=settings.public_url)
        previews = Previews(store, configuration, reconciler.previewer, pinning, backlog, modes)
        jobs = Jobs(
            store, reconciler, clock, accounts=accounts, permissions=permissions(configuration), previews=previews
        )
        jobs.native_rules = NativeRulesCheck(store, clock, configuration.connections)
        jobs.digests = Digests(store, policies, configuration.connections, helpdesks, modes)
        jobs.sweep_s, jobs.lease_s, jobs.keep_reviews_d = settings.sweep, settings.lease, settings.keep_reviews
        try:
            yield Bridge(
                settings, configuration, store, helpdesks, reconciler, jobs, receivers, clock, backlog, modes, previews
            )
        finally:
            jobs.stop()


def _policies(configuration: Configuration) -> list[Policy]:
    """The configured policies, to which every rollout rule fits."""
    policies = [policy for _, policy in load_packs(configuration, distinct=True)]
    if problems := rollout_lines(configuration, policies):
        raise InputError("\n".join(problems))
    return policies


def _helpdesks(configuration: Configuration, store: SqlStore, clock: TicketClock) -> dict[str, Helpdesk]:
    """A client for each connection, which asks before each write whether writing is stopped."""
    stops, others = Stops(store), OtherInstallations(store, clock)
    return {
        name: connect(
            name, connection, partial(stops.check, name), others.is_new, partial(draw_from_budget, store, name)
        )
        for name, connection in configuration.connections.items()
    }


def create_app(bridge: Bridge) -> Flask:
    """The Flask application of an installation: webhooks, console and approval pages."""
    app = Flask("policybridge", static_folder=None)
    inbox = Inbox(bridge.store, wall_clock, bridge.settings.debounce, ticket_clock=bridge.clock)
    app.register_blueprint(create_blueprint(bridge.receivers, inbox, max_body=bridge.settings.max_body))
    app.register_blueprint(create_console(bridge))
    app.register_blueprint(create_approvals(bridge.store, bridge.clock, bridge.reconciler.links))
    proxies = bridge.settings.proxy_networks
    app.wsgi_app = TrustedProxies(app.wsgi_app, proxies)  # type: ignore[method-assign]  # as Flask documents it
    return app
