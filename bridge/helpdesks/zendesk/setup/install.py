"""``policybridge install zendesk``: compare an account with what the policies need, and create or remove it.

Everything it creates has a mark in its description and an entry in the journal beside ``policybridge.yaml``
(:mod:`bridge.helpdesks.zendesk.setup.records`). What people have made is used if it is suitable, and never changed,
except that the forms that the admin names get our fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.config.zendesk_settings import ZendeskSettings, load_zendesk_settings
from bridge.errors import BridgeError
from bridge.helpdesks.installer import InstallLine, InstallOptions
from bridge.helpdesks.setup.config_entries import ensure_entries
from bridge.helpdesks.setup.drift import drift_lines
from bridge.helpdesks.setup.journal import InstallJournal, journal_path
from bridge.helpdesks.zendesk.client import ZendeskClient
from bridge.helpdesks.zendesk.doctor import missing_names
from bridge.helpdesks.zendesk.setup.admin_client import AdminClient
from bridge.helpdesks.zendesk.setup.checks import check_mails
from bridge.helpdesks.zendesk.setup.context import SetupContext
from bridge.helpdesks.zendesk.setup.fields import ensure_fields
from bridge.helpdesks.zendesk.setup.forms import ensure_forms
from bridge.helpdesks.zendesk.setup.groups import ensure_groups
from bridge.helpdesks.zendesk.setup.records import ZendeskRecords
from bridge.helpdesks.zendesk.setup.statuses import ensure_statuses
from bridge.helpdesks.zendesk.setup.uninstall import plan_removal
from bridge.helpdesks.zendesk.setup.views import ensure_views
from bridge.helpdesks.zendesk.setup.webhook import ensure_webhook
from bridge.policy.model import Policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.ports.helpdesk import Diagnosis
from mappings.connection import Connection


def installer(
    name: str, connection: Connection, policies: Sequence[Policy], options: InstallOptions
) -> ZendeskInstaller:
    """The installer of a connection, with the credentials of the environment. Raises ``InputError``."""
    return ZendeskInstaller(name, connection, policies, options, load_zendesk_settings(connection.env_prefix))


class ZendeskInstaller:
    """The installer of one account; see :class:`bridge.helpdesks.installer.Installer`."""

    def __init__(
        self,
        name: str,
        connection: Connection,
        policies: Sequence[Policy],
        options: InstallOptions,
        settings: ZendeskSettings,
    ) -> None:
        self._name = name
        self._connection = connection
        self._policies = policies
        self._options = options
        self._settings = settings

    @property
    def journal(self) -> InstallJournal:
        """What was made in this account."""
        return InstallJournal(journal_path(self._options.configuration), f"{self._name} {self._settings.base_url}")

    def install(self, *, apply: bool) -> Iterator[InstallLine]:
        """The missing steps, each after the ones it depends on."""
        client = AdminClient(self._settings, self._name)
        client.require_admin()
        yield from self._missing_names(client)
        yield from self._pieces(client, apply=apply)
        yield from check_mails(client, self._policies)

    def remove(self, *, apply: bool) -> Iterator[InstallLine]:
        """The steps that remove our records. Those in use stay, and are reported."""
        client = AdminClient(self._settings, self._name)
        client.require_admin()
        records = ZendeskRecords(client, self.journal, writes=False)
        packs = [policy.pack for policy in self._policies]
        yield from plan_removal(records, self._name, self._connection, self._options, packs, apply=apply)

    def drift(self) -> Iterator[Diagnosis]:
        """What has changed since it was installed, read with the bridge's own credentials."""
        if not self.journal.read("made"):
            return
        try:
            client = ZendeskClient(self._settings, self._name)
            lines = list(self._pieces(client, apply=False))
        except BridgeError as error:
            yield Diagnosis("installed", ok=False, advice=str(error))
            return
        yield from drift_lines("zendesk", lines)

    def _pieces(self, client: ZendeskClient, *, apply: bool) -> Iterator[InstallLine]:
        context = SetupContext(
            self._name,
            self._options,
            self._connection,
            self._policies,
            helpdesk_requirements(self._policies),
            client,
            ZendeskRecords(client, self.journal, writes=apply),
            apply,
        )
        yield from ensure_fields(context)
        yield from ensure_forms(context)
        yield from ensure_statuses(context)
        yield from ensure_groups(context)
        yield from ensure_webhook(context, self._settings)
        yield from ensure_views(context)
        yield from context.records.renamed()
        path = self._options.configuration
        yield from ensure_entries(self.journal, self._name, path, context.entries, apply=apply)

    def _missing_names(self, client: ZendeskClient) -> Iterator[Diagnosis]:
        """What the connection names and the account does not have, but not what we have made ourselves."""
        made = {str(entry["id"]) for entry in self.journal.read("made").values()}
        for problem in missing_names(client, self._settings, self._connection):
            if not made & set(problem.split()):
                yield Diagnosis("names", ok=False, advice=problem)
