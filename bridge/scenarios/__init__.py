"""Scenarios: their language, how they are played, and what they prove about a pack."""
