"""What an answer of Zendesk proves: 200 does not mean applied. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mappings.coercion import Json, mapping, objects, text_of, word
from mappings.field_sources import VendorRef
from mappings.zendesk.vocabulary import OUR_NAME, ident, is_automatic, tags_of

Check = Callable[["UpdateResponse"], str | None]
"""What is wrong with an answer, or None when it shows that the action was carried out."""


@dataclass(frozen=True)
class UpdateResponse:
    """Zendesk's answer to an update: the ticket, and the audit of this update."""

    ticket: Json
    audit: Json

    def changed_to(self, name: str, wanted: str | None) -> bool:
        """Whether the audit shows our own change of a field to a value, whatever a trigger made of it afterwards."""
        return any(
            str(event.get("field_name")) == name and text_of(event.get("value")) == wanted
            for event in objects(self.audit.get("events"))
            if word(event.get("type")) in ("change", "create") and not is_automatic(event.get("via"))
        )

    def commented(self, *, public: bool) -> bool:
        return any(
            word(event.get("type")) == "comment" and (event.get("public", True) is not False) is public
            for event in objects(self.audit.get("events"))
        )


def verify(checks: Mapping[str, Iterable[Check]], answer: UpdateResponse) -> tuple[frozenset[str], dict[str, str]]:
    """Keys which the answer proves, and for the others why it does not: 200 does not mean applied."""
    if not ident(answer.ticket.get("id")):
        return frozenset(), dict.fromkeys(checks, "Zendesk answered 200, but shows no ticket")
    found = {key: next((fault for proof in owed if (fault := proof(answer))), "") for key, owed in checks.items()}
    confirmed = frozenset(key for key, fault in found.items() if not fault)
    return confirmed, {key: fault for key, fault in found.items() if fault}


def field_is(name: str, wanted: str) -> Check:
    """A field of the ticket has this value, or the audit shows that we gave it."""

    def proof(answer: UpdateResponse) -> str | None:
        found = text_of(answer.ticket.get(name))
        if found == wanted or answer.changed_to(name, wanted):
            return None
        return f"Zendesk answered 200, but {name} is {found}, not {wanted}"

    return proof


def custom_field_is(number: VendorRef, wanted: str | None) -> Check:
    """The same for a custom field."""

    def proof(answer: UpdateResponse) -> str | None:
        custom = objects(answer.ticket.get("custom_fields"))
        found = next((text_of(item.get("value")) for item in custom if ident(item.get("id")) == str(number)), None)
        if found == wanted or answer.changed_to(str(number), wanted):
            return None
        return f"Zendesk answered 200, but custom field {number} is {found}, not {wanted}; is that one of its options?"

    return proof


def tag_is(tag: str, *, present: bool) -> Check:
    """A tag is there, or is not."""

    def proof(answer: UpdateResponse) -> str | None:
        if (tag in tags_of(answer.ticket.get("tags"))) is present:
            return None
        return f"Zendesk answered 200, but the tag {tag} is {'missing' if present else 'still there'}"

    return proof


def commented(*, public: bool) -> Check:
    """The audit shows a comment of this kind."""

    def proof(answer: UpdateResponse) -> str | None:
        kind = "public comment" if public else "internal note"
        return None if answer.commented(public=public) else f"Zendesk answered 200, but its audit shows no {kind}"

    return proof


def metadata_kept(answer: UpdateResponse) -> str | None:
    """The audit carries our metadata."""
    custom = mapping(mapping(answer.audit.get("metadata")).get("custom"))
    return None if OUR_NAME in custom else "Zendesk answered 200, but did not keep our metadata"


def has_assignee(address: str) -> Check:
    """An address is answered with a user's id, so that somebody is assigned is all there is to see."""

    def proof(answer: UpdateResponse) -> str | None:
        found = ident(answer.ticket.get("assignee_id"))
        return None if found else f"Zendesk answered 200, but the ticket is not assigned to {address}"

    return proof
