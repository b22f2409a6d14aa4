"""Tickets of the past judged again: their histories, and what a policy would have made of them. Nothing is written."""
