"""Checks of roles: whether the pack lists them, and whether they have a contact."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from bridge.contacts import contacts_in, holds_token, unreachable_contacts, without_tokens
from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.pack_parts import ASSIGNEE, roles
from bridge.policy.references import Path


@check("PB501", Level.ERROR, "an unknown role")
def unknown_roles(policy: Policy) -> Iterator[Found]:
    known = tuple(dict.fromkeys((ASSIGNEE, *policy.role_directory, *policy.roles)))
    named = ((("plan_roles", plan, role), role) for plan, given in policy.plan_roles.items() for role in given)
    for path, role in chain(roles(policy), named):
        if role not in known:
            fix = "add it to role_directory if accounts name the contact, or give its address under roles"
            yield Found(path, role, known, fix)


@check("PB503", Level.ERROR, "a contact that reaches nobody")
def contacts_without_address(policy: Policy) -> Iterator[Found]:
    for path, contact in _contacts(policy):
        for single in unreachable_contacts(contact):
            fix = "write an address such as lead@vendor.example, or env:NAME for the channel of an environment variable"
            yield Found(path, repr(single), "an e-mail address, an apprise URL or env:NAME", fix)


@check("PB504", Level.WARNING, "a channel whose token stands in the policy")
def tokens_of_channels(policy: Policy) -> Iterator[Found]:
    for path, contact in _contacts(policy):
        if found := [without_tokens(each) for each in contacts_in(contact) if holds_token(each)]:
            fix = "the database keeps every version of a policy: write env:NAME, and put the URL into the environment "
            fix += "variable NAME, or into the file that NAME_FILE names"
            yield Found(path, ", ".join(found), "env:NAME", fix)


def _contacts(policy: Policy) -> Iterator[tuple[Path, str]]:
    """Every contact that the pack names, with its place."""
    given = [(("roles",), policy.roles), *((("plan_roles", plan), each) for plan, each in policy.plan_roles.items())]
    for path, contacts in given:
        yield from (((*path, role), contact) for role, contact in contacts.items())


@check("PB502", Level.NOTE, "roles for which accounts must name a contact")
def vacant_roles(policy: Policy) -> Iterator[Found]:
    vacant = [role for role in policy.role_directory if role != ASSIGNEE and role not in policy.roles]
    of_plans = {role: [plan for plan, given in policy.plan_roles.items() if role in given] for role in vacant}
    vacant = [f"{role} (except in {' and '.join(plans)})" if plans else role for role, plans in of_plans.items()]
    if vacant:
        found = f"no contact in this pack for {', '.join(vacant)}"
        fix = "give addresses under roles in the accounts file; other tickets get the tag "
        fix += "policy_role_unresolved"
        yield Found(("role_directory",), found, "roles with a contact in each account", fix)
