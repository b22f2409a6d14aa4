"""``doctor`` for Odoo: checks that everything the connection names exists, and that the rights are right.

Sufficient rights are those of a Helpdesk User; an administrator has more than the bridge should have.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from bridge.config.odoo_settings import OdooSettings
from bridge.decision import TAG_PREFIX
from bridge.errors import BridgeError
from bridge.helpdesks.field_options import check_options
from bridge.helpdesks.odoo.api_keys import examine_key
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.configured_names import (
    check_names,
    check_organizations,
    check_people,
    check_values,
    options_of,
)
from bridge.helpdesks.odoo.metadata import ConnectedDatabase
from bridge.helpdesks.odoo.setup.fields import unsuitable_fields
from bridge.policy.model import Policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.policy.rules.mirror_fields import DISPLAY_FIELDS
from bridge.ports.helpdesk import CLOSING_MAILS, Diagnosis
from bridge.ticket import Status, tag_form
from mappings.connection import Connection
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.schema import MODEL
from mappings.odoo.update import stage_for
from mappings.odoo.vocabulary import INSTALL, LOG_FIELD, many2one_id, vocabulary

REQUIRED = {"community": "helpdesk_mgmt.group_helpdesk_user", "enterprise": "helpdesk.group_helpdesk_user"}
"""The group that may read and write all tickets of its companies, which is all that the bridge needs."""
ADMINISTRATOR = "base.group_system"
_NAMED = frozenset({Status.OPEN, Status.SOLVED})
"""Statuses that every policy can write."""


def run_checks(
    client: OdooClient, settings: OdooSettings, connection: Connection, policies: Sequence[Policy] = ()
) -> Iterable[Diagnosis]:
    """Run all checks. A check that fails with an error of Odoo is reported as a problem itself.

    Without a connection the others are left out: each would only report the same.
    """
    hint = f"; {settings.prefix}URL is {settings.url}"
    connected = list(_run("connection", partial(_connection, client, settings), hint))
    yield from connected
    if not all(each.ok for each in connected):
        return
    yield from _run("API key", partial(examine_key, client, datetime.now(UTC).date()))
    yield from _webhook(settings)
    found: list[ConnectedDatabase] = []
    yield from _run("names", partial(check_names, client, connection, found))
    for database in found:
        yield from _run("integration user", partial(_rights, client, database))
        yield from _history(database)
        yield from _fields(database)
        yield _tags(database.catalog)
        yield from _stages(database, helpdesk_requirements(policies).statuses)
        yield from _closing_mails(database.catalog)
        yield from _run("replies", partial(_replies, client, database))
        yield from check_values(database.catalog, connection)
        yield from check_options(policies, connection, options_of(database.catalog.schema))
        yield from _run("people", partial(check_people, client, connection))
        yield from _run("organizations", partial(check_organizations, client, connection))


def _run(subject: str, check: Callable[[], Iterable[Diagnosis]], hint: str = "") -> Iterator[Diagnosis]:
    try:
        yield from check()
    except BridgeError as error:
        yield from (Diagnosis(subject, ok=False, advice=f"{line}{hint}") for line in str(error).splitlines())


def _connection(client: OdooClient, settings: OdooSettings) -> Iterator[Diagnosis]:
    version = ".".join(map(str, client.series))
    user = client.read("res.users", [client.uid], ["login"])[0]
    yield Diagnosis("connection", ok=True, advice=f"Odoo {version}, database {settings.db}, as {user['login']}")


def _webhook(settings: OdooSettings) -> Iterator[Diagnosis]:
    if settings.webhook_tokens:
        advice = "a token is set; `policybridge install odoo --plan` shows whether Odoo has the rules that use it"
        yield Diagnosis("webhook", ok=True, advice=advice)
    else:
        advice = "set ODOO_WEBHOOK_TOKEN; without it every delivery is refused, and only the sweep finds changes"
        yield Diagnosis("webhook", ok=False, advice=advice)


def _rights(client: OdooClient, database: ConnectedDatabase) -> Iterator[Diagnosis]:
    ids = [client.uid] if client.series >= (18, 0) else None
    required = REQUIRED[database.catalog.schema.flavour]
    if client.call("res.users", "has_group", ids, group_ext_id=ADMINISTRATOR):
        advice = "is an administrator; use a dedicated user whose only right is Helpdesk: User"
        yield Diagnosis("integration user", ok=False, advice=advice)
    elif not client.call("res.users", "has_group", ids, group_ext_id=required):
        advice = f"cannot see all tickets; give it the right Helpdesk: User ({required})"
        yield Diagnosis("integration user", ok=False, advice=advice)
    else:
        yield Diagnosis("integration user", ok=True, advice="has the right Helpdesk: User and is not an administrator")
    yield from _tickets(client)
    companies = ", ".join(database.catalog.companies.values())
    yield Diagnosis(
        "companies", ok=True, advice=f"{companies}; to include tickets of other companies, allow those to the user"
    )


def _tickets(client: OdooClient) -> Iterator[Diagnosis]:
    """Check on an existing ticket, because JSON-RPC can only check a right for a record."""
    some = client.search_read(MODEL, [], ["id"], order="id", limit=1)
    if not some:
        yield Diagnosis("tickets", ok=True, advice="not checked: there is no ticket yet")
    elif client.series < (18, 0) or client.call(MODEL, "has_access", [some[0]["id"]], operation="write"):
        yield Diagnosis("tickets", ok=True, advice="can be changed")
    else:
        yield Diagnosis("tickets", ok=False, advice="cannot be changed; the user needs the right Helpdesk: User")


def _history(database: ConnectedDatabase) -> Iterator[Diagnosis]:
    complete = "can be read: who changed stage, assignee and tracked fields, and when"
    observed = (
        "cannot be read: changes get the time of the review that finds them; `install odoo --history` grants the right"
    )
    yield Diagnosis("history", ok=True, advice=complete if database.history else observed)


def _fields(database: ConnectedDatabase) -> Iterator[Diagnosis]:
    """Which display fields the policies need is known only to ``install --plan``."""
    schema, connection = database.catalog.schema, database.connection
    problems = list(unsuitable_fields(schema, connection).values())
    if not schema.keeps_log:
        advice = f"no messages are sent to customers, and agents do not see values without a field; {INSTALL}"
        problems.append(f"there is no text field {LOG_FIELD}: {advice}")
    yield from (Diagnosis("fields", ok=False, advice=problem) for problem in problems)
    missing = sorted(DISPLAY_FIELDS - schema.targets(connection).keys())
    if not problems:
        none = f"none for {', '.join(missing)}; `install odoo --plan` shows whether the policies need them"
        yield Diagnosis("fields", ok=True, advice=none if missing else "all exist")


def _tags(catalog: HelpdeskCatalog) -> Diagnosis:
    """Which tags the policies need is known only to ``install --plan``."""
    if any(tag_form(name).startswith(TAG_PREFIX) for name in catalog.tags.values()):
        return Diagnosis("tags", ok=True, advice=f"tags with the prefix {TAG_PREFIX} exist")
    advice = f"none has the prefix {TAG_PREFIX}, and a Helpdesk: User cannot create any; {INSTALL}"
    return Diagnosis("tags", ok=False, advice=advice)


def _stages(database: ConnectedDatabase, needed: frozenset[Status]) -> Iterator[Diagnosis]:
    catalog, connection = database.catalog, database.connection
    written = needed & vocabulary().own_statuses - {Status.NEW, Status.CLOSED}
    for status in sorted(_NAMED | connection.statuses.keys() | written):
        lacking = [name for team, name in _teams(catalog) if stage_for(status, catalog, connection, team) is None]
        if lacking:
            advice = (
                f"tickets of {', '.join(lacking)} have no stage for it; configure one, or make one available to them"
            )
            yield Diagnosis(f"status {status}", ok=False, advice=advice)
        else:
            stage = stage_for(status, catalog, connection) or 0
            yield Diagnosis(f"status {status}", ok=True, advice=_described(catalog, stage))


def _closing_mails(catalog: HelpdeskCatalog) -> Iterator[Diagnosis]:
    """Whether stages that a guard may leave again send a mail each time: Odoo has no memory of having sent it."""
    closing = [stage for stage in catalog.stages if stage.get("closed") or stage.get("fold")]
    mailing = [str(stage["name"]) for stage in closing if stage.get("mail_template_id") or stage.get("template_id")]
    if mailing:
        advice = f"Odoo mails the customer each time a ticket enters {', '.join(mailing)}; where a policy reopens "
        advice += "tickets (if_unconfirmed: reopen), the mail goes out twice: remove the stage's mail template"
        yield Diagnosis(CLOSING_MAILS, ok=True, advice=advice)


def _teams(catalog: HelpdeskCatalog) -> list[tuple[int, str]]:
    teams = [(int(team["id"]), str(team["name"])) for team in catalog.teams if team.get("active", True)]
    return [(0, "no team"), *teams]


def _described(catalog: HelpdeskCatalog, stage: int) -> str:
    """The name of a stage, and whether it sends mails of its own."""
    about = next(record for record in catalog.stages if record["id"] == stage)
    mails = about.get("mail_template_id") or about.get("template_id")
    note = ", which sends the customer its own mail when a ticket enters it" if mails else ""
    return f"stage {about['name']}{note}"


def _replies(client: OdooClient, database: ConnectedDatabase) -> Iterator[Diagnosis]:
    """Where customers' answers by mail go: without an alias Odoo gives the author's own address (measured on 19).

    https://www.odoo.com/documentation/19.0/applications/general/email_communication/email_servers_inbound.html
    """
    companies = sorted(database.catalog.companies)
    known = client.fields_get("res.company", ("type",))
    if "catchall_email" not in known:
        advice = "not checked in this version of Odoo; see whether Settings > General Settings has an alias domain"
        yield Diagnosis("replies", ok=True, advice=advice)
        return
    found = client.read("res.company", companies, ["catchall_email"])
    without = {company["id"] for company in found if not company["catchall_email"]}
    if not without:
        addresses = ", ".join(sorted({company["catchall_email"] for company in found}))
        yield Diagnosis("replies", ok=True, advice=f"customers' answers by mail go to {addresses} or to a team's alias")
        return
    own = client.read("res.users", [client.uid], ["email"])[0]["email"]
    lacking = [*_without_alias(client, database, without), "no team"]
    advice = (
        f"customers' answers to mails about tickets of {', '.join(lacking)} go to {own or 'nobody'}, the address of "
        "the bridge's own user, and not to the ticket; set an alias domain for the company, or give each team an alias"
    )
    yield Diagnosis("replies", ok=False, advice=advice)


def _without_alias(client: OdooClient, database: ConnectedDatabase, companies: Container[int]) -> list[str]:
    """The teams of these companies, or of none, to which no mail address belongs."""
    model = database.catalog.schema.team
    fields = [name for name in ("name", "alias_email", "company_id") if name in client.fields_get(model, ("type",))]
    teams = client.search_read(model, [], fields, order="id")
    return [
        str(team["name"])
        for team in teams
        if not team.get("alias_email")
        and (not many2one_id(team.get("company_id")) or many2one_id(team.get("company_id")) in companies)
    ]
