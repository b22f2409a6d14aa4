"""Conflicts of the policies with a helpdesk's own rules, found by playing both on scenarios."""
