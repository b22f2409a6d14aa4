"""The ticket fields of an account, as ``init`` proposes them; each vendor has a module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from bridge.config.field_proposals import AccountField
from mappings.field_sources import VendorRef


class AccountFields(Protocol):
    """An account that is being connected. Methods raise only :mod:`bridge.errors`."""

    def who(self) -> str:
        """Who the credentials are, in words; raises if they are not valid."""

    def fields(self) -> list[AccountField]:
        """The fields in which people could record facts."""

    def tickets_with(self, ref: VendorRef) -> int | None:
        """How many tickets have a value in a field; None if that cannot be told."""


def needs(vendor: str, setting: str, given: Mapping[str, str]) -> bool:
    """Whether this account needs a setting that not all of them do. Raises :mod:`bridge.errors`."""
    module = import_module(f"{__package__}.{vendor}.account_fields")
    return setting in module.needed(given)


def account_fields(vendor: str, given: Mapping[str, str]) -> AccountFields:
    """An account with the credentials ``given`` by setting, and others from the environment. Raises ``InputError``."""
    module = import_module(f"{__package__}.{vendor}.account_fields")
    return cast(AccountFields, module.account_fields(given))
