"""``policybridge install odoo``: compare a database with what the policies need, and create or remove it.

It uses only the API with an administrator's key, so it works on Odoo Online as well. Everything it creates has one of
our external ids from the start (:mod:`bridge.helpdesks.odoo.setup.external_ids`). Other existing records are used if
they are suitable, and never changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain

from bridge.config.odoo_settings import OdooSettings, load_odoo_settings
from bridge.errors import GiveUp
from bridge.helpdesks.installer import InstallLine, InstallOptions, InstallStep
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.metadata import MetadataCache
from bridge.helpdesks.odoo.setup.access_rights import ensure_access_rights
from bridge.helpdesks.odoo.setup.automations import ACTION, ensure_automations
from bridge.helpdesks.odoo.setup.context import FIELDS, SetupContext
from bridge.helpdesks.odoo.setup.external_ids import ExternalIds, InstalledRecord, SetupRecord, external_id
from bridge.helpdesks.odoo.setup.fields import TicketField, ticket_fields
from bridge.helpdesks.odoo.setup.stages import ensure_stages, wanted_stages
from bridge.helpdesks.odoo.setup.tags import ensure_tags
from bridge.helpdesks.odoo.setup.uninstall import plan_removal
from bridge.helpdesks.odoo.setup.views import ensure_view
from bridge.helpdesks.setup.config_entries import ENTRIES, ensure_entries, remove_entries
from bridge.helpdesks.setup.drift import drift_lines
from bridge.helpdesks.setup.journal import InstallJournal, journal_path
from bridge.policy.model import Policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.ports.helpdesk import Diagnosis
from mappings.connection import Connection
from mappings.odoo.catalog import Problems
from mappings.odoo.fields import misfit
from mappings.odoo.schema import MODEL, Schema
from mappings.odoo.snapshot import IntegrationUser

TRACKED = "100"
"""Position among the tracked fields of a ticket, after its own."""


def installer(name: str, connection: Connection, policies: Sequence[Policy], options: InstallOptions) -> OdooInstaller:
    """The installer of a connection, with the credentials of the environment. Raises ``InputError``."""
    return OdooInstaller(name, connection, policies, options, load_odoo_settings(connection.env_prefix))


class OdooInstaller:
    """The installer of one database; see :class:`bridge.helpdesks.installer.Installer`."""

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
        self._options = options
        self._settings = settings

    @cached_property
    def _client(self) -> OdooClient:
        """The administrator's client. Raises ``InputError`` without a key of one."""
        return OdooClient(self._settings, admin=True)

    @cached_property
    def _registry(self) -> ExternalIds:
        return ExternalIds(self._client)

    @property
    def journal(self) -> InstallJournal:
        """The plan that was shown last; what was made is known by its external ids."""
        return InstallJournal(journal_path(self._options.configuration), f"{self._name} {self._settings.url}")

    def drift(self) -> Iterator[Diagnosis]:
        """What has changed since it was installed; only an administrator may read that."""
        if self._settings.admin_api_key is None:
            advice = f"not compared with what was installed: that needs {self._settings.prefix}ADMIN_API_KEY"
            yield Diagnosis("installed", ok=True, advice=advice)
        elif made := self._made():
            agreed = self._context(self._agreed(made.values()), apply=False)
            yield from drift_lines("odoo", [*self._pieces(agreed)])

    def _agreed(self, made: Collection[InstalledRecord]) -> InstallOptions:
        """What the admin had allowed, by what was made."""
        models = {record.model for record in made}
        url = next((url for record in made if (url := self._address(record))), None)
        stages = any(model.endswith(".stage") for model in models)
        return replace(self._options, url=url, stages=stages, history="ir.rule" in models)

    def _address(self, record: InstalledRecord) -> str:
        """The address of the bridge in the webhook that was made, if this is one."""
        rows = self._client.read(ACTION, [record.id], ["webhook_url"]) if record.model == ACTION else []
        return str(rows[0]["webhook_url"]).partition("/webhooks/")[0] if rows else ""

    def install(self, *, apply: bool) -> Iterator[InstallLine]:
        """The missing steps, each after the ones it depends on. Raises ``InputError`` at once without a key."""
        return chain(self._missing_names(), self._installed(apply=apply))

    def _installed(self, *, apply: bool) -> Iterator[InstallLine]:
        context = self._context(self._options, apply=apply)
        yield from self._pieces(context)
        path = self._options.configuration
        yield from ensure_entries(self.journal, self._name, path, context.entries, apply=apply)

    def _context(self, options: InstallOptions, *, apply: bool) -> SetupContext:
        schema = Schema.of(self._client.fields_get(MODEL))
        return SetupContext(self._name, options, self._client, self._registry, schema, apply)

    def _pieces(self, context: SetupContext) -> Iterator[InstallLine]:
        me, needed, standing = self._me(), helpdesk_requirements(self._policies), self._standing
        fields = ticket_fields(needed, self._policies, self._connection)
        yield from _ensure_fields(context, fields)
        yield from ensure_tags(context, self._policies)
        taken = {ref for refs in standing.statuses.values() for ref in refs}
        yield from ensure_stages(context, wanted_stages(needed, self._policies, standing), taken)
        yield from ensure_access_rights(context, me)
        recorded = [field.name for field in fields if not (field.shown or field.is_log)]
        yield from ensure_automations(context, self._settings, recorded, me)
        serving = [field for field in fields if not _misfit(context, field)]
        yield from ensure_view(context, "form", serving)
        yield from ensure_view(context, "list", serving)

    def _missing_names(self) -> Iterator[Diagnosis]:
        """What the connection names and the database does not have; fields and stages are created by other steps."""
        self._made()
        problems, standing = self._problems, self._standing.statuses
        created = {
            f"statuses.{status}"
            for status, refs in self._connection.statuses.items()
            if status not in standing or all(isinstance(ref, str) for ref in refs)
        }
        for line in problems.lines():
            where = line.partition(":")[0]
            if not (self._options.stages and where in created and where in problems.missing):
                yield Diagnosis("names", ok=False, advice=line)

    @cached_property
    def _problems(self) -> Problems:
        return MetadataCache(self._client, self._connection).database().problems

    @cached_property
    def _standing(self) -> Connection:
        """The connection without stages that are gone and whose ids `install` had written: they are made again."""
        written, missing = self.journal.read(ENTRIES), self._problems.missing
        kept = {
            status: refs
            for status, refs in self._connection.statuses.items()
            if (where := f"statuses.{status}") not in missing or refs != [written.get(where)]
        }
        return self._connection.model_copy(update={"statuses": kept})

    def remove(self, *, apply: bool) -> Iterator[InstallLine]:
        """The steps that remove our records. Those in use stay: a stage with tickets, a field that a rule uses."""
        return self._removal(self._client, apply=apply)

    def _removal(self, admin: OdooClient, *, apply: bool) -> Iterator[InstallLine]:
        made = self._made().values()
        yield from plan_removal(admin, self._registry, made, apply=apply)
        stages = [record.id for record in made if record.model.endswith(".stage")]
        path = self._options.configuration
        yield from remove_entries(self.journal, self._name, self._connection, path, stages, apply=apply)

    def _made(self) -> dict[str, InstalledRecord]:
        try:
            return self._registry.installed_records()
        except GiveUp as error:
            variable = f"{self._settings.prefix}ADMIN_API_KEY"
            raise GiveUp(
                f"{variable} must be a key of a user with the right Administration: Settings; {error}"
            ) from error

    def _me(self) -> IntegrationUser:
        """The integration user, found with its own key."""
        uid = OdooClient(self._settings).uid
        found = self._client.read("res.users", [uid], ["login", "partner_id"])[0]
        return IntegrationUser(uid, int(found["partner_id"]), str(found["login"]))


def _ensure_fields(context: SetupContext, fields: Sequence[TicketField]) -> Iterator[InstallLine]:
    """Create all fields in one call: after each call every process of the server reloads its models (measured)."""
    made, there = context.external_ids.installed_records(), context.schema.fields
    foreign = {field.name for field in fields if field.name in there and external_id("field", field.name) not in made}
    model = context.model_ids([MODEL])[MODEL]
    yield from context.ensure([_field_piece(field, model) for field in fields], foreign)
    for field in fields:
        about = there.get(field.name)
        if about is None:
            continue
        lacking = field.lacking(str(value) for value, _ in about.get("selection") or ())
        if problem := _misfit(context, field):
            yield Diagnosis(f"field {field.name}", False, problem)
        elif field.name in foreign:
            yield _foreign(field, lacking if about.get("type") == "selection" and not field.shown else {})
        elif lacking:
            yield from _add_options(context, field, made[external_id("field", field.name)].id, lacking)


def _misfit(context: SetupContext, field: TicketField) -> str:
    """What is wrong with an existing field; empty if it is suitable or does not exist yet."""
    about = context.schema.fields.get(field.name)
    return misfit(str(about.get("type")), field.type, written=field.shown) if about else ""


def _field_piece(field: TicketField, model: int) -> SetupRecord:
    columns = {
        "name": field.name,
        "model_id/.id": str(model),
        "ttype": field.created_as,
        "field_description": field.label,
        "help": field.help,
        "selection": str([*field.options.items()]) if field.type == "selection" else "",
        "tracking": "" if field.shown or field.is_log else TRACKED,
        "copied": "",
    }
    return SetupRecord(FIELDS, external_id("field", field.name), field.name, field.why, columns)


def _foreign(field: TicketField, lacking: Mapping[str, str]) -> Diagnosis:
    """A remark on a field that somebody else has created: it is used if it is suitable."""
    subject = f"field {field.name}"
    if lacking:
        return Diagnosis(subject, False, f"was created by somebody else and lacks {', '.join(lacking)}: add them")
    return Diagnosis(subject, True, "was created by somebody else; it is used and stays unchanged")


def _add_options(
    context: SetupContext, field: TicketField, ident: int, lacking: Mapping[str, str]
) -> Iterator[InstallStep]:
    """Add new options of a pack; existing options stay, including those that people have added."""
    if context.apply:
        last = len(field.options)
        options = [[0, 0, {"value": v, "name": lacking[v], "sequence": last + n}] for n, v in enumerate(lacking)]
        context.client.write(FIELDS, [ident], {"selection_ids": options})
    yield InstallStep("change", FIELDS, field.name, f"lacks {', '.join(lacking)}; {field.why}")
