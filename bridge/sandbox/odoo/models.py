"""Which class stands behind which model; the others are plain tables."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.sandbox.odoo.automation import Automation, ServerAction
from bridge.sandbox.odoo.conversation import Activity, Message, TrackingValue
from bridge.sandbox.odoo.customising import ModelData, ModelField, Selection
from bridge.sandbox.odoo.gateway import Gateway
from bridge.sandbox.odoo.model import Model
from bridge.sandbox.odoo.partners import ApiKey, Group, Parameter, Partner, User
from bridge.sandbox.odoo.ticket import Team, Ticket
from bridge.sandbox.odoo.views import View

CLASSES: Mapping[str, type[Model]] = {
    "base.automation": Automation,
    "helpdesk.ticket": Ticket,
    "helpdesk.ticket.category": Team,
    "helpdesk.ticket.team": Team,
    "ir.actions.server": ServerAction,
    "ir.config_parameter": Parameter,
    "ir.model.data": ModelData,
    "ir.model.fields": ModelField,
    "ir.model.fields.selection": Selection,
    "ir.ui.view": View,
    "mail.activity": Activity,
    "mail.message": Message,
    "mail.thread": Gateway,
    "mail.tracking.value": TrackingValue,
    "res.groups": Group,
    "res.partner": Partner,
    "res.users": User,
    "res.users.apikeys": ApiKey,
}
