"""Odoo <-> canonical: tickets, accounts and updates in the words of Odoo."""
