"""Partners and users of an Odoo database, cached, and the recipients behind e-mail addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.account import Account
from bridge.helpdesks.http.ttl_cache import TtlCache
from bridge.helpdesks.http.waits import CACHE_S
from bridge.helpdesks.odoo.client import OdooClient
from mappings.account import needs_people
from mappings.coercion import Json
from mappings.connection import Connection
from mappings.odoo.account import CONTACT_FIELDS, partner_fields, to_account
from mappings.odoo.messages import Recipient
from mappings.odoo.snapshot import PARTNER_FIELDS, USER_FIELDS
from mappings.odoo.vocabulary import SUPERUSER, many2many_ids, many2one_id

_ARCHIVED_TOO: dict[str, Any] = {"active_test": False}


class Partners:
    """The partners and users of one connection, shared by its threads."""

    def __init__(self, client: OdooClient) -> None:
        self._client = client
        self._partners: TtlCache[Json] = TtlCache(CACHE_S, 5_000)
        self._users: TtlCache[Json] = TtlCache(CACHE_S, 5_000)
        self._accounts: TtlCache[Account] = TtlCache(CACHE_S, 1_000)
        self._users_of: TtlCache[list[int]] = TtlCache(CACHE_S, 5_000)

    def with_users(self, partners: Iterable[int], users: Iterable[int]) -> tuple[dict[int, Json], dict[int, Json]]:
        """Partners with their commercial partners, and users with those of the partners, as far as they may be read.

        Archived ones are included. Takes three calls at most, and none for people in the cache.
        """
        found = self._read_partners(set(partners))
        found |= self._read_partners({many2one_id(one.get("commercial_partner_id")) for one in found.values()})
        return found, self._read_users(found, {*users, SUPERUSER})

    def recipients(self, addresses: Iterable[str], contact: int) -> tuple[dict[str, Recipient], Recipient | None]:
        """Active recipients by address in lower case, and a contact if it has an address. Two calls, nothing cached.

        Of several partners with one address a user is preferred, then the oldest.
        """
        wanted = sorted(addresses)
        if not (wanted or contact):
            return {}, None
        partners = self._client.search_read(
            "res.partner",
            ["|", ("id", "=", contact), ("email_normalized", "in", wanted)],
            ["email_normalized"],
            order="id",
        )
        users = self._client.search_read(
            "res.users",
            [
                "&",
                ("share", "=", False),
                "|",
                ("login", "in", wanted),
                ("partner_id", "in", [p["id"] for p in partners]),
            ],
            ["login", "partner_id"],
            order="id",
        )
        by_partner = {
            many2one_id(user["partner_id"]): Recipient(many2one_id(user["partner_id"]), user["id"]) for user in users
        }
        found: dict[str, Recipient] = {}
        for partner in sorted(partners, key=lambda partner: partner["id"] not in by_partner):
            person = by_partner.get(partner["id"], Recipient(partner["id"]))
            if address := partner["email_normalized"]:  # two without an address are not the same person
                found.setdefault(str(address), person)
        for user in users:
            found.setdefault(str(user["login"]).lower(), by_partner[many2one_id(user["partner_id"])])
        reachable = any(p["id"] == contact and p["email_normalized"] for p in partners)
        return found, by_partner.get(contact, Recipient(contact)) if reachable else None

    def account(self, company: int, connection: Connection) -> Account | None:
        """The account of a company; None if the company may not be read."""
        if kept := self._accounts.get(str(company)):
            return kept
        fields = partner_fields(connection)
        found = self._client.call("res.partner", "search_read", domain=[("id", "=", company)], fields=fields)
        if not found:
            return None
        people: list[Json] = []
        if needs_people(connection):
            people = self._read("res.partner", [("commercial_partner_id", "=", company)], CONTACT_FIELDS)
        categories = sorted(
            {ident for record in [*found, *people] for ident in many2many_ids(record.get("category_id"))}
        )
        named = self._read("res.partner.category", [("id", "in", categories)], ("name",)) if categories else []
        account = to_account(found[0], people, {one["id"]: one["name"] for one in named}, connection)
        self._accounts[str(company)] = account
        return account

    def _read_partners(self, ids: set[int]) -> dict[int, Json]:
        known = _cached(self._partners, ids)
        if missing := sorted(ids - known.keys() - {0}):
            read = {
                partner["id"]: partner for partner in self._read("res.partner", [("id", "in", missing)], PARTNER_FIELDS)
            }
            for ident in missing:
                known[ident] = self._partners[str(ident)] = read.get(ident, _UNREADABLE)
        return _readable(known)

    def _read_users(self, partners: Iterable[int], ids: set[int]) -> dict[int, Json]:
        users_of = {ident: self._users_of.get(str(ident)) for ident in sorted(partners)}
        unasked = [ident for ident, users in users_of.items() if users is None]
        ids |= {user for users in users_of.values() for user in users or ()}
        known = _cached(self._users, ids)
        missing = sorted(ids - known.keys() - {0})
        if unasked or missing:
            domain = ["|", ("id", "in", missing), ("partner_id", "in", unasked)]
            read = {user["id"]: user for user in self._read("res.users", domain, USER_FIELDS)}
            for ident in {*missing, *read}:
                known[ident] = self._users[str(ident)] = read.get(ident, _UNREADABLE)
            for ident in unasked:
                own = [user["id"] for user in read.values() if many2one_id(user["partner_id"]) == ident]
                self._users_of[str(ident)] = own
        return _readable(known)

    def _read(self, model: str, domain: list[Any], fields: Iterable[str]) -> list[Json]:
        return list(self._client.search_read(model, domain, list(fields), order="id", context=_ARCHIVED_TOO))


_UNREADABLE: Json = {}
"""In the place of a record that was read in vain. It is cached only afterwards: a thread that found it while another
one still reads would take an employee for an unknown person, and his answer for none."""


def _cached(remembered: TtlCache[Json], ids: set[int]) -> dict[int, Json]:
    return {ident: one for ident in ids if (one := remembered.get(str(ident))) is not None}


def _readable(records: Mapping[int, Json]) -> dict[int, Json]:
    return {ident: record for ident, record in records.items() if record}
