"""Records of an Odoo database that depend on ours and would break if ours were removed.

Before it deletes a field, Odoo checks views and field definitions and nothing else. Domains, code and mail templates
are text that is read when it is used: a record rule on a missing field would keep everybody from reading tickets.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.setup.context import ALSO_ARCHIVED, FIELDS
from mappings.coercion import Json
from mappings.odoo.schema import MODEL
from mappings.odoo.vocabulary import many2many_ids, many2one_id

TEXTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "base.automation": ("model_id", ("filter_domain", "filter_pre_domain", "record_getter")),
    "helpdesk.sla": ("", ("domain",)),
    "ir.actions.act_window": ("res_model", ("domain", "context")),
    "ir.actions.report": ("model", ("domain", "attachment", "print_report_name")),
    "ir.actions.server": ("model_id", ("code", "update_path")),
    "ir.embedded.actions": ("parent_res_model", ("domain", "context")),
    "ir.exports.line": ("", ("name",)),
    "ir.filters": ("model_id", ("domain", "context", "sort")),
    "ir.model.fields": ("model", ("related", "depends", "compute", "domain")),
    "ir.rule": ("model_id", ("domain_force",)),
    "ir.ui.view": ("model", ("arch_db",)),
    "ir.ui.view.custom": ("", ("arch",)),
    "mail.template": ("model", ("subject", "body_html", "email_to", "email_cc", "partner_to", "reply_to", "lang")),
    "sms.template": ("model", ("body",)),
}
"""Model -> the field that says which model a record is for, if any, and the text fields that may name fields."""
REFERENCES: dict[str, dict[str, tuple[str, ...]]] = {
    FIELDS: {
        # without trigger fields a rule would fire on every change
        "base.automation": ("trigger_field_ids", "on_change_field_ids", "trg_date_id"),
        "ir.actions.server": ("webhook_field_ids", "update_field_id"),
    },
    "base.automation": {"ir.actions.server": ("base_automation_id",)},
    "ir.ui.view": {"ir.ui.view": ("inherit_id",)},
    "res.groups": {"ir.model.access": ("group_id",), "ir.rule": ("groups",), "res.groups": ("implied_ids",)},
}
"""Model of a removed record -> models that refer to it, with the referring fields."""


@dataclass(frozen=True)
class _Place:
    """One model, with the fields to search."""

    model: str
    kind: str
    """Its name for people."""
    about: str
    texts: tuple[str, ...]
    references: tuple[str, ...]

    def terms(self, going: Mapping[int, str]) -> list[tuple[str, str, object]]:
        """Conditions, at least one of which applies to every record that may depend on ours."""
        likely = [(text, "like", name) for text in self.texts for name in going.values()]  # `_` is any character
        return [*likely, *((reference, "in", list(going)) for reference in self.references)]

    def used_ids(self, record: Json, going: Mapping[int, str]) -> Iterator[tuple[int, str]]:
        """The ids that a record uses, and in which of its fields."""
        for ident, name in going.items():
            for text in self.texts:
                if re.search(rf"\b{re.escape(name)}\b", str(record[text] or "")):
                    yield ident, text
            for reference in self.references:
                if ident in {many2one_id(record[reference]), *many2many_ids(record[reference])}:
                    yield ident, reference


def find_dependents(
    client: OdooClient, model: str, going: Mapping[int, str], leaving: Container[tuple[str, int]]
) -> dict[int, list[str]]:
    """The dependents of records of one model that are to be removed, by id; records without dependents are left out.

    ``going``: names of the records by id. ``leaving``: model and id of all records that are removed and so do not
    count. A dependent is described as ``Record Rule "Big ones" (ir.rule 12) in domain_force``.
    """
    dependents: dict[int, list[str]] = {}
    namesakes = _namesakes(client, going.values()) if model == FIELDS else frozenset()
    for place in _places(client, model):
        for record in _records(client, place, going):
            for ident, column in place.used_ids(record, going):
                about = record.get(place.about)
                if (place.model, record["id"]) not in leaving and (about, going[ident]) not in namesakes:
                    phrase = f'{place.kind} "{record["display_name"]}" ({place.model} {record["id"]}) in {column}'
                    dependents.setdefault(ident, []).append(phrase)
    return dependents


def _places(client: OdooClient, model: str) -> Iterator[_Place]:
    """The places where records of a model may be used, if this database has the apps and this version the fields."""
    texts, references = TEXTS if model == FIELDS else {}, REFERENCES.get(model, {})
    if wanted := sorted({*texts, *references}):
        rows = client.search_read("ir.model", [("model", "in", wanted)], ["model", "name"], order="model")
        for row in rows:
            about, columns = texts.get(row["model"], ("", ()))
            there = client.fields_get(row["model"], ("type",))
            named = tuple(column for column in columns if column in there)
            referring = tuple(column for column in references.get(row["model"], ()) if column in there)
            yield _Place(row["model"], row["name"], about if about in there else "", named, referring)


def _records(client: OdooClient, place: _Place, going: Mapping[int, str]) -> list[Json]:
    if not (terms := place.terms(going)):
        return []
    domain = [*["|"] * (len(terms) - 1), *terms]
    fields = dict.fromkeys(["display_name", *filter(None, [place.about]), *place.texts, *place.references])
    return list(client.search_read(place.model, domain, list(fields), order="id", context=ALSO_ARCHIVED))


def _namesakes(client: OdooClient, names: Iterable[str]) -> frozenset[tuple[object, str]]:
    """Fields of other models with one of these names, once with the name of the model and once with its id."""
    domain = [("name", "in", sorted(names)), ("model", "!=", MODEL)]
    rows = client.search_read(FIELDS, domain, ["name", "model", "model_id"], order="id")
    return frozenset((model, row["name"]) for row in rows for model in (row["model"], row["model_id"]))
