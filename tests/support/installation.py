"""A running installation as the console reads it, without jobs and helpdesks unless a test gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask

from bridge.config.accounts_file import Accounts
from bridge.config.settings import Settings
from bridge.console import OPEN_CONSOLE, create_console
from bridge.policy.load import load_policy
from bridge.ports.helpdesk import Helpdesk
from bridge.runtime.backlog import Backlog
from bridge.runtime.modes import Modes
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.preview import Previewer
from bridge.runtime.previews import Previews
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore
from mappings.connection import Configuration


def default_settings() -> Settings:
    """Settings that no environment and no secrets folder changes."""
    return Settings(_env_prefix="NONE_", _secrets_dir=None)


@dataclass
class Installation:
    """What the console reads of a running installation; ``read_now`` gives the present."""

    configuration: Configuration
    store: SqlStore
    read_now: Callable[[], datetime]
    settings: Settings = field(default_factory=default_settings)
    helpdesks: dict[str, Helpdesk] = field(default_factory=dict)

    @property
    def clock(self) -> TicketClock:
        return TicketClock(self.read_now)

    @property
    def backlog(self) -> Backlog:
        return Backlog(self.store, self.configuration.connections, self.configuration.policy, self.read_now())

    @property
    def modes(self) -> Modes:
        return Modes(self.store, self.configuration.connections, self.configuration.policy)

    @property
    def previews(self) -> Previews:
        policies = [load_policy(name) for name in self.configuration.policy]
        pinning = PolicyPinning(policies, self.store, self.read_now())
        previewer = Previewer(self.store, self.helpdesks, pinning, Accounts(None))
        return Previews(self.store, self.configuration, previewer, pinning, self.backlog, self.modes)

    def app(self) -> Flask:
        """An application with the console alone."""
        app = Flask("test", static_folder=None)
        app.config[OPEN_CONSOLE] = self.settings.console_token is None  # as in the demo
        app.register_blueprint(create_console(self))
        return app
