"""What a connection names, compared with an Odoo database: records, fields, options, tags, values of companies."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.helpdesks.account_values import MANY_ORGANIZATIONS, unusable_values
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.metadata import ConnectedDatabase, MetadataCache
from bridge.ports.helpdesk import Diagnosis
from bridge.ticket import tag_form
from mappings.connection import Connection
from mappings.field_sources import VendorRef
from mappings.odoo.account import partner_fields, to_account
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.schema import Schema, with_advice


def missing_names(database: ConnectedDatabase, connection: Connection) -> list[str]:
    """What a connection names and the database does not have, or calls otherwise: records and fields of tickets."""
    fields = with_advice(database.catalog.schema.missing_fields(connection).values())
    return [*database.problems.lines(), *filter(None, [fields])]


def check_names(client: OdooClient, connection: Connection, found: list[ConnectedDatabase]) -> Iterator[Diagnosis]:
    """Read the database, and name everything that is configured and does not exist; add the database to ``found``."""
    database = MetadataCache(client, connection).database()
    found.append(database)
    problems = missing_names(database, connection)
    yield from (Diagnosis("names", ok=False, advice=problem) for problem in problems)
    if not problems:
        advice = f"{database.catalog.schema.flavour} helpdesk; everything that is configured exists"
        yield Diagnosis("names", ok=True, advice=advice)


def options_of(schema: Schema) -> dict[VendorRef, list[str]]:
    """The options of every selection."""
    selections = {name: about.get("selection") for name, about in schema.fields.items()}
    return {name: [str(value) for value, _ in options] for name, options in selections.items() if options}


def check_values(catalog: HelpdeskCatalog, connection: Connection) -> Iterator[Diagnosis]:
    """Whether the categories, channels and tags exist whose names the connection translates or waits for."""
    kinds = (("type", "category", catalog.categories), ("channel", "channel", catalog.channels))
    for where, kind, names in kinds:
        source = getattr(connection, where)
        known = {name.strip().lower() for name in names.values()}
        for value in source.values if source and source.field is None else ():
            if value.lower() not in known:
                advice = f"there is no {kind} {value!r}; found: {', '.join(names.values()) or 'none'}"
                yield Diagnosis(f"{where}.values", ok=False, advice=advice)
    there = {tag_form(name) for name in catalog.tags.values()}
    for where, tag in connection.named_tags():
        if tag not in there:
            advice = f"Odoo has no tag {tag}, so nobody can set it; create it under Helpdesk > Configuration > Tags"
            yield Diagnosis(where, ok=False, advice=advice)


def check_people(client: OdooClient, connection: Connection) -> Iterator[Diagnosis]:
    """Whether there are the people whom the connection names: users by id, partners by address."""
    for where, who in connection.people.named():
        model, field, test = ("res.users", "id", "=") if who.isdecimal() else ("res.partner", "email", "=ilike")
        if not client.search_count(model, [(field, test, int(who) if who.isdecimal() else who)]):
            what = "user with the id" if who.isdecimal() else "contact with the address"
            advice = f"Odoo has no {what} {who}; correct it, unless this person has not written yet"
            yield Diagnosis(where, ok=True, advice=advice, warns=True)


def check_organizations(client: OdooClient, connection: Connection) -> Iterator[Diagnosis]:
    """Whether the fields of partners exist, and what companies hold and nobody can use."""
    named = connection.organizations.named_fields()
    there = client.fields_get("res.partner", ("type",)) if named else {}
    lacking = {where: field for where, field in named.items() if field not in there}
    yield from (
        Diagnosis(where, ok=False, advice=f"res.partner has no field {field}") for where, field in lacking.items()
    )
    if connection.organizations.sources() and not lacking:
        domain = [("is_company", "=", True)]
        found = client.call(
            "res.partner", "search_read", domain=domain, fields=partner_fields(connection), limit=MANY_ORGANIZATIONS
        )
        yield from unusable_values(to_account(partner, (), {}, connection) for partner in found)
