"""Logs of the test process."""

from __future__ import annotations

import structlog


def plain_logs() -> None:
    """Log as structlog does by default, but for tracebacks: its own paint all local variables, which takes seconds."""
    structlog.reset_defaults()
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])
