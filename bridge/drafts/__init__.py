"""Drafts of policy packs, made from what a helpdesk's own rules promise."""
