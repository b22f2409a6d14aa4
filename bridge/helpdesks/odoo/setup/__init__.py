"""What ``policybridge install odoo`` makes in a database, and takes away again."""

from bridge.helpdesks.odoo.setup.install import installer

__all__ = ["installer"]
