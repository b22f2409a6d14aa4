"""The audit log: changes of accounts, rejected edits, policy versions, tickets moved to another version, stops."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template

from bridge.config.accounts_file import refusal
from bridge.console.filters import stamp
from bridge.console.installation import Installation
from bridge.ports.audit import AuditEntry

SHOWN = 200
"""Entries on the page and in the JSON."""


def add_audit_log(console: Blueprint, bridge: Installation) -> None:
    """``/changes`` and ``/api/changes``."""

    @console.get("/changes")
    def audit_log() -> Response:
        page = render_template(
            "console/audit_log.html",
            file=bridge.configuration.accounts,
            refused=refusal(bridge.store),
            lines=bridge.store.audit_entries(limit=SHOWN),
            versions=list(reversed(bridge.store.pack_versions())),
        )
        return make_response(page)

    @console.get("/api/changes")
    def api_audit_log() -> Response:
        """Newest first; ``accounts_refused`` is why the current accounts file is not in force, or null."""
        refused = refusal(bridge.store)
        lines = bridge.store.audit_entries(limit=SHOWN)
        return jsonify(accounts_refused=refused and _line(refused), changes=[_line(line) for line in lines])


def _line(line: AuditEntry) -> dict[str, Any]:
    return asdict(line) | {"at": stamp(line.at)}
