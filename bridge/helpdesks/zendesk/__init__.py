"""The Zendesk client: everything that talks to one Zendesk account."""

from bridge.helpdesks.zendesk.helpdesk import connect

__all__ = ["connect"]
