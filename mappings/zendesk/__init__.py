"""Zendesk <-> canonical: tickets, accounts and updates in the words of Zendesk."""
