"""Odoo as a helpdesk."""

from bridge.helpdesks.odoo.helpdesk import connect

__all__ = ["connect"]
