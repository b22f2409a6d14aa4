"""The first ``policybridge.yaml`` and accounts file of an installation, with comments on what may follow. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.config.configuration_edit import rendered
from bridge.config.field_proposals import FieldProposal
from bridge.policy.evaluation.fact_spec import FactSpec

ACCOUNTS = """\
# Customers and their contracts, by the key that organizations.key names, or by name. The file is read again when it
# changes. docs/connect-zendesk.md has every key; `policybridge schema accounts` prints them for an editor.
accounts: {}
#  "acme-001":
#    name: Acme
#    plan: premium
#    time_zone: America/New_York
#    contacts: [pat@acme.example]            # only they may ask; without this line anybody may
#    management: [boss@acme.example]
#    roles: {account_manager: am@vendor.example}
"""


def configuration_text(
    vendor: str,
    name: str,
    packs: Sequence[str],
    accounts: str,
    facts: Mapping[str, FactSpec],
    accepted: Sequence[FieldProposal],
) -> str:
    """The text of ``policybridge.yaml`` for one connection. ``accounts``: name of the accounts file."""
    lines = [
        "# What the fields, groups and statuses of your helpdesk mean to your policies.",
        f"# docs/connect-{vendor}.md has every key; an unknown one is an error.",
        f"policy: [{', '.join(packs)}]",
        f"accounts: {accounts}",
        "connections:",
        f"  {name}:",
        f"    vendor: {vendor}",
        "    mode: shadow            # shadow: only watch; comment_only: internal notes; enforce: write everything",
        *_facts(facts, accepted, created=vendor == "odoo"),
        *_rest(vendor),
    ]
    return "\n".join(lines) + "\n"


def _facts(facts: Mapping[str, FactSpec], accepted: Sequence[FieldProposal], *, created: bool) -> list[str]:
    """The accepted facts, and the others as comments; ``created``: with fields that `install` will create."""
    found = {each.fact: each.entry for each in accepted}
    if created:
        found = {name: {"field": f"x_{name}"} for name in facts} | found
    lines = ["", "    # Facts about a ticket, and the field that holds each"]
    if created:
        lines.append(
            "    # `policybridge install` creates those that do not exist; put the name of yours if you have one"
        )
    asks = {name: f"  # {spec.label}" if spec.label else "" for name, spec in facts.items()}
    indent = "      " if found else "    "
    missing = [f"{indent}# {name}: {{field: ...}}{asks[name]}" for name in facts if name not in found]
    if missing:
        lines.append("    # Name your field where a line is commented out; `policybridge install` creates the others")
    lines += ["    facts:"] if found else []
    lines += missing  # above those that are found: what `install` adds comes after the last of them
    return lines + [f"      {name}: {rendered(found[name])}{asks[name]}" for name in facts if name in found]


def _rest(vendor: str) -> list[str]:
    if vendor == "odoo":
        return [
            "",
            "    # statuses: {in_progress: In Progress}   # canonical status: stages",
            "    # tiers: {1: Tier 1, 2: Tier 2}          # tier: teams",
        ]
    return [
        "",
        "    # `policybridge install zendesk` adds what is missing: fields, statuses, tiers and groups with their ids",
        "    # statuses: {in_progress: 7002}           # canonical status: custom statuses",
        "    # tiers: {1: 9001, 2: 9002}               # tier: groups",
    ]
