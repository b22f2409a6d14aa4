"""The group "Policy" on the ticket form and the columns in the list, as extensions of the existing views."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Literal
from xml.sax.saxutils import quoteattr

from bridge.errors import GiveUp
from bridge.helpdesks.installer import InstallLine, InstallStep
from bridge.helpdesks.odoo.setup.context import SetupContext
from bridge.helpdesks.odoo.setup.external_ids import SetupRecord, external_id
from bridge.helpdesks.odoo.setup.fields import TicketField
from bridge.ports.helpdesk import Diagnosis
from mappings.odoo.schema import MODEL

ViewType = Literal["form", "list"]

ANCHORS: dict[ViewType, tuple[tuple[str, str], ...]] = {
    "form": (("//sheet/notebook", "before"), ("//sheet", "inside"), ("/*", "inside")),
    "list": (("//field[@name='stage_id']", "after"), ("//field[@name='name']", "after"), ("/*", "inside")),
}
"""Where an extension can be attached, best place first; a customised view may lack some of them."""
COLUMNS = ("Severity", "Due at", "Escalation stage")
"""Labels of the columns that are visible by default; people may add the others."""

LIST_SINCE = (18, 0)
"""The version since which list views are not called tree views."""

HIDES_SINCE = (17, 0)

_NOW = "datetime.datetime.now().to_utc().strftime('%Y-%m-%d %H:%M:%S')"
"""The present as the web client compares it: its records have UTC, and its own ``now`` is local time."""
_TAGS_ARE_OPTIONAL = (
    """<xpath expr="//field[@name='tag_ids']" position="attributes">"""
    """<attribute name="optional">hide</attribute></xpath>"""
)
"""The bridge's tags are for filters and rules: a ticket may have a dozen, and the columns beside them say the same."""

_STAMPED = re.compile(r"<data><!-- policybridge ([0-9a-f]{16}) -->(.*)</data>", re.DOTALL)


def extensions(view: ViewType, fields: Iterable[TicketField], *, hides: bool) -> list[str]:
    """The extension of a view, once for each place where it can be attached, the best first.

    ``hides``: this version can hide empty fields.
    """
    visible = [field for field in fields if not field.is_log]
    content = _group(visible, hides=hides) if view == "form" else _columns(visible)
    attached = [
        f"<xpath expr={quoteattr(where)} position={quoteattr(position)}>{content}</xpath>"
        for where, position in ANCHORS[view]
    ]
    further = ("",) if view == "form" else (_TAGS_ARE_OPTIONAL, "")
    return [_stamped(f"{extension}{more}") for more in further for extension in attached]


def is_untouched(arch: str) -> bool:
    """Whether an extension is still as we wrote it, by the digest in its comment."""
    found = _STAMPED.fullmatch(arch.strip())
    return found is not None and found[1] == _digest(found[2])


def _stamped(content: str) -> str:
    return f"<data><!-- policybridge {_digest(content)} -->{content}</data>"


def _digest(content: str) -> str:
    return sha256(content.encode()).hexdigest()[:16]


def _group(fields: Sequence[TicketField], *, hides: bool) -> str:
    shown = "".join(
        _field(field, readonly="1", **({"invisible": f"not {field.name}"} if hides else {}))
        for field in fields
        if field.shown
    )
    recorded = "".join(_field(field) for field in fields if not field.shown)
    columns = f'<group name="policybridge_shown">{shown}</group>'
    columns += f'<group name="policybridge_facts">{recorded}</group>' if recorded else ""
    return f'<group string="Policy" name="policybridge">{columns}</group>'


def _columns(fields: Sequence[TicketField]) -> str:
    shown = (field for field in fields if field.shown)
    return "".join(
        _field(field, readonly="1", optional="show" if field.label in COLUMNS else "hide") for field in shown
    )


def _field(field: TicketField, **attributes: str) -> str:
    listed = {"name": field.name, **attributes, **_decorations(field)}
    return f"<field {' '.join(f'{name}={quoteattr(text)}' for name, text in listed.items())}/>"


def _decorations(field: TicketField) -> dict[str, str]:
    """A time of ours that has passed is red; a number that nobody has entered, which Odoo shows as 0, is grey."""
    if field.shown and field.type == "datetime":
        return {"decoration-danger": f"{field.name} and {field.name} < {_NOW}"}
    return {"decoration-muted": f"not {field.name}"} if field.type == "number" else {}


def ensure_view(context: SetupContext, view: ViewType, fields: Iterable[TicketField]) -> Iterator[InstallLine]:
    """Create or update the extension of the view that people see, unless somebody has edited it."""
    kind = view if view == "form" or context.client.series >= LIST_SINCE else "tree"
    shown = context.client.call(MODEL, "get_views", views=[[False, kind]])["views"][kind]
    parent, archs = shown.get("id"), extensions(view, fields, hides=context.client.series >= HIDES_SINCE)
    if not parent:
        yield Diagnosis(
            f"{view} view", ok=False, advice="the database has none for tickets; create one and run this again"
        )
        return
    records = [_view_record(kind, int(parent), arch) for arch in archs]
    record = context.external_ids.present(records, ["arch", "inherit_id"]).get(records[0].external_id)
    if record is None:
        yield from _attach(context, "create", records)
    elif not is_untouched(record["arch"]):
        advice = f"{records[0].name} was edited and stays unchanged; to restore it, delete it and run this again"
        yield Diagnosis(f"{view} view", ok=True, advice=advice)
    elif record["arch"] not in archs or record["inherit_id"] != parent:
        yield from _attach(context, "change", records)


def _attach(
    context: SetupContext, verb: Literal["create", "change"], records: Sequence[SetupRecord]
) -> Iterator[InstallStep]:
    """Attach it at the first place that the server accepts, which depends on its other extensions."""
    *tries, last = records
    if context.apply:
        for record in tries:
            with suppress(GiveUp):
                context.external_ids.load([record])
                break
        else:
            context.external_ids.load([last])
    yield InstallStep(verb, last.model, last.name, last.why)


def _view_record(kind: str, parent: int, arch: str) -> SetupRecord:
    columns = {
        "name": f"policybridge.ticket.{kind}",
        "model": MODEL,
        "type": kind,
        "mode": "extension",
        "inherit_id/.id": str(parent),
        "priority": "99",
        "arch": arch,
    }
    why = "the group Policy on the form" if kind == "form" else "columns that people may show or hide"
    return SetupRecord("ir.ui.view", external_id("view", kind), columns["name"], why, columns)
