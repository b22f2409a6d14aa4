"""Logs: one line per event on standard error, as JSON or as text; those of libraries look the same."""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal

import structlog

from bridge.redaction import redact


def log_to_stderr(level: str, form: Literal["json", "console"]) -> None:
    """Send every log line of this process to standard error, from ``level`` on (``debug`` ... ``error``)."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_renderers(form)))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # APScheduler warns every second while a tick is busy, which is normal
    for chatty, quiet in (("alembic", logging.WARNING), ("apscheduler", logging.ERROR)):
        logging.getLogger(chatty).setLevel(logging.DEBUG if level == "debug" else quiet)


def _renderers(form: Literal["json", "console"]) -> list[structlog.typing.Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if form == "json":
        return [strip, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(), _redacted]
    # plain, because rich's would show local variables
    traceback = structlog.dev.plain_traceback
    return [strip, structlog.dev.ConsoleRenderer(sys.stderr.isatty(), exception_formatter=traceback), _redacted]


def _redacted(_logger: Any, _method: str, line: Any) -> str:
    """The finished line, with its traceback and those of libraries, without secrets."""
    return redact(line)
