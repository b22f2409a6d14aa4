"""``policybridge install odoo``: compare a database with what the policies need, make what is missing, take it away.

Only the API is used, with an administrator's key, so that it works on Odoo Online as well. Whatever is made carries our
external id from its first moment (:mod:`bridge.helpdesks.odoo.setup.external_ids`); what carries none is used where it
fits and never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bridge.config.settings import OdooSettings, load_odoo_settings
from bridge.errors import GiveUp
from bridge.helpdesks.installer import InstallLine, InstallOptions, InstallStep
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.setup.access_rights import ensure_access_rights
from bridge.helpdesks.odoo.setup.automations import ensure_automations
from bridge.helpdesks.odoo.setup.context import ALSO_ARCHIVED, FIELDS, SetupContext
from bridge.helpdesks.odoo.setup.external_ids import ExternalIds, InstalledRecord, SetupRecord, mark
from bridge.helpdesks.odoo.setup.fields import TicketField, ticket_fields
from bridge.helpdesks.odoo.setup.stages import ensure_stages, wanted_stages
from bridge.helpdesks.odoo.setup.uninstall import plan_removal
from bridge.helpdesks.odoo.setup.views import ensure_view
from bridge.policy.model import Policy
from bridge.policy.requirements import reach
from bridge.ports.helpdesk import Diagnosis
from mappings.connection import Connection
from mappings.odoo.actors import IntegrationUser
from mappings.odoo.fields import misfit
from mappings.odoo.schema import MODEL, Schema
from mappings.odoo.vocabulary import tag_slug

TRACKED = "100"
"""Position among the tracked fields of a ticket, after those it had."""


def installer(name: str, connection: Connection, policies: Sequence[Policy], options: InstallOptions) -> OdooInstaller:
    """For a connection, with the credentials of the environment. Raises ``InputError``; nothing is sent yet."""
    return OdooInstaller(name, connection, policies, options, load_odoo_settings(connection.env_prefix))


class OdooInstaller:
    """One database; see :class:`bridge.helpdesks.installer.Installer`."""

    def __init__(
        self,
        name: str,
        connection: Connection,
        policies: Sequence[Policy],
        options: InstallOptions,
        settings: OdooSettings,
    ) -> None:
        self._name = name
        self._connection = connection
        self._policies = policies
        self._wishes = options
        self._settings = settings
        self._client = OdooClient(settings, admin=True)
        self._registry = ExternalIds(self._client)

    def install(self, *, apply: bool) -> Iterator[InstallLine]:
        """What is missing, each thing after what it rests on."""
        self._made()
        schema = Schema.of(self._client.fields_get(MODEL))
        site = SetupContext(self._name, self._wishes, self._client, self._registry, schema, apply)
        me, needed = self._me(), reach(self._policies)
        fields = ticket_fields(needed, self._policies, self._connection)
        yield from _ensure_fields(site, fields)
        yield from _ensure_tags(site, self._policies)
        yield from ensure_stages(site, wanted_stages(needed, self._policies, self._connection))
        yield from ensure_access_rights(site, me)
        said = [field.name for field in fields if not (field.shown or field.is_log)]
        yield from ensure_automations(site, self._settings, said, me)
        serving = [field for field in fields if not _misfit(site, field)]
        yield from ensure_view(site, "form", serving)
        yield from ensure_view(site, "list", serving)

    def remove(self, *, apply: bool) -> Iterator[InstallLine]:
        """What carries our mark. What people use stays: a stage with tickets in it, a field that a rule speaks of."""
        yield from plan_removal(self._client, self._registry, self._made().values(), apply=apply)

    def _made(self) -> dict[str, InstalledRecord]:
        try:
            return self._registry.made()
        except GiveUp as error:
            variable = f"{self._settings.prefix}ADMIN_API_KEY"
            raise GiveUp(f"{variable} has to be a key of a user with Administration: Settings; {error}") from error

    def _me(self) -> IntegrationUser:
        """The integration user, told by its own key."""
        uid = OdooClient(self._settings).uid
        found = self._client.read("res.users", [uid], ["login", "partner_id"])[0]
        return IntegrationUser(uid, int(found["partner_id"]), str(found["login"]))


def _ensure_fields(site: SetupContext, fields: Sequence[TicketField]) -> Iterator[InstallLine]:
    """All fields in one call: each call makes every process of the server load its models again."""
    made, there = site.registry.made(), site.schema.fields
    foreign = {field.name for field in fields if field.name in there and mark("field", field.name) not in made}
    model = site.model_ids([MODEL])[MODEL]
    yield from site.ensure([_field_piece(field, model) for field in fields], foreign)
    for field in fields:
        about = there.get(field.name)
        if about is None:
            continue
        lacking = field.lacking(str(value) for value, _ in about.get("selection") or ())
        if fault := _misfit(site, field):
            yield Diagnosis(f"field {field.name}", False, fault)
        elif field.name in foreign:
            yield _foreign(field, lacking if about.get("type") == "selection" and not field.shown else {})
        elif lacking:
            yield from _add_options(site, field, made[mark("field", field.name)].id, lacking)


def _misfit(site: SetupContext, field: TicketField) -> str:
    """What is wrong with a field that is there; empty where it serves, or is still to be made."""
    about = site.schema.fields.get(field.name)
    return misfit(str(about.get("type")), field.type, written=field.shown) if about else ""


def _field_piece(field: TicketField, model: int) -> SetupRecord:
    columns = {
        "name": field.name,
        "model_id/.id": str(model),
        "ttype": field.type,
        "field_description": field.label,
        "help": field.help,
        "selection": str([*field.options.items()]) if field.type == "selection" else "",
        "tracking": "" if field.shown or field.is_log else TRACKED,
        "copied": "",
    }
    return SetupRecord(FIELDS, mark("field", field.name), field.name, field.why, columns)


def _foreign(field: TicketField, lacking: Mapping[str, str]) -> Diagnosis:
    """A field that somebody else has made is used where it fits."""
    subject = f"field {field.name}"
    if lacking:
        return Diagnosis(subject, False, f"was made by somebody else and lacks {', '.join(lacking)}: add them")
    return Diagnosis(subject, True, "was made by somebody else; it is used, and left as it is")


def _add_options(
    site: SetupContext, field: TicketField, ident: int, lacking: Mapping[str, str]
) -> Iterator[InstallStep]:
    """New words of a pack; the options that are there stay as they are, with what people have added to them."""
    if site.apply:
        last = len(field.options)
        options = [[0, 0, {"value": v, "name": lacking[v], "sequence": last + n}] for n, v in enumerate(lacking)]
        site.client.write(FIELDS, [ident], {"selection_ids": options})
    yield InstallStep("change", FIELDS, field.name, f"lacks {', '.join(lacking)}; {field.why}")


def _ensure_tags(site: SetupContext, policies: Sequence[Policy]) -> Iterator[InstallLine]:
    model = site.schema.tag
    packs: dict[str, dict[str, None]] = {}
    for policy in policies:
        for tag in sorted(reach([policy]).tags):
            packs.setdefault(tag, {})[policy.pack] = None
    known = site.client.search_read(model, [], ["name"], order="id", context=ALSO_ARCHIVED)
    words = {tag_slug(record["name"]) for record in known}
    everywhere = {"company_id/.id": ""} if "company_id" in site.fields_of(model) else {}
    pieces = [
        SetupRecord(
            model, mark("tag", tag), tag, f"by {', '.join(by)}", {"name": tag, **everywhere}, frozenset({"name"})
        )
        for tag, by in packs.items()
    ]
    yield from site.ensure(pieces, {tag for tag in packs if tag_slug(tag) in words})
