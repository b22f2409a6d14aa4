"""``policybridge install zendesk``: what it creates in an account, and how it removes that again."""

from bridge.helpdesks.zendesk.setup.install import installer

__all__ = ["installer"]
