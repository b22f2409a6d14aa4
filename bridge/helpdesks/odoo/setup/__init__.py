"""``policybridge install odoo``: what it creates in a database, and how it removes that again."""

from bridge.helpdesks.odoo.setup.install import installer

__all__ = ["installer"]
