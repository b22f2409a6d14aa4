"""Mapping between Odoo and the canonical model: tickets, accounts and updates. Pure."""
