"""Roles that rules speak to: whether the pack knows them, and whether it says who fills them."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.pack_parts import roles

ASSIGNEE = "assignee"
"""The one role that every ticket fills itself."""


@check("PB501", Level.ERROR, "an unresolvable role")
def unknown_roles(policy: Policy) -> Iterator[Found]:
    known = tuple(dict.fromkeys((ASSIGNEE, *policy.role_directory, *policy.roles)))
    for path, role in roles(policy):
        if role not in known:
            fix = "add it to role_directory, for accounts to fill, or give its address under roles"
            yield Found(path, role, known, fix)


@check("PB502", Level.NOTE, "roles that accounts have to fill")
def vacant_roles(policy: Policy) -> Iterator[Found]:
    vacant = [role for role in policy.role_directory if role != ASSIGNEE and role not in policy.roles]
    if vacant:
        found = f"nobody in this pack for {', '.join(vacant)}"
        fix = "name addresses under roles of the accounts; a ticket of an account that does not is marked "
        fix += "policy_role_unresolved"
        yield Found(("role_directory",), found, "roles that accounts fill", fix)
