"""Switching a helpdesk's own rules off and on again: never deleting one, and only as it was seen.

A vendor whose rules can be switched has a module of this name with a function ``rule_switch``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from mappings.connection import Connection
from mappings.native_rules import Source


class RuleSwitch(Protocol):
    """The rules of one helpdesk, with an administrator's credentials. Methods raise only :mod:`bridge.errors`."""

    def digest(self, source: Source) -> str:
        """The digest of a rule as it is now; empty if it does not exist any more."""

    def is_on(self, source: Source) -> bool:
        """Whether a rule acts."""

    def switch(self, source: Source, *, on: bool) -> str:
        """Switch a rule, change nothing else of it, and return its digest afterwards."""


def rule_switch(name: str, connection: Connection) -> RuleSwitch:
    """The switch of a connection. Raises ``InputError`` where no administrator can sign in."""
    module = import_module(f"{__package__}.{connection.vendor}.rule_switch")
    return cast(RuleSwitch, module.rule_switch(name, connection))
