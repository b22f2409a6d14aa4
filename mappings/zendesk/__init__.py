"""Mapping between Zendesk and the canonical model: tickets, accounts and updates. Pure."""
