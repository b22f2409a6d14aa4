"""A database as it is at the start: the community helpdesk installed, two tiers, a customer, a bot with no more rights
than it needs, and the people of the sample tickets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from itertools import product
from typing import Any

from bridge.sandbox import personas
from bridge.sandbox.odoo import seed_data as words
from bridge.sandbox.odoo.env import Env
from bridge.sandbox.odoo.partners import LONGEST_DAYS, keep
from bridge.sandbox.odoo.seed_data import ADMINISTRATOR, BOT, MANAGER, PORTAL, SYSTEM, USER

__all__ = ["ADMINISTRATOR", "BOT", "fill", "key_of"]


def key_of(login: str) -> str:
    """The API key that a user of the seed has; worth nothing outside the process."""
    return sha256(f"sandbox key of {login}".encode()).hexdigest()[:40]


def _staff() -> list[tuple[int, str, str, str, tuple[str, ...]]]:
    """The agents of the sample tickets; the bot is this database's own."""
    return [row for row in personas.STAFF.values() if row[2] != personas.INTEGRATION]


def fill(env: Env) -> None:
    """Fill an empty database; ``env`` acts as OdooBot, who comes to be first."""
    _platform(env)
    _rights(env)
    company = env["res.company"].search_rows([])[0]["id"]
    users = dict(_users(env, company))
    _desk(env, users)
    env.work.changes.clear()


def _named(env: Env, model: str, xmlid: str, values: Mapping[str, Any]) -> int:
    """A record with an external identifier."""
    ident = env[model].insert(values)
    module, _, name = xmlid.partition(".")
    env["ir.model.data"].insert({"module": module, "name": name, "model": model, "res_id": ident, "noupdate": True})
    return ident


def _platform(env: Env) -> None:
    """Company, OdooBot, and what describes the models."""
    transaction, registry = env.work.transaction, env.work.registry
    bot = {
        "id": 1,
        "partner_id": 2,
        "company_id": 1,
        "company_ids": (1,),
        "groups_id": (),
        "group_ids": (),
        "login": "__system__",
    }
    transaction.put("res.users", 1, {**bot, "active": False, "_password": None, "notification_type": "email"})
    office = env["res.partner"].insert(
        {"name": "Sandbox Support", "email": "office@vendor.example", "is_company": True}
    )
    env["res.company"].insert({"name": "Sandbox Support", "partner_id": office})
    env["res.partner"].insert({"name": "OdooBot", "email": "odoobot@example.com", "active": False})
    for name, ident in registry.model_ids.items():
        values = {
            "id": ident,
            "name": registry.title(name),
            "model": name,
            "state": "base",
            "create_uid": 1,
            "write_uid": 1,
        }
        transaction.put("ir.model", ident, {**values, "create_date": env.now, "write_date": env.now})
    for name, ident in registry.model_ids.items():
        module = "helpdesk_mgmt" if name.startswith("helpdesk") else "base"
        data = {"module": module, "name": f"model_{name.replace('.', '_')}", "model": "ir.model", "res_id": ident}
        env["ir.model.data"].insert(data)
        _describe(env, name, ident)


def _describe(env: Env, model: str, model_id: int) -> None:
    """The ``ir.model.fields`` rows of a model's own fields, which nobody may make by hand."""
    transaction, table = env.work.transaction, env["ir.model.fields"]
    blank = {field.name: field.blank for field in table.fields.values() if field.kept}
    for field in env[model].fields.values():
        ident = transaction.new_id(table.name)
        about = {"name": field.name, "model": model, "model_id": model_id, "field_description": field.string}
        kinds = {
            "ttype": field.type,
            "relation": field.relation or None,
            "state": "base",
            "tracking": int(field.tracked),
        }
        flags = {"required": field.required, "readonly": field.readonly, "store": field.store, "copied": True}
        own = {"id": ident, "state": "base", **_log(env)}
        transaction.put(table.name, ident, {**blank, **about, **kinds, **flags, **own})


def _log(env: Env) -> dict[str, Any]:
    return {"create_uid": env.uid, "write_uid": env.uid, "create_date": env.now, "write_date": env.now}


def _rights(env: Env) -> None:
    idents: dict[str, int] = {}
    for xmlid, old, new, implied in words.GROUPS:
        name = old.partition("/")[2]
        values = {"name": name, "implied_ids": [[6, 0, [idents[other] for other in implied]]]}
        ident = idents[xmlid] = _named(env, "res.groups", xmlid, values)
        full = old if env.series < 19 else new or old.replace("Helpdesk/", "Helpdesk Access Levels/")
        row = env["res.groups"].row(ident) or {}
        env.work.transaction.put("res.groups", ident, {**row, "_full_name": full})
    for model, granted in words.RIGHTS.items():
        for group, verbs in granted.items():
            about = {"name": model, "model_id": env.work.registry.model_ids[model], "group_id": idents[group]}
            env["ir.model.access"].insert({**about, **{words.VERBS[verb]: True for verb in verbs}})


def _users(env: Env, company: int) -> Iterator[tuple[str, int]]:
    """Login and id of everybody who may log in, the administrator first."""
    _user(env, company, ADMINISTRATOR, "Administrator", "admin@example.com", (SYSTEM, MANAGER))
    for login, name in (("public", "Public user"), ("portaltemplate", "Portal User Template")):
        _user(env, company, login, name, "", (), active=False)
    for login, name, address, groups in words.LAB:
        yield login, _user(env, company, login, name, address, groups)
    firm = env["res.partner"].insert(
        {"name": "Customer Company", "email": "office@customer.example", "is_company": True}
    )
    _user(env, company, PORTAL, "Carla Customer", "carla@customer.example", ("base.group_portal",), firm)
    env["res.partner"].insert({"name": "Second Contact", "email": "second@customer.example", "parent_id": firm})
    for _, name, address, *_ in _staff():
        yield address, _user(env, company, address, name, address, (USER,))
    for key, (_, name, _) in personas.ORGANIZATIONS.items():
        firm = env["res.partner"].insert({"name": name, "is_company": True})
        for _, person, address, organization, locale in personas.CUSTOMERS.values():
            if organization == key:
                lang = words.LANGUAGES.get(locale, locale.replace("-", "_"))
                _user(env, company, address, person, address, ("base.group_portal",), firm, lang=lang)


def _user(
    env: Env,
    company: int,
    login: str,
    name: str,
    address: str,
    groups: tuple[str, ...],
    firm: int | None = None,
    *,
    lang: str = "en_US",
    active: bool = True,
) -> int:
    """A user with their contact; whoever is not a customer has a key, and a password like the login."""
    who = {"name": name, "email": address or False, "parent_id": firm, "lang": lang, "tz": "UTC", "active": active}
    partner = env["res.partner"].insert(who)
    field = "groups_id" if env.series < 19 else "group_ids"
    about = {"partner_id": partner, "login": login, "company_id": company, "company_ids": [[4, company]]}
    member = {field: [[6, 0, [env.ref(group) for group in groups]]], "active": active}
    ident = env["res.users"].insert({**about, **member})
    row = env["res.users"].row(ident) or {}
    env.work.transaction.put("res.users", ident, {**row, "_password": login if active else None})
    if active and firm is None:
        expires = None if login == ADMINISTRATOR else env.now + timedelta(days=LONGEST_DAYS)
        keep(env["res.users.apikeys"], ident, "sandbox", key_of(login), expires=expires)
    return ident


def _desk(env: Env, users: Mapping[str, int]) -> None:
    text = {"subject": "The ticket {{object.number}} has been closed.", "body_html": "<p>Your ticket is closed.</p>"}
    template = {"name": "Helpdesk Closed Ticket Notification Email", **text}
    mail = _named(env, "mail.template", "helpdesk_mgmt.closed_ticket_template", template)
    for number, (xmlid, name, flags) in enumerate(words.STAGES, start=1):
        stage = {"name": name, "sequence": number, "mail_template_id": mail if "closed" in flags else False, **flags}
        _named(env, "helpdesk.ticket.stage", f"helpdesk_mgmt.helpdesk_ticket_stage_{xmlid}", stage)
    usual = env["resource.calendar"].insert({"name": "Standard 40 hours/week", "hours_per_day": 8.0})
    for day, (period, begins, ends) in product(range(5), (("morning", 8, 12), ("afternoon", 13, 17))):
        hours = {"dayofweek": str(day), "day_period": period, "hour_from": begins, "hour_to": ends}
        env["resource.calendar.attendance"].insert({"name": period, "calendar_id": usual, **hours})
    for name, group, logins in words.TEAMS:
        members = [*logins, *(row[2] for row in _staff() if group in row[4])]
        idents = sorted(users[login] for login in members)
        leader = users["lead"] if "lead" in logins else False
        team = {"name": name, "user_ids": [[6, 0, idents]], "user_id": leader, "resource_calendar_id": usual}
        env["helpdesk.ticket.team"].insert(team)
    for name in ("Incident", "Request"):
        env["helpdesk.ticket.category"].insert({"name": name})
    for xmlid, name in (("web", "Web"), ("email", "Email"), ("phone", "Phone"), ("other", "Other")):
        _named(env, "helpdesk.ticket.channel", f"helpdesk_mgmt.helpdesk_ticket_channel_{xmlid}", {"name": name})
    for xmlid, name, internal, model, sequence in words.SUBTYPES:
        values = {"name": name, "internal": internal, "res_model": model or False, "sequence": sequence}
        _named(env, "mail.message.subtype", xmlid, {**values, "default": xmlid == "mail.mt_comment"})
    for xmlid, name, category in words.ACTIVITIES:
        _named(env, "mail.activity.type", f"mail.mail_activity_data_{xmlid}", {"name": name, "category": category})
    for xmlid, kind, arch in (("ticket_view_form", "form", words.FORM), ("ticket_view_tree", "list", words.LIST)):
        view = {"name": f"helpdesk.ticket.view.{kind}", "model": "helpdesk.ticket", "type": kind, "mode": "primary"}
        _named(env, "ir.ui.view", f"helpdesk_mgmt.{xmlid}", {**view, "arch": arch})
