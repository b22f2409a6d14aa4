"""The webhook that tells the bridge of changes, and its signing secret in a file that only its owner can read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from bridge.config.secret_write import write_secret
from bridge.config.sources import secret_file
from bridge.config.zendesk_settings import ZendeskSettings
from bridge.helpdesks.installer import InstallLine, InstallStep
from bridge.helpdesks.setup.engine import ensure
from bridge.helpdesks.zendesk.doctor import EVENT, WANTED_EVENTS
from bridge.helpdesks.zendesk.setup.context import SetupContext
from bridge.helpdesks.zendesk.setup.records import WEBHOOK, WantedRecord, ZendeskRecords
from bridge.ports.helpdesk import Diagnosis

KEY, ENDPOINT = "webhook", "endpoint"
SECRET = "secret"  # noqa: S105 - the part of the journal with the path of the file and a digest of its content
_SWEEP = "the sweep still finds changed tickets every five minutes"


def ensure_webhook(context: SetupContext, settings: ZendeskSettings) -> Iterator[InstallLine]:
    """Create the webhook with all subscriptions, and store its signing secret."""
    if not context.options.url and not context.records.made_id(KEY):
        advice = f"none: set POLICYBRIDGE_PUBLIC_URL, or give --url https://<address of the bridge>; {_SWEEP}"
        yield Diagnosis("webhook", ok=True, advice=advice)
        return
    record = _record(context)
    yield from ensure(context.records, [record], apply=context.apply)
    row = context.records.present([record]).get(KEY)
    if settings.has_admin_credentials:
        yield from _store_secret(context, settings, str(row["id"]) if row else "")


def _record(context: SetupContext) -> WantedRecord:
    noted = context.records.made().get(KEY, {})
    there = context.records.rows(WEBHOOK).get(str(noted.get("id")), {})
    url = context.options.url
    values = {
        ENDPOINT: f"{url}/webhooks/{context.name}" if url else noted.get(ENDPOINT) or there.get(ENDPOINT, ""),
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": [f"{EVENT}{name}" for name in WANTED_EVENTS],
    }
    name, why = f"Policybridge ({context.name})", f"tells the bridge of changes at once: {values[ENDPOINT]}"
    kept, complete = frozenset({ENDPOINT, "status"}), frozenset({"subscriptions"})
    return WantedRecord(WEBHOOK, KEY, name, why, values, kept=kept, complete=complete, noted=frozenset({ENDPOINT}))


def _store_secret(context: SetupContext, settings: ZendeskSettings, webhook: str) -> Iterator[InstallLine]:
    """Write the secret, unless the bridge's settings have it already."""
    variable = f"{settings.prefix}WEBHOOK_SECRET"
    path = secret_file(variable) or _folder(context) / variable
    secret = _secret(context, webhook) if webhook else ""
    if secret and secret in settings.webhook_secrets:
        return
    if secret and _content(path) == secret:
        yield Diagnosis("webhook secret", ok=True, advice=f"set {variable}_FILE={path} where the bridge runs")
        return
    if context.apply:
        write_secret(path, secret)
        context.records.journal.write(SECRET, {"path": str(path), "digest": _digest(secret)})
    yield InstallStep(
        "create", "secret file", str(path), "the webhook's signing secret; only its owner can read the file"
    )
    if os.environ.get(variable):
        advice = (
            f"{variable} is set to another secret, so deliveries would be refused; set {variable}_FILE={path} instead"
        )
        yield Diagnosis("webhook secret", ok=False, advice=advice)
    elif not secret_file(variable):
        yield Diagnosis("webhook secret", ok=True, advice=f"set {variable}_FILE={path} where the bridge runs")


def _folder(context: SetupContext) -> Path:
    """Where new secret files go: the configured folder, or one beside the configuration."""
    named = os.environ.get("POLICYBRIDGE_SECRETS_DIR")
    if named and Path(named).is_dir():
        return Path(named).absolute()
    return context.options.configuration.absolute().parent / "secrets"


def _secret(context: SetupContext, webhook: str) -> str:
    return str(context.client.get(f"{WEBHOOK.path}/{webhook}/signing_secret")["signing_secret"]["secret"])


def remove_secret(records: ZendeskRecords, *, apply: bool) -> Iterator[InstallLine]:
    """Delete the file that was written, unless somebody has changed it since."""
    kept = records.journal.read(SECRET)
    path = Path(kept.get("path", ""))
    if kept and _digest(_content(path)) == kept.get("digest"):
        if apply:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # somebody else's files are in the folder
                path.parent.rmdir()
        yield InstallStep("remove", "secret file", str(path), "created by install")
    if apply and kept:
        records.journal.write(SECRET, {})


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
