"""Zendesk as a helpdesk."""

from bridge.helpdesks.zendesk.helpdesk import connect

__all__ = ["connect"]
