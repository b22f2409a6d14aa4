"""What real servers answered, asked of the local one: the same status, the same error, values of the same kind.

The recordings lie beside the repository; what matters most of them is kept in ``shapes.json``, for a clone by itself.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.sandbox.odoo.process import OdooSandbox

from .conftest import ADMIN, BOT, TICKET, create, field_ids, model_id

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "odoo_wire"
ABSENT = "no recordings of real servers beside the repository (../shared/odoo_wire)"
SHAPES = json.loads(Path(__file__).with_name("shapes.json").read_text(encoding="utf-8"))

NOT_SERVED = {
    "web_apikey_creation": "needs the web client's session, which no program of ours uses",
    "web_mail_thread_messages_session": "likewise",
    "xmlrpc_search_read": "XML-RPC has nothing that JSON-RPC lacks",
    "jsonrpc_oca_sla_crash_no_team": "the addon of deadlines is not installed here",
    "jsonrpc_ticket_sla_search_read": "likewise",
    "fields_get_helpdesk_sla": "likewise",
    "fields_get_helpdesk_ticket_sla": "likewise",
}
WEBHOOKS = re.compile(r"webhook_")
"""Posts that a real server sent; :mod:`test_wire_webhooks` holds them against what is sent here."""

NOT_INSTALLED = "sla_"
"""Fields of the addon of deadlines begin like this."""

USERS = {"bot": BOT, "agent": "agent1", "agentteam": "agentteam", "plain": "agent2"}
ATTRIBUTES = ("type", "string", "required", "readonly", "store", "relation", "selection")


def recordings() -> Iterator[tuple[int, str]]:
    """Series and name of every recording that is replayed."""
    for path in sorted(FOLDER.glob("*.json")):
        series, _, name = path.stem.partition("_")
        if name not in NOT_SERVED and not WEBHOOKS.match(name):
            yield int(series), name


def recorded(series: int, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{series}_{name}.json").read_text(encoding="utf-8"))
    return found


CALLS = [found for found in recordings() if "fields_get_helpdesk" not in found[1]]
DESCRIPTIONS = [found for found in recordings() if "fields_get_helpdesk" in found[1]]


class Lab:
    """The local server in the situation of the recordings, and how their names and ids are called here."""

    def __init__(self, odoo: OdooSandbox, name: str) -> None:
        self.odoo = odoo
        self.new_key = ""
        self.other_company = 0
        for tag in ("hardware", "network", "later", "vip"):
            odoo.call(ADMIN, "helpdesk.ticket.tag", "create", vals_list=[{"name": tag}])
        for number in range(1, 5):
            create(odoo, by=BOT, name=f"Ticket {number}", team_id=1)
        self._talk()
        self._prepare(name)

    def _talk(self) -> None:
        odoo = self.odoo
        odoo.act(1, "agent1", says="We are on it.")
        odoo.call(BOT, TICKET, "activity_schedule", [1], summary="Look", user_id=6, date_deadline="2026-11-23")
        odoo.call("agent1", TICKET, "write", [1], vals={"stage_id": 2})

    def _prepare(self, name: str) -> None:
        odoo = self.odoo
        if name.endswith(("x_fields", "datetime_iso_z", "form_ext", "list_ext")):
            self._fields_by_hand()
        if "apikey" in name or "revoked" in name:
            if not name.endswith("disabled"):
                key = {"key": "base.enable_programmatic_api_keys", "value": "True"}
                odoo.call(ADMIN, "ir.config_parameter", "set_param", **key)
            if name.endswith(("revoke", "revoked_key")):
                self.new_key = self._generate()
            if name.endswith("revoked_key"):
                odoo.call(BOT, "res.users.apikeys", "revoke", key=self.new_key)
        if "multicompany" in name:
            company = odoo.call(ADMIN, "res.company", "create", vals_list=[{"name": "Second company"}])[0]
            odoo.call(ADMIN, "res.users", "write", [2], vals={"company_ids": [[4, company]]})
            self.other_company = create(odoo, by=ADMIN, company_id=company)
        if "acl_team_user" in name:
            self._team_user()

    def _generate(self) -> str:
        key = OdooSandbox.key_of(BOT)
        request = {"key": key, "scope": None, "name": "rotated", "expiration_date": "2027-01-15"}
        made: str = self.odoo.call(BOT, "res.users.apikeys", "generate", **request)
        return made

    def _fields_by_hand(self) -> None:
        kinds = {"x_severity": "selection", "x_policy_ref": "char", "x_escalation_stage": "integer"}
        kinds |= {"x_first_response_due": "datetime", "x_resolution_due": "datetime"}
        options = [[0, 0, {"value": "sev2", "name": "Sev 2"}]]
        rows = [
            {"name": name, "model_id": model_id(self.odoo, TICKET), "ttype": kind, "field_description": name}
            | ({"selection_ids": options} if kind == "selection" else {})
            for name, kind in kinds.items()
        ]
        self.odoo.call(ADMIN, "ir.model.fields", "create", vals_list=rows)

    def _team_user(self) -> None:
        """The recordings' user with no more than a team's rights, who here is the second agent."""
        field = "groups_id" if self.odoo.series < 19 else "group_ids"
        domain = [["module", "=", "helpdesk_mgmt"], ["name", "=", "group_helpdesk_user_team"]]
        found = self.odoo.call(ADMIN, "ir.model.data", "search_read", domain=domain, fields=["res_id"])
        uid = self.uid("agent2")
        self.odoo.call(ADMIN, "res.users", "write", [uid], vals={field: [[6, 0, [found[0]["res_id"]]]]})
        self.odoo.call(ADMIN, TICKET, "write", [1], vals={"team_id": 3})

    def uid(self, login: str) -> int:
        ident: int = self.odoo.call(ADMIN, "res.users", "search", domain=[["login", "=", login]])[0]
        return ident

    def login(self, secret: str) -> str:
        """Whose secret a placeholder stands for."""
        user = re.sub(r"<SECRET_(pw|key\d+)_(\w+)>", r"\2", secret)
        return {"agentteam": "agent2"}.get(user, USERS.get(user, ADMIN))

    def spoken(self, text: str) -> str:
        """A recorded text with the secrets of this place."""
        text = text.replace("<NEW_API_KEY>", self.new_key).replace("<PASSWORD>", ADMIN)
        return re.sub(r"<SECRET_\w+>", lambda found: OdooSandbox.key_of(self.login(found[0])), text)

    def translated(self, value: Any, key: str = "") -> Any:
        """A part of a recorded request with the ids of this place."""
        match value, key:
            case dict(), _:
                return {name: self.translated(part, name) for name, part in value.items()}
            case int(), "model_id" | "res_model_id":
                return model_id(self.odoo, "mail.message" if value in (170, 171) else TICKET)
            case int(), "inherit_id":
                kind = "form" if value in (527, 557) else "list"
                return self.odoo.call(ADMIN, "ir.ui.view", "search", domain=[["type", "=", kind]])[0]
            case int(), "author_id":
                return 11
            case [[6, 0, [*_]]], "webhook_field_ids":
                return [[6, 0, field_ids(self.odoo, TICKET, ["priority", "stage_id"])]]
            case list(), _:
                return [self.translated(part) for part in value]
            case str(), _:
                return self.spoken(value)
        return value

    def ask(self, request: dict[str, Any]) -> requests.Response:
        """Send a recorded request."""
        headers = {key: self.spoken(value) for key, value in (request.get("headers") or {}).items()}
        headers = {**headers, "X-Odoo-Database": self._database(headers)} if "X-Odoo-Database" in headers else headers
        body = self.translated(request.get("body"))
        if request["path"] == "/jsonrpc":
            self._place(body["params"], request["body"]["params"])
        data = None if body is None else json.dumps(body)
        return requests.request(request["method"], f"{self.odoo.url}{request['path']}", data=data, headers=headers)

    def _database(self, headers: dict[str, str]) -> str:
        name = headers["X-Odoo-Database"]
        return self.odoo.db if name.startswith("lab") else name

    def _place(self, params: dict[str, Any], original: dict[str, Any]) -> None:
        """Database, user and records of a call over JSON-RPC."""
        args = params["args"]
        if params["service"] == "common" and args:
            login = original["args"][1]
            args[0], args[1] = self.odoo.db, {"plain": "agent2"}.get(login, login)
        if params["service"] == "object":
            secret = original["args"][2]
            args[0], args[1] = self.odoo.db, self.uid(self.login(secret) if secret.startswith("<") else ADMIN)
            if self.other_company and args[4] == "read":
                args[5] = [[self.other_company]]
            if "fields" in (args[6] if len(args) > 6 else {}):
                args[6]["fields"] = [field for field in args[6]["fields"] if not field.startswith(NOT_INSTALLED)]
            if args[3:5] == ["ir.model.fields", "write"]:
                args[5][0] = field_ids(self.odoo, TICKET, ["priority"])


def kind(value: Any) -> Any:
    """What a value is: names of keys and types count, and of a list the kind of its first element.

    ``false`` stands for everything that is not set, so it fits whatever is expected.
    """
    match value:
        case dict():
            return {key: kind(part) for key, part in value.items()}
        case [int(), str()]:
            return "reference"
        case list():
            return [kind(part) for part in value[:1]]
    return type(value).__name__


def fits(expected: Any, found: Any) -> bool:
    if expected == found or "bool" in (expected, found):
        return True
    if isinstance(expected, dict) and isinstance(found, dict):
        return set(expected) == set(found) and all(fits(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return not expected or not found or fits(expected[0], found[0])
    return False


def is_by_stage(value: Any) -> bool:
    """``duration_tracking``, whose keys are ids."""
    return isinstance(value, dict) and bool(value) and all(key.isdigit() for key in value)


def plain(value: Any) -> Any:
    """Without what is different on every server: ids as keys, tracebacks, the fields of another addon."""
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if key != "debug" and not key.startswith(NOT_INSTALLED)}
        return {key: "seconds" if is_by_stage(part) else plain(part) for key, part in kept.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


def named(body: Any) -> str | None:
    """The name of the error in an answer, if it is one."""
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    found = error["data"]["name"] if isinstance(error, dict) else body.get("name") if "arguments" in body else None
    return str(found) if found else None


@pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)
@pytest.mark.parametrize(("series", "name"), CALLS, ids=[f"{series}-{name}" for series, name in CALLS])
def test_a_recorded_request_is_answered_as_it_was(series, name, processes):
    odoo = processes(series)
    odoo.reset()
    recording = recorded(series, name)
    answer = Lab(odoo, name).ask(recording["request"])
    expected = recording["response"]
    assert answer.status_code == expected["status"], answer.text
    if isinstance(expected["body"], str) and expected["body"].startswith("<!"):
        assert answer.headers["Content-Type"].startswith("text/html")
        return
    found = answer.json()
    assert named(found) == named(expected["body"]), answer.text
    assert fits(kind(plain(expected["body"])), kind(plain(found))), (kind(plain(expected["body"])), kind(plain(found)))


@pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)
@pytest.mark.parametrize(("series", "name"), DESCRIPTIONS, ids=[f"{series}-{name}" for series, name in DESCRIPTIONS])
def test_fields_are_described_as_they_were(series, name, processes):
    recording = recorded(series, name)
    expected = recording["response"]["body"]["result"]
    odoo = processes(series)
    odoo.reset()
    model = recording["request"]["model"]
    found = odoo.call(BOT, model, "fields_get", attributes=list(ATTRIBUTES))
    assert set(found) <= set(expected)
    for field, about in found.items():
        assert about == {key: value for key, value in expected[field].items() if key in ATTRIBUTES}, field


@pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)
def test_every_recording_is_replayed_or_has_a_reason():
    names = {path.stem.partition("_")[2] for path in FOLDER.glob("*.json")}
    assert set(NOT_SERVED) <= names
    assert len(CALLS) + len(DESCRIPTIONS) >= 150


@pytest.mark.parametrize("shape", SHAPES, ids=[shape["case"] for shape in SHAPES])
def test_the_shapes_that_clients_rely_on(shape, processes):
    for series in shape["series"]:
        odoo = processes(series)
        odoo.reset()
        answer = Lab(odoo, shape["case"]).ask(shape["request"])
        assert answer.status_code == shape["status"], answer.text
        found = answer.json()
        assert named(found) == shape.get("error"), answer.text
        if "message" in shape:
            message = found["error"]["data"]["message"] if "error" in found else found["message"]
            assert message == shape["message"]
        if "answer" in shape:
            assert found == shape["answer"]
