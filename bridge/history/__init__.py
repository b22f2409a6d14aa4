"""Tickets of the past: their histories, and what a policy would have made of them. Nothing is written."""
