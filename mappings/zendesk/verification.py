"""What Zendesk's response to an update proves. Pure.

A 200 does not mean that everything was applied: unknown options of a dropdown are ignored silently
(https://github.com/facetoe/zenpy/issues/420), and triggers may change a field again in the same update. Therefore every
action is checked against the ticket and the audit in the response.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bridge.ticket import same_form
from mappings.coercion import Json, enum_value, json_object, json_objects, text_of
from mappings.field_sources import VendorRef
from mappings.verification import run_checks
from mappings.zendesk.vocabulary import OUR_NAME, id_text, is_automatic, parse_tags

Check = Callable[["UpdateResponse"], str | None]
"""Returns None when the response shows that an action was carried out, otherwise what is wrong."""
_OK_BUT = "Zendesk answered 200, but"


@dataclass(frozen=True)
class UpdateResponse:
    """Zendesk's response to an update: the ticket, and the audit of this update."""

    ticket: Json
    audit: Json

    def changed_to(self, name: str, wanted: str | None) -> bool:
        """Whether the audit shows our own change of a field to a value, even if a trigger changed it afterwards."""
        return any(
            str(event.get("field_name")) == name and text_of(event.get("value")) == wanted
            for event in json_objects(self.audit.get("events"))
            if enum_value(event.get("type")) in ("change", "create") and not is_automatic(event.get("via"))
        )

    def has_comment(self, *, public: bool) -> bool:
        """Whether the audit shows a comment of this kind."""
        return any(
            enum_value(event.get("type")) == "comment" and (event.get("public", True) is not False) is public
            for event in json_objects(self.audit.get("events"))
        )


def verify(checks: Mapping[str, Iterable[Check]], response: UpdateResponse) -> tuple[frozenset[str], dict[str, str]]:
    """Keys of the actions that the response proves, and for the others why it does not."""
    if not id_text(response.ticket.get("id")):
        return frozenset(), dict.fromkeys(checks, f"{_OK_BUT} shows no ticket")
    return run_checks(checks, response)


def field_is(name: str, wanted: str | None) -> Check:
    """A field of the ticket has this value (None: it is empty), or the audit shows that we set it."""

    def check(response: UpdateResponse) -> str | None:
        found = text_of(response.ticket.get(name))
        if found == wanted or response.changed_to(name, wanted):
            return None
        return f"{_OK_BUT} {name} is {found}, not {wanted}"

    return check


def custom_field_is(number: VendorRef, wanted: str | None) -> Check:
    """A custom field has this value, or the audit shows that we set it."""

    def check(response: UpdateResponse) -> str | None:
        custom = json_objects(response.ticket.get("custom_fields"))
        found = next((text_of(item.get("value")) for item in custom if id_text(item.get("id")) == str(number)), None)
        if same_form(found, wanted) or response.changed_to(str(number), wanted):
            return None
        return f"{_OK_BUT} custom field {number} is {found}, not {wanted}; is that one of its options?"

    return check


def tag_is(tag: str, *, present: bool) -> Check:
    """A tag is on the ticket, or is not."""

    def check(response: UpdateResponse) -> str | None:
        if (tag in parse_tags(response.ticket.get("tags"))) is present:
            return None
        return f"{_OK_BUT} the tag {tag} is {'missing' if present else 'still there'}"

    return check


def comment_added(*, public: bool) -> Check:
    """The audit shows a comment of this kind."""

    def check(response: UpdateResponse) -> str | None:
        kind = "public comment" if public else "internal note"
        return None if response.has_comment(public=public) else f"{_OK_BUT} its audit shows no {kind}"

    return check


def metadata_kept(response: UpdateResponse) -> str | None:
    """The audit carries our metadata."""
    custom = json_object(json_object(response.audit.get("metadata")).get("custom"))
    return None if OUR_NAME in custom else f"{_OK_BUT} did not keep our metadata"


def has_assignee(address: str) -> Check:
    """Somebody is assigned. The response names the assignee by id, so the address itself cannot be compared."""

    def check(response: UpdateResponse) -> str | None:
        found = id_text(response.ticket.get("assignee_id"))
        return None if found else f"{_OK_BUT} the ticket is not assigned to {address}"

    return check
