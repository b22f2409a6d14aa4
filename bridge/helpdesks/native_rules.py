"""A helpdesk's own rules, by vendor: what they promise, and what they do.

A vendor that can be imported has a module of this name, and one in ``mappings/`` that says what its documents mean. One
whose rules can be played on scenarios also has ``acting_rules`` in ``mappings/``.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from bridge.errors import InputError
from mappings.acting_rules import ActingRules
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


def playable_vendors() -> list[str]:
    """Vendors whose own rules can be played on scenarios."""
    return [vendor for vendor in vendors() if find_spec(f"mappings.{vendor}.acting_rules")]


def read_acting_rules(name: str, connection: Connection) -> ActingRules:
    """What the rules of a live helpdesk do. Raises ``InputError``, and :mod:`bridge.errors` when it cannot be read."""
    documents = import_module(f"bridge.helpdesks.{connection.vendor}.native_rules").read_documents(name, connection)
    return parse_acting_rules(documents, connection)


def parse_acting_rules(documents: dict[str, Any], connection: Connection) -> ActingRules:
    """What the rules in a vendor's documents do. Raises ``InputError`` where these are something else."""
    module = import_module(f"mappings.{connection.vendor}.acting_rules")
    try:
        rules: ActingRules = module.acting_rules(documents, connection)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"the rules are not as {connection.vendor} writes them ({error}); report this bug") from error
    return rules
