"""What a fresh database holds, for :mod:`bridge.sandbox.odoo.seeds`: groups and their rights, stages, views, people."""

from __future__ import annotations

OWN, TEAM = "helpdesk_mgmt.group_helpdesk_user_own", "helpdesk_mgmt.group_helpdesk_user_team"
BOT, ADMINISTRATOR, PORTAL = "policybridge", "admin", "customer"
USER, MANAGER, SYSTEM = "helpdesk_mgmt.group_helpdesk_user", "helpdesk_mgmt.group_helpdesk_manager", "base.group_system"

GROUPS = (
    # external id, name, full name in 18 and 19, implied
    ("base.group_user", "User types/Internal User", "Role / User", ()),
    ("base.group_portal", "User types/Portal", "Role / Portal", ()),
    ("base.group_erp_manager", "Administration/Access Rights", "Access Rights", ("base.group_user",)),
    (SYSTEM, "Administration/Settings", "Role / Administrator", ("base.group_erp_manager",)),
    ("base.group_partner_manager", "Extra Rights/Contact Creation", "Contact / Creation", ("base.group_user",)),
    (OWN, "Helpdesk/User: Personal tickets", "", ("base.group_user",)),
    (
        "helpdesk_mgmt.group_helpdesk_user_team",
        "Helpdesk/User: Team tickets",
        "",
        ("helpdesk_mgmt.group_helpdesk_user_own",),
    ),
    (USER, "Helpdesk/User", "", ("helpdesk_mgmt.group_helpdesk_user_team",)),
    (MANAGER, "Helpdesk/Helpdesk Manager", "", (USER, "base.group_partner_manager")),
)
RIGHTS = {
    # model: group: r(ead) w(rite) c(reate) u(nlink)
    "helpdesk.ticket": {OWN: "rwc", MANAGER: "rwcu", "base.group_portal": "r"},
    **{
        f"helpdesk.ticket.{name}": {OWN: "r", MANAGER: "rwcu"}
        for name in ("stage", "tag", "team", "category", "channel")
    },
    "helpdesk.sla": {OWN: "r", MANAGER: "rwcu"},
    **{f"resource.calendar{name}": {"base.group_user": "r", SYSTEM: "rwcu"} for name in ("", ".attendance", ".leaves")},
    "res.partner": {"base.group_user": "r", "base.group_partner_manager": "rwcu"},
    "res.partner.category": {"base.group_user": "r", "base.group_partner_manager": "rwcu"},
    **{
        name: {"base.group_user": "r", "base.group_erp_manager": "rwcu"}
        for name in ("res.users", "res.groups", "res.company")
    },
    "res.users.apikeys": {"base.group_user": "ru"},
    **{
        name: {"base.group_erp_manager": "rwcu"}
        for name in (
            "ir.model",
            "ir.model.fields",
            "ir.model.fields.selection",
            "ir.model.data",
            "ir.model.access",
            "ir.rule",
        )
    },
    **{
        name: {SYSTEM: "rwcu"}
        for name in (
            *("ir.ui.view", "ir.filters", "base.automation", "ir.actions.server", "ir.config_parameter"),
            "mail.tracking.value",
        )
    },
    **{name: {"base.group_user": "rwcu"} for name in ("mail.message", "mail.activity")},
    **{
        name: {"base.group_user": "r", SYSTEM: "rwcu"}
        for name in (
            *("mail.message.subtype", "mail.activity.type", "mail.followers", "mail.notification", "mail.template"),
        )
    },
}
VERBS = {"r": "perm_read", "w": "perm_write", "c": "perm_create", "u": "perm_unlink"}
STAGES: tuple[tuple[str, str, dict[str, bool]], ...] = (
    ("new", "New", {"unattended": True}),
    ("in_progress", "In Progress", {}),
    ("awaiting", "Awaiting", {}),
    ("done", "Done", {"closed": True, "fold": True}),
    ("cancelled", "Cancelled", {"closed": True, "fold": True}),
    ("rejected", "Rejected", {"closed": True, "fold": True}),
)
SUBTYPES = (
    ("mail.mt_comment", "Discussions", False, "", 0),
    ("mail.mt_note", "Note", True, "", 100),
    ("mail.mt_activities", "Activities", True, "", 90),
    ("helpdesk_mgmt.hlp_tck_created", "Ticket Created", False, "helpdesk.ticket", 1),
)
ACTIVITIES = (
    ("email", "Email", "default"),
    ("call", "Call", "phonecall"),
    ("meeting", "Meeting", "default"),
    ("todo", "To-Do", "default"),
    ("upload_document", "Document", "upload_file"),
)
FORM = """<form string="Helpdesk Ticket"><header><field name="stage_id" widget="statusbar_duration"/></header><sheet>
<h1><field name="number"/></h1><h2><field name="name"/></h2>
<group name="main"><group><field name="active" invisible="1"/><field name="team_id"/>
<field name="user_ids" invisible="1"/><field name="user_id"/><field name="priority" widget="priority"/>
<field name="create_date"/><field name="channel_id"/></group>
<group><field name="partner_id"/><field name="partner_name"/><field name="partner_email"/><field name="category_id"/>
<field name="tag_ids" widget="many2many_tags"/></group></group>
<notebook><page string="Description" name="description"><field name="description"/></page>
<page string="Other Information" name="other_info"><group><field name="last_stage_update"/><field name="assigned_date"/>
<field name="closed_date"/></group></page></notebook></sheet><chatter/></form>"""
LIST = """<list><field name="priority" optional="show"/><field name="sequence" widget="handle"/>
<field name="number"/><field name="name"/><field name="partner_id"/><field name="user_id"/><field name="category_id"/>
<field name="unattended"/><field name="tag_ids"/><field name="create_date"/><field name="last_stage_update"/>
<field name="stage_id"/></list>"""
LAB = (
    # login, name, address, groups
    (BOT, "Policy Bridge", "policybridge@example.com", (USER,)),
    ("agent1", "Agent One", "agent1@example.com", (USER,)),
    ("agent2", "Agent Two", "agent2@example.com", (USER,)),
    ("lead", "Team Lead", "lead@example.com", (MANAGER,)),
)
TEAMS = (
    # name, group in the sample help desk, further members
    ("Tier 1", "tier_1", ("agent1", "agent2", "lead")),
    ("Tier 2", "tier_2", ("agent2", "lead")),
    ("Tier 3", "tier_3", ()),
    ("Japanese", "japanese", ()),
)
LANGUAGES = {"ja": "ja_JP"}
