"""Canonical words of every helpdesk: statuses, priorities, channels, and roles of people."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Canonical statuses; a vendor's statuses or stages are mapped to them in ``mappings/``."""

    NEW = "new"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    CUSTOMER_UPDATE_REQUIRED = "customer_update_required"
    WAITING_INTERNAL = "waiting_internal"
    WAITING_DEVELOPMENT = "waiting_development"
    """Closed towards the customer, parked for development."""
    SOLVED = "solved"
    CLOSED = "closed"


RESOLVED = frozenset({Status.SOLVED, Status.CLOSED})
"""Statuses in which nothing more is owed to the customer."""


class Priority(StrEnum):
    """Canonical priorities, as a vendor's system priority shows them."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    def raised(self, steps: int = 1) -> Priority:
        """The priority ``steps`` higher, at most urgent."""
        ladder = list(Priority)
        return ladder[min(ladder.index(self) + steps, len(ladder) - 1)]


class Channel(StrEnum):
    """How a ticket reached the helpdesk."""

    PHONE = "phone"
    EMAIL = "email"
    CHAT = "chat"
    WEB = "web"
    PORTAL = "portal"
    API = "api"
    VOICE = "voice"
    OTHER = "other"


class Role(StrEnum):
    """Who did something, as far as a policy cares. A role belongs to a person and a ticket: see ``bridge/roles.py``."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BRIDGE = "bridge"
    """This program's own integration user."""
    SYSTEM = "system"
    """The vendor's own rules (triggers, automations, merges), and programs that use an agent's seat."""
    OTHER = "other"
    """A third person, such as a carrier in copy: neither the customer nor the helpdesk."""
    UNKNOWN = "unknown"
    """Somebody whom the helpdesk no longer knows: no credit and no blame."""


class Opener(StrEnum):
    """Who opened a ticket."""

    CUSTOMER = "customer"
    AGENT_ON_BEHALF = "agent_on_behalf"
    """An agent, for the customer."""
    AGENT_FOR_SELF = "agent_for_self"
    """An agent or employee who is the requester himself."""
