"""What a helpdesk's own rules promise, by vendor: a vendor that can be imported has a module of this name, and one in
``mappings/`` that says what its documents mean."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from bridge.errors import InputError
from mappings.connection import Connection, vendors
from mappings.native_rules import NativeRules


def importable_vendors() -> list[str]:
    """Vendors whose own rules can be read."""
    return [vendor for vendor in vendors() if find_spec(f"mappings.{vendor}.native_rules")]


def read_native_rules(vendor: str, name: str, connection: Connection) -> NativeRules:
    """The rules of a live helpdesk. Raises ``InputError``, and :mod:`bridge.errors` when it cannot be read."""
    reader = import_module(f"bridge.helpdesks.{vendor}.native_rules")
    return parse_native_rules(vendor, reader.read_documents(name, connection))


def parse_native_rules(vendor: str, documents: dict[str, Any]) -> NativeRules:
    """The rules in a vendor's documents. Raises ``InputError`` for anything else."""
    module = import_module(f"mappings.{vendor}.native_rules")
    if unknown := sorted(set(documents) - set(module.DOCUMENTS)):
        raise InputError(f"found {unknown[0]!r}; allowed: {', '.join(module.DOCUMENTS)}")
    try:
        rules: NativeRules = module.native_rules(documents)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"the documents are not as {vendor} writes them ({error}); save them from its API again"
        ) from error
    return rules
