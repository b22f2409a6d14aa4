"""A policy pack as a model: its calendars, its rules, and how they are evaluated."""
