"""``doctor`` for Odoo: does what the connection names exist, and may we do what we have to, and no more than that?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial

from bridge.config.settings import OdooSettings
from bridge.decision import TAG_PREFIX
from bridge.errors import BridgeError
from bridge.helpdesks.odoo.api_keys import examine_key
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.metadata import ConnectedDatabase, MetadataCache
from bridge.helpdesks.odoo.setup.fields import unused
from bridge.policy.rules.mirror_fields import DISPLAY_FIELDS
from bridge.ports.helpdesk import Diagnosis
from bridge.ticket import Status
from mappings.connection import Connection
from mappings.odoo.schema import MODEL, HelpdeskCatalog
from mappings.odoo.update import stage_for
from mappings.odoo.vocabulary import INSTALL, LOG_FIELD, tag_slug

ENOUGH = {"community": "helpdesk_mgmt.group_helpdesk_user", "enterprise": "helpdesk.group_helpdesk_user"}
"""The group that sees all tickets of its companies and may work on them; the bridge needs no more."""
TOO_MUCH = "base.group_system"
_NAMED = frozenset({Status.OPEN, Status.SOLVED})
"""Statuses that every policy may write."""


def run_checks(client: OdooClient, settings: OdooSettings, connection: Connection) -> Iterable[Diagnosis]:
    """All checks; one that cannot be made because Odoo answers with an error is an ailment itself."""
    yield from _tried("connection", partial(_connection, client, settings), f"; {settings.prefix}URL is {settings.url}")
    yield from _tried("API key", partial(examine_key, client, datetime.now(UTC).date()))
    yield from _webhook(settings)
    found: list[ConnectedDatabase] = []
    yield from _tried("names", partial(_names, client, connection, found))
    for known in found:
        yield from _tried("integration user", partial(_rights, client, known))
        yield from _history(known)
        yield from _fields(known)
        yield _tags(known.directory)
        yield from _stages(known)


def _tried(subject: str, check: Callable[[], Iterable[Diagnosis]], hint: str = "") -> Iterator[Diagnosis]:
    try:
        yield from check()
    except BridgeError as error:
        yield Diagnosis(subject, ok=False, advice=f"{error}{hint}")


def _connection(client: OdooClient, settings: OdooSettings) -> Iterator[Diagnosis]:
    version = ".".join(map(str, client.series))
    user = client.read("res.users", [client.uid], ["login"])[0]
    yield Diagnosis("connection", ok=True, advice=f"Odoo {version}, database {settings.db}, as {user['login']}")


def _webhook(settings: OdooSettings) -> Iterator[Diagnosis]:
    if settings.webhook_tokens:
        advice = "a token is set; whether Odoo has the rules that use it, `policybridge install odoo --plan` tells"
        yield Diagnosis("webhook", ok=True, advice=advice)
    else:
        advice = "set ODOO_WEBHOOK_TOKEN; until then every delivery is refused, and only the sweep finds changes"
        yield Diagnosis("webhook", ok=False, advice=advice)


def _names(client: OdooClient, connection: Connection, found: list[ConnectedDatabase]) -> Iterator[Diagnosis]:
    known = MetadataCache(client, connection).known()
    found.append(known)
    known.directory.schema.ticket_fields(connection)
    yield Diagnosis("names", ok=True, advice=f"{known.directory.schema.flavour} helpdesk; all that is named exists")


def _rights(client: OdooClient, known: ConnectedDatabase) -> Iterator[Diagnosis]:
    ids = [client.uid] if client.series >= (18, 0) else None
    enough = ENOUGH[known.directory.schema.flavour]
    if client.call("res.users", "has_group", ids, group_ext_id=TOO_MUCH):
        advice = "is an administrator; use a user of its own whose only right is Helpdesk: User"
        yield Diagnosis("integration user", ok=False, advice=advice)
    elif not client.call("res.users", "has_group", ids, group_ext_id=enough):
        advice = f"sees its own tickets only; give it the right Helpdesk: User ({enough})"
        yield Diagnosis("integration user", ok=False, advice=advice)
    else:
        yield Diagnosis("integration user", ok=True, advice="has the right Helpdesk: User, and is no administrator")
    yield from _tickets(client)
    companies = ", ".join(known.directory.companies.values())
    yield Diagnosis("companies", ok=True, advice=f"{companies}; tickets of others are not seen: allow them to the user")


def _tickets(client: OdooClient) -> Iterator[Diagnosis]:
    """Tried on one that is there: over JSON-RPC a right cannot be asked for without a record."""
    some = client.search_read(MODEL, [], ["id"], order="id", limit=1)
    if not some:
        yield Diagnosis("tickets", ok=True, advice="none there yet to try it on")
    elif client.series < (18, 0) or client.call(MODEL, "has_access", [some[0]["id"]], operation="write"):
        yield Diagnosis("tickets", ok=True, advice="may be changed")
    else:
        yield Diagnosis("tickets", ok=False, advice="may not be changed; give the integration user Helpdesk: User")


def _history(known: ConnectedDatabase) -> Iterator[Diagnosis]:
    told = "who changed stage, assignee and tracked fields, and when, is read"
    observed = (
        "may not be read: changes are dated by the look that finds them; `install odoo --history` gives the right"
    )
    yield Diagnosis("history", ok=True, advice=told if known.history else observed)


def _fields(known: ConnectedDatabase) -> Iterator[Diagnosis]:
    """Which display fields the policies need, and which are missing, only the plan of ``install`` knows."""
    schema, connection = known.directory.schema, known.connection
    ill = list(unused(schema, connection).values())
    if not schema.keeps_log:
        advice = f"no message to customers is sent, and agents do not see what has no field; {INSTALL}"
        ill.append(f"there is no text field {LOG_FIELD}: {advice}")
    yield from (Diagnosis("fields", ok=False, advice=fault) for fault in ill)
    missing = sorted(DISPLAY_FIELDS - schema.targets(connection).keys())
    if not ill:
        none = f"there are none for {', '.join(missing)}: if the policies set them, `install odoo --plan` tells"
        yield Diagnosis("fields", ok=True, advice=none if missing else "all are there")


def _tags(directory: HelpdeskCatalog) -> Diagnosis:
    """Every policy has tags of its own; which they are, only the plan of ``install`` knows."""
    if any(tag_slug(name).startswith(TAG_PREFIX) for name in directory.tags.values()):
        return Diagnosis("tags", ok=True, advice=f"there are tags that begin with {TAG_PREFIX}")
    advice = f"none begins with {TAG_PREFIX}, and a Helpdesk: User may make none; {INSTALL}"
    return Diagnosis("tags", ok=False, advice=advice)


def _stages(known: ConnectedDatabase) -> Iterator[Diagnosis]:
    directory, connection = known.directory, known.connection
    for status in sorted(_NAMED | connection.statuses.keys()):
        lacking = [name for team, name in _teams(directory) if stage_for(status, directory, connection, team) is None]
        if lacking:
            advice = (
                f"tickets of {', '.join(lacking)} have no stage for it; name one under statuses, or open it to them"
            )
            yield Diagnosis(f"status {status}", ok=False, advice=advice)
        else:
            stage = stage_for(status, directory, connection) or 0
            yield Diagnosis(f"status {status}", ok=True, advice=_described(directory, stage))


def _teams(directory: HelpdeskCatalog) -> list[tuple[int, str]]:
    teams = [(int(team["id"]), str(team["name"])) for team in directory.teams if team.get("active", True)]
    return [(0, "no team"), *teams]


def _described(directory: HelpdeskCatalog, stage: int) -> str:
    """The name of a stage, and that it speaks for itself where it does."""
    about = next(record for record in directory.stages if record["id"] == stage)
    mails = about.get("mail_template_id") or about.get("template_id")
    note = ", which sends the customer a mail of its own when a ticket enters it" if mails else ""
    return f"stage {about['name']}{note}"
