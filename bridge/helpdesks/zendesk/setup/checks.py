"""What has to work for the bridge's words to reach anybody: the trigger that mails them, and followers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bridge.errors import GiveUp
from bridge.helpdesks.zendesk.client import ZendeskClient
from bridge.policy.model import Policy
from bridge.ports.helpdesk import Diagnosis
from mappings.coercion import Json, json_object, json_objects

_REQUESTER = frozenset({"requester_id", "requester_and_ccs", "all"})
_MAIL_ACTION = "notification_user"


def check_mails(client: ZendeskClient, policies: Sequence[Policy]) -> Iterator[Diagnosis]:
    """Whether a public comment of the bridge is mailed to the requester, and notes to followers."""
    if any(policy.templates for policy in policies):
        yield from _check_trigger(client)
    yield from _check_followers(client)


def _check_trigger(client: ZendeskClient) -> Iterator[Diagnosis]:
    try:
        triggers = list(client.pages("triggers.json", "triggers"))
    except GiveUp as error:
        yield Diagnosis("notification trigger", ok=True, advice=f"could not be checked: {error}")
        return
    mailing = [row for row in triggers if any(_mails(action) for action in json_objects(row.get("actions")))]
    active = [row for row in mailing if row.get("active") and _is_on_updates(row)]
    if active:
        yield Diagnosis("notification trigger", ok=True, advice=f"{active[0].get('title')} mails public comments")
    else:
        off = ", ".join(str(row.get("title")) for row in mailing if not row.get("active"))
        advice = f"activate {off}" if off else "create one in Admin Center > Objects and rules > Triggers"
        what = "no active trigger mails public comments to the requester, so the bridge's messages would reach nobody"
        yield Diagnosis("notification trigger", ok=False, advice=f"{what}; {advice}")


def _mails(action: Json) -> bool:
    value: Any = action.get("value")
    to = value[0] if isinstance(value, list) and value else value
    return action.get("field") == _MAIL_ACTION and str(to) in _REQUESTER


def _is_on_updates(trigger: Json) -> bool:
    """Whether a trigger is about public comments, and not only about new tickets."""
    conditions = json_objects(json_object(trigger.get("conditions")).get("all"))
    only_new = any(each.get("field") == "update_type" and each.get("value") == "Create" for each in conditions)
    return not only_new


def _check_followers(client: ZendeskClient) -> Iterator[Diagnosis]:
    try:
        settings = json_object(client.get("account/settings.json").get("settings"))
    except GiveUp:
        yield Diagnosis("followers", ok=True, advice="could not be checked: the account's settings cannot be read")
        return
    allowed = json_object(settings.get("tickets")).get("follower_and_email_cc_collaborations")
    if allowed is False:
        what = "people who hold a role are added as followers, which this account does not allow"
        advice = f"{what}; turn on CCs and followers in Admin Center > Objects and rules > Tickets > Settings"
        yield Diagnosis("followers", ok=False, advice=advice)
    else:
        yield Diagnosis("followers", ok=True, advice="people who hold a role can be added to tickets")
