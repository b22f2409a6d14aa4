"""The models of ``policybridge.yaml``: what a file means, and the errors of a wrong one."""

import pytest

from bridge.decision import Fact, Field, SystemField
from bridge.errors import InputError
from bridge.ticket import Status
from bridge.yamlio.validate import load_model
from mappings.connection import Configuration, vendors

WHOLE = """
policy: maas360
accounts: accounts.yaml
connections:
  acme-zendesk:
    vendor: zendesk
    mode: enforce
    tiers: {1: 4101, 2: [4102, 4112], 3: 4103}
    groups: {japanese: 4104}
    statuses: {in_progress: 2103, customer_update_required: 2105}
    facts:
      affected: {field: 3101, values: {affected_all: all, 1: individual}}
      reported_before: {field: 3102, values: {true: "yes"}}
      impact: {tags: {impact_catastrophic: catastrophic, impact_major: major}}
      devices_affected: {field: 3108, type: number}
    type: {values: {question: information_request}}
    channel: {tags: {called_in: phone}}
    marks:
      escalation: {tag: request_escalation}
      confirm_resolution: {field: 3301, value: true}
      approvals: {severity_change: {approve: {tag: approve_severity}, refuse: {tag: refuse_severity}}}
    fields:
      severity: 3201
      proposed_severity: {field: 3202, values: {critical: proposed_critical}}
    organizations:
      key: external_id
      plan: {tags: {gold: premium}}
      contacts: {user_tag: help_desk}
      roles: {account_manager: {field: account_manager}}
    notify: {coo: "mailto://relay.example/?to=coo@vendor.example", support_manager: [a://x, b://y]}
"""


def test_a_whole_file_is_understood() -> None:
    file = load_model(WHOLE, Configuration, name="policybridge.yaml")
    connection = file.connections["acme-zendesk"]

    assert file.policy == ["maas360"]
    assert connection.tiers == {1: [4101], 2: [4102, 4112], 3: [4103]}
    assert connection.statuses[Status.IN_PROGRESS] == [2103]
    assert connection.facts["affected"].values == {"affected_all": "all", "1": "individual"}
    assert connection.facts["reported_before"].values == {"true": "yes"}
    assert connection.fields["proposed_severity"].values == {"critical": "proposed_critical"}
    assert connection.notify["coo"] == ["mailto://relay.example/?to=coo@vendor.example"]


def test_a_new_connection_is_in_shadow_mode() -> None:
    file = load_model("policy: maas360\nconnections: {a: {vendor: zendesk}}", Configuration)
    assert file.connections["a"].mode == "shadow"


def test_fields_kept_in_our_own_record_need_no_id() -> None:
    file = load_model(WHOLE, Configuration)
    fields = {*map(Field, ("severity", "proposed_severity", "closure_at", "audience"))}
    facts = {Fact(name) for name, source in file.connections["acme-zendesk"].facts.items() if source.field}
    assert file.connections["acme-zendesk"].known_fields == fields | facts | {SystemField.GROUP}


@pytest.mark.parametrize(
    ("found", "replacement", "reported"),
    [
        ("mode: enforce", "mode: enforced", "enforce, comment_only, shadow"),
        ("groups:", "group:", "did you mean 'groups'"),
        ("vendor: zendesk", "vendor: helpdesk", "zendesk"),
        ("{tag: request_escalation}", "{tag: a, field: 3}", "exactly one of tag and field"),
        ("{field: 3108, type: number}", "{type: number}", "field (a custom field) or tags"),
        ("in_progress: 2103", "in_progres: 2103", "in_progress"),
        ("in_progress: 2103", "in_progress: 2105", "2105 is listed twice"),
        ("{user_tag: help_desk}", "{}", "exactly one of field, tags and user_tag"),
        ("severity: 3201", "severity: many", "integer"),
        ("acme-zendesk:", "'acme:zendesk':", "lower-case letters, digits, hyphens and underscores"),
    ],
)
def test_an_error_names_its_place_and_what_is_allowed(found: str, replacement: str, reported: str) -> None:
    lines = [number for number, text in enumerate(WHOLE.splitlines(), 1) if found in text or "vendor:" in text]
    with pytest.raises(InputError) as caught:
        load_model(WHOLE.replace(found, replacement, 1), Configuration, name="policybridge.yaml")
    text = str(caught.value)
    assert text.startswith("policybridge.yaml:")
    assert int(text.split(":")[1]) in lines  # rules on a whole connection name its first line
    assert reported.replace("'", "") in text.replace("'", "")


def test_vendors_are_those_with_a_vocabulary() -> None:
    assert vendors() == ["odoo", "zendesk"]


def test_odoo_names_its_things_by_name_or_number_and_its_fields_by_name() -> None:
    text = """
policy: maas360
connections:
  acme-odoo:
    vendor: odoo
    tiers: {1: Tier 1, 2: [4, Tier 2b]}
    groups: {japanese: 日本語}
    statuses: {in_progress: [In Progress, 7]}
    facts: {impact: {field: x_impact}}
    marks: {confirm_resolution: {field: x_confirmed}}
    fields: {severity: x_severity}
"""
    connection = load_model(text, Configuration).connections["acme-odoo"]
    assert connection.tiers == {1: ["Tier 1"], 2: [4, "Tier 2b"]}
    assert connection.statuses == {Status.IN_PROGRESS: ["In Progress", 7]}
    assert dict(connection.named_fields()) == {
        "facts.impact": "x_impact",
        "marks.confirm_resolution": "x_confirmed",
        "fields.severity": "x_severity",
    }


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        ("vendor: odoo, fields: {severity: 3201}", "technical names of fields, such as x_impact, for vendor odoo"),
        ("vendor: odoo, facts: {affected: {field: 31}}", "facts.affected is 31"),
        ("vendor: odoo, marks: {escalation: {field: 31}}", "marks.escalation is 31"),
        ("vendor: zendesk, facts: {affected: {field: x_a}}", "integer ids for vendor zendesk; facts.affected is 'x_a'"),
        ("vendor: zendesk, channel: {field: x_a}", "channel is 'x_a'"),
        ("vendor: zendesk, tiers: {1: Tier 1}", "integer ids for vendor zendesk; tiers.1 is 'Tier 1'"),
        ("vendor: zendesk, groups: {japanese: J}", "groups.japanese is 'J'"),
        ("vendor: zendesk, statuses: {open: Open}", "statuses.open is 'Open'"),
        ("vendor: odoo, tiers: {1: [Tier 1, Tier 1]}", "each id once under tiers; Tier 1 is listed twice"),
    ],
)
def test_ids_or_names_must_be_those_of_the_vendor(settings: str, reported: str) -> None:
    with pytest.raises(InputError) as caught:
        load_model(f"policy: maas360\nconnections:\n  acme: {{{settings}}}", Configuration)
    assert reported in str(caught.value)
