"""What only an administrator may do: fields, views, rights, keys; and what the integration user is kept from."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from bridge.sandbox.odoo.process import OdooSandbox

from .conftest import ADMIN, AGENT, BOT, TICKET, create, model_id, read, write

FORM_PIECE = '<data><xpath expr="//sheet/notebook" position="before"><field name="x_note"/></xpath></data>'


def add_field(odoo, name="x_note", ttype="char", **more):
    values = {"name": name, "model_id": model_id(odoo, TICKET), "ttype": ttype, "field_description": "Note", **more}
    return odoo.call(ADMIN, "ir.model.fields", "create", vals_list=[values])[0]


def view(odoo, kind):
    return odoo.call(ADMIN, "ir.ui.view", "search", domain=[["type", "=", kind], ["mode", "=", "primary"]])[0]


def extend(odoo, arch, kind="form"):
    values = {"name": "bridge", "model": TICKET, "type": kind, "mode": "extension", "inherit_id": view(odoo, kind)}
    return odoo.call(ADMIN, "ir.ui.view", "create", vals_list=[{**values, "priority": 99, "arch": arch}])[0]


def test_a_field_by_hand_is_a_field_like_others(odoo):
    ident = create(odoo)
    options = [[0, 0, {"value": "s1", "name": "One"}], [0, 0, {"value": "s2", "name": "Two", "sequence": 1}]]
    add_field(odoo, "x_impact", "selection", tracking=10, selection_ids=options)
    described = odoo.call(BOT, TICKET, "fields_get", allfields=["x_impact"], attributes=["type", "selection", "string"])
    assert described == {
        "x_impact": {"type": "selection", "string": "Note", "selection": [["s2", "Two"], ["s1", "One"]]}
    }
    assert read(odoo, ident, "x_impact")["x_impact"] is False
    write(odoo, ident, x_impact="s1")
    with pytest.raises(RuntimeError, match=r"Wrong value for helpdesk\.ticket\.x_impact: 's9'"):
        write(odoo, ident, x_impact="s9")
    (tracked,) = odoo.call(ADMIN, "mail.tracking.value", "search_read", domain=[], fields=["new_value_char"])
    assert tracked["new_value_char"] == "One"


@pytest.mark.parametrize(
    ("name", "complaint"), [("note", "starts with 'x_'"), ("x_a b", "can only contain"), ("x_note", "must be unique")]
)
def test_names_of_fields(odoo, name, complaint):
    add_field(odoo)
    with pytest.raises(RuntimeError, match=complaint):
        add_field(odoo, name)


def test_a_field_that_a_view_shows_cannot_go(odoo):
    field = add_field(odoo)
    extension = extend(odoo, FORM_PIECE)
    with pytest.raises(RuntimeError, match="still present in views"):
        odoo.call(ADMIN, "ir.model.fields", "unlink", [field])
    odoo.call(ADMIN, "ir.ui.view", "unlink", [extension])
    odoo.call(ADMIN, "ir.model.fields", "unlink", [field])
    assert "x_note" not in odoo.call(BOT, TICKET, "fields_get", attributes=["type"])


def test_a_base_field_cannot_be_altered(odoo):
    found = odoo.call(ADMIN, "ir.model.fields", "search", domain=[["model", "=", TICKET], ["name", "=", "priority"]])
    with pytest.raises(RuntimeError, match="Properties of base fields cannot be altered"):
        odoo.call(ADMIN, "ir.model.fields", "write", found, vals={"tracking": 5})


def test_people_see_what_a_view_extension_adds(odoo):
    add_field(odoo)
    extend(odoo, FORM_PIECE)
    extend(odoo, '<data><field name="stage_id" position="after"><field name="x_note"/></field></data>', "list")
    form = odoo.call(AGENT, TICKET, "get_view", view_type="form")["arch"]
    assert form.index('name="x_note"') < form.index("<notebook>")
    listed = odoo.call(AGENT, TICKET, "get_views", views=[[False, "list"]])["views"]["list"]["arch"]
    assert listed.index('name="stage_id"') < listed.index('name="x_note"')


@pytest.mark.parametrize(
    ("arch", "complaint"),
    [
        (
            '<data><field name="nope" position="after"/></data>',
            "'<field name=\"nope\">' cannot be located in parent view",
        ),
        (
            '<data><field name="priority" position="after"><field name="x_nope"/></field></data>',
            '"x_nope" does not exist',
        ),
        ('<data><field name="priority" position="beside"/></data>', "Invalid position attribute: 'beside'"),
        ("<data>", "parsing"),
    ],
)
def test_a_view_that_does_not_fit_is_refused_and_leaves_nothing(odoo, arch, complaint):
    with pytest.raises(RuntimeError, match=complaint):
        extend(odoo, arch)
    assert odoo.call(ADMIN, "ir.ui.view", "search_count", domain=[["mode", "=", "extension"]]) == 0


def test_an_import_makes_rows_with_their_external_ids_or_none_at_all(odoo):
    rows = [["policybridge.tag_a", "policy_a"], ["policybridge.tag_b", "policy_b"]]
    answer = odoo.call(ADMIN, "helpdesk.ticket.tag", "load", fields=["id", "name"], data=rows)
    assert answer == {"ids": [1, 2], "messages": [], "nextrow": 0}
    again = odoo.call(ADMIN, "helpdesk.ticket.tag", "load", fields=["id", "name"], data=[["policybridge.tag_a", "new"]])
    assert again["ids"] == [1]
    columns = ["id", "name", "model_id/.id", "ttype", "field_description"]
    ticket = str(model_id(odoo, TICKET))
    wrong = [["p.a", "x_a", ticket, "char", "A"], ["p.b", "b", ticket, "char", "B"]]
    refused = odoo.call(ADMIN, "ir.model.fields", "load", fields=columns, data=wrong)
    assert refused["ids"] is False
    assert [(fault["record"], fault["type"]) for fault in refused["messages"]] == [(1, "error")]
    assert "x_a" not in odoo.call(BOT, TICKET, "fields_get", attributes=["type"])
    marks = odoo.call(
        ADMIN, "ir.model.data", "search_read", domain=[["module", "=", "policybridge"]], fields=["res_id"]
    )
    assert [row["res_id"] for row in marks] == [1, 2]


def test_deleting_a_record_takes_its_external_id_along(odoo):
    odoo.call(ADMIN, "helpdesk.ticket.tag", "load", fields=["id", "name"], data=[["policybridge.tag", "policy_x"]])
    odoo.call(ADMIN, "helpdesk.ticket.tag", "unlink", [1])
    assert odoo.call(ADMIN, "ir.model.data", "search_count", domain=[["module", "=", "policybridge"]]) == 0


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("helpdesk.ticket.tag", "create"),
        ("ir.model.fields", "search_read"),
        ("ir.model.data", "search_read"),
        ("ir.ui.view", "search_read"),
        ("base.automation", "search_read"),
        ("mail.tracking.value", "search_read"),
    ],
)
def test_the_integration_user_may_not(odoo, model, method):
    sent = {"vals_list": [{"name": "x"}]} if method == "create" else {"domain": []}
    with pytest.raises(RuntimeError, match=f"AccessError: You are not allowed to .*{model}"):
        odoo.call(BOT, model, method, **sent)


def test_a_group_may_be_given_the_history_of_tickets_and_no_more(odoo):
    ident = create(odoo)
    write(odoo, ident, stage_id=2)
    bot = odoo.call(ADMIN, "res.users", "search", domain=[["login", "=", BOT]])[0]
    members = "users" if odoo.series < 19 else "user_ids"
    group = odoo.call(ADMIN, "res.groups", "create", vals_list=[{"name": "History", members: [[4, bot]]}])[0]
    for model, path in (("mail.tracking.value", "field_id.model"), ("ir.model.fields", "model")):
        about = {"name": model, "model_id": model_id(odoo, model)}
        odoo.call(ADMIN, "ir.model.access", "create", vals_list=[{**about, "group_id": group, "perm_read": True}])
        rule = {**about, "groups": [[4, group]], "domain_force": f"[('{path}', '=', '{TICKET}')]"}
        odoo.call(ADMIN, "ir.rule", "create", vals_list=[rule])
    (tracked,) = odoo.call(BOT, "mail.tracking.value", "search_read", domain=[], fields=["new_value_char"])
    assert tracked["new_value_char"] == "In Progress"
    seen = odoo.call(BOT, "ir.model.fields", "search_read", domain=[], fields=["model"])
    assert {row["model"] for row in seen} == {TICKET}


def test_rights_can_be_asked_for(odoo):
    bot = odoo.call(ADMIN, "res.users", "search", domain=[["login", "=", BOT]])[0]
    request = {"base.group_user": True, "helpdesk_mgmt.group_helpdesk_user": True, "base.group_system": False}
    assert {group: odoo.call(BOT, "res.users", "has_group", [bot], group_ext_id=group) for group in request} == request
    ident = create(odoo)
    assert odoo.call(BOT, TICKET, "has_access", [ident], operation="write") is True
    assert odoo.call(BOT, TICKET, "has_access", [ident], operation="unlink") is False


def test_keys_rotate_where_the_database_allows_it(odoo19):
    key = OdooSandbox.key_of(BOT)
    new = {"key": key, "scope": None, "name": "rotated", "expiration_date": "2027-01-15"}
    with pytest.raises(RuntimeError, match="Programmatic API keys are not enabled"):
        odoo19.call(BOT, "res.users.apikeys", "generate", **new)
    odoo19.call(ADMIN, "ir.config_parameter", "set_param", key="base.enable_programmatic_api_keys", value="True")
    with pytest.raises(RuntimeError, match=r"You cannot exceed 90\.0 days"):
        odoo19.call(BOT, "res.users.apikeys", "generate", **{**new, "expiration_date": "2027-06-30"})
    made = odoo19.call(BOT, "res.users.apikeys", "generate", **new)
    keys = odoo19.call(BOT, "res.users.apikeys", "search_read", domain=[], fields=["name", "expiration_date"])
    assert [(row["name"], row["expiration_date"]) for row in keys][1:] == [("rotated", "2027-01-15 00:00:00")]
    odoo19.call(BOT, "res.users.apikeys", "revoke", key=key)
    request = f"{odoo19.url}/json/2/res.users/context_get"
    old, fresh = (requests.post(request, json={}, headers={"Authorization": f"bearer {k}"}) for k in (key, made))
    assert (old.status_code, fresh.status_code) == (401, 200)


def test_a_key_expires():
    with OdooSandbox(19) as own:
        request = f"{own.url}/json/2/res.users/context_get"
        headers = {"Authorization": f"bearer {own.api_key}"}
        assert requests.post(request, json={}, headers=headers).status_code == 200
        own.advance(91 * 86_400)
        assert requests.post(request, json={}, headers=headers).json()["message"] == "Invalid apikey"


def test_which_series_it_is(odoo):
    found = requests.get(f"{odoo.url}/web/version")
    if odoo.series < 19:
        assert found.status_code == 404
        posted = requests.post(f"{odoo.url}/json/2/res.users/context_get", json={}, allow_redirects=False)
        assert posted.status_code == 303
    else:
        assert found.json() == {"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}


def test_answers_are_dated_by_the_servers_own_clock(odoo):
    before, _, after = response_date(odoo), odoo.advance(3600), response_date(odoo)
    assert timedelta(hours=1) <= after - before < timedelta(hours=1, minutes=1)


def response_date(odoo):
    return parsedate_to_datetime(requests.get(f"{odoo.url}/web/login").headers["Date"])
