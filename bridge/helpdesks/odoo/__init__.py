"""The Odoo client: everything that talks to one Odoo database."""

from bridge.helpdesks.odoo.helpdesk import connect

__all__ = ["connect"]
