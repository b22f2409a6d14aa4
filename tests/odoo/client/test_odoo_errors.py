"""Recorded errors of Odoo are translated by what to do next, over both protocols."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.config.odoo_settings import load_odoo_settings
from bridge.errors import Forbidden, GiveUp, Gone, HelpdeskError, Retry
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.errors import Unauthorized

from .scripted_odoo import KEY, Fault, Raw, ScriptedOdoo, as_json

Connect = Callable[..., OdooClient]
TICKET = "helpdesk.ticket"
RECORDINGS = Path(__file__).parents[4] / "shared" / "odoo_wire"

NOT_ALLOWED = (
    "You are not allowed to create 'Helpdesk Ticket Tag' (helpdesk.ticket.tag) records.\n\nThis operation is allowed "
    "for the following groups:\n\t- Helpdesk/Helpdesk Manager\n\nContact your administrator to request access if "
    "necessary."
)
SECRET_RECORDS = (
    "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\nSorry, Bot User (id=5) doesn't have 'read' "
    "access to:\n- Helpdesk Ticket (helpdesk.ticket)\n\nIf you really, really need access, perhaps you can win over "
    "your friendly administrator with a batch of freshly baked cookies."
)


def missing(model: str) -> str:
    return f"Record does not exist or has been deleted.\n(Record: {model}(9999,), User: 5)"


@pytest.mark.parametrize(
    ("fault", "error", "reported"),
    [
        (
            Fault("odoo.exceptions.AccessError", SECRET_RECORDS, 403), Forbidden,
            "Odoo refuses helpdesk.ticket.write: Sorry, Bot User (id=5) doesn't have 'read' access to: "
            "- Helpdesk Ticket (helpdesk.ticket); "
            "let the user of ODOO_API_KEY change helpdesk.ticket, in all of its companies",
        ),
        (
            Fault("odoo.exceptions.AccessError", "Access to unauthorized or invalid companies.", 403), Forbidden,
            "Odoo refuses helpdesk.ticket.write: Access to unauthorized or invalid companies; "
            "let the user of ODOO_API_KEY change helpdesk.ticket, in all of its companies",
        ),
        (
            Fault("odoo.exceptions.MissingError", missing(TICKET), 404), Gone,
            "Odoo refuses helpdesk.ticket.write: Record does not exist or has been deleted. "
            "(Record: helpdesk.ticket(9999,), User: 5)",
        ),
        (Fault("odoo.exceptions.MissingError", missing("helpdesk.ticket.stage"), 404), GiveUp, "stage(9999,)"),
        (Fault("odoo.exceptions.MissingError", "Datensatz fehlt", 404), Gone, "Datensatz fehlt"),
        (Fault("builtins.ValueError", "Wrong value for helpdesk.ticket.priority: '9'"), GiveUp, "priority: '9'"),
        (Fault("builtins.ValueError", "Expected singleton: resource.calendar()"), GiveUp, "singleton"),
        (
            Fault("odoo.exceptions.ValidationError", "The operation cannot be completed:\n- a field is not set.", 422),
            GiveUp, "The operation cannot be completed: - a field is not set",
        ),
        (Fault("odoo.exceptions.UserError", "Not in this stage", 422), GiveUp, "Not in this stage"),
        (Fault("odoo.exceptions.RedirectWarning", "Configure a mail server"), GiveUp, "Configure a mail server"),
        (Fault("werkzeug.exceptions.UnprocessableEntity", "missing a required argument: 'vals'", 422), GiveUp, "vals"),
        (Fault("werkzeug.exceptions.NotFound", "The method 'x.y' does not exist", 404), GiveUp, "does not exist"),
        (Fault("werkzeug.exceptions.BadRequest", "could not parse the body as json", 400), GiveUp, "parse"),
        (
            Fault("psycopg2.errors.InvalidTextRepresentation", 'invalid input: "Done"\nLINE 1: SELECT "helpdesk_t'),
            GiveUp, 'Odoo refuses helpdesk.ticket.write: invalid input: "Done"',
        ),
        (Fault("psycopg2.errors.NotNullViolation", "null value"), GiveUp, "null value"),
        (Fault("builtins.Exception", "boom"), GiveUp, "boom"),
        (Fault("builtins.ValueError", "Connection type must be set"), GiveUp, "Connection type"),
    ],
)  # fmt: skip
def test_permanent_errors_are_not_retried(
    odoo: ScriptedOdoo, connect: Connect, fault: Fault, error: type[GiveUp], reported: str
) -> None:
    odoo.replies[f"{TICKET}/write"] = fault
    with pytest.raises(GiveUp) as caught:
        connect(odoo).write(TICKET, [7], {"priority": "9"})
    assert type(caught.value) is error
    assert reported in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update"),
        Fault("psycopg2.errors.DeadlockDetected", "deadlock detected"),
        Fault("psycopg2.errors.LockNotAvailable", "could not obtain lock on row"),
        Fault("psycopg2.errors.AdminShutdown", "terminating connection due to administrator command"),
        Fault("psycopg2.errors.QueryCanceled", "canceling statement due to statement timeout"),
        Fault("psycopg2.InterfaceError", "connection already closed"),
        Fault("odoo.exceptions.LockError", "Unable to lock the records"),
        Fault("odoo.exceptions.ConcurrencyError", "Cannot be changed now"),
        Fault("builtins.MemoryError", ""),
        Fault("builtins.Exception", "CPU time limit exceeded."),
        Fault("builtins.ConnectionRefusedError", "[Errno 111] Connection refused"),
        Fault("werkzeug.exceptions.ServiceUnavailable", "starting", 503),
    ],
)
def test_temporary_errors_are_retried(odoo: ScriptedOdoo, connect: Connect, fault: Fault) -> None:
    odoo.replies[f"{TICKET}/write"] = fault
    with pytest.raises(Retry, match=r"Odoo refuses helpdesk\.ticket\.write") as caught:
        connect(odoo).write(TICKET, [7], {"priority": "2"})
    assert (caught.value.after, caught.value.all_tickets) == (None, False)


def test_a_database_that_odoo_cannot_open(odoo18: ScriptedOdoo, connect: Connect) -> None:
    odoo18.replies["common/authenticate"] = Fault(
        "psycopg2.OperationalError",
        'connection to server at "db", port 5432 failed: FATAL:  database "acme" does not exist\n',
    )
    with pytest.raises(Retry, match="check ODOO_DB, or wait until Odoo reaches its database") as caught:
        connect(odoo18).search_count(TICKET, [])
    assert (caught.value.after, caught.value.all_tickets) == (60, True)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("werkzeug.exceptions.NotFound", "the model 'helpdesk.ticket' does not exist", 404),
        Fault("odoo.exceptions.UserError", "Object helpdesk.ticket doesn't exist", 422),
    ],
)
def test_an_odoo_without_tickets(odoo: ScriptedOdoo, connect: Connect, fault: Fault) -> None:
    odoo.replies[f"{TICKET}/fields_get"] = fault
    with pytest.raises(Retry, match="install a helpdesk app in the database of ODOO_DB") as caught:
        connect(odoo).fields_get(TICKET)
    assert (caught.value.after, caught.value.all_tickets) == (300, True)


@pytest.mark.parametrize(
    ("method", "right"),
    [("write", "change"), ("create", "create"), ("unlink", "delete"), ("read", "read"), ("close", "call close on")],
)
def test_a_missing_right_is_named(odoo: ScriptedOdoo, connect: Connect, method: str, right: str) -> None:
    model = "helpdesk.ticket.tag"
    odoo.replies[f"{model}/{method}"] = Fault("odoo.exceptions.AccessError", NOT_ALLOWED, 403)
    arguments: dict[str, Any] = {"vals_list": []} if method == "create" else {}
    with pytest.raises(Forbidden) as caught:
        connect(odoo).call(model, method, None if arguments else [1], **arguments)
    assert str(caught.value) == (
        f"Odoo refuses {model}.{method}: You are not allowed to create 'Helpdesk Ticket Tag' (helpdesk.ticket.tag) "
        "records. This operation is allowed for the following groups: - Helpdesk/Helpdesk Manager; "
        f"let the user of ODOO_API_KEY {right} {model}, in all of its companies"
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"jsonrpc": "2.0", "id": 1, "error": "no"},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 200, "message": "Odoo Server Error"}},
        {"jsonrpc": "2.0", "id": 1, "error": {"data": {"name": None, "message": {"a": 1}}}},
        {"result": 5},
        [],
        "x",
    ],
)
def test_a_response_of_the_wrong_shape(odoo18: ScriptedOdoo, connect: Connect, answer: Any) -> None:
    odoo18.replies[f"{TICKET}/write"] = as_json(answer)
    with pytest.raises(Retry, match="cannot be read") as caught:
        connect(odoo18).write(TICKET, [7], {"priority": "2"})
    assert caught.value.after == 150


def test_errors_of_a_second_connection_name_its_own_variables(
    odoo19: ScriptedOdoo, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"ACME_URL": odoo19.url, "ACME_DB": "acme", "ACME_API_KEY": "wrong"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Unauthorized, match="check ACME_API_KEY"):
        OdooClient(load_odoo_settings("ACME_")).search_count(TICKET, [])


def recorded() -> Iterator[Any]:
    """Every exchange of a real Odoo that ended in an exception: what was asked and what came."""
    for path in sorted(RECORDINGS.glob("*.json")):
        exchanges = json.loads(path.read_text("utf-8"))
        for exchange in exchanges if isinstance(exchanges, list) else [exchanges]:
            answer = exchange.get("response")
            body = answer.get("body") if isinstance(answer, dict) else None
            fault = body.get("error", {}).get("data") or body if isinstance(body, dict) else {}
            if "debug" in fault:
                yield pytest.param(exchange["request"], answer, fault, id=path.stem)


WHAT_TO_DO = {
    "odoo.exceptions.AccessError": Forbidden,
    "odoo.exceptions.AccessDenied": Unauthorized,
    "werkzeug.exceptions.Unauthorized": Unauthorized,
    "odoo.exceptions.MissingError": GiveUp,
    "odoo.exceptions.ValidationError": GiveUp,
    "odoo.exceptions.UserError": GiveUp,
    "builtins.ValueError": GiveUp,
    "psycopg2.errors.InvalidTextRepresentation": GiveUp,
    "werkzeug.exceptions.NotFound": GiveUp,
    "werkzeug.exceptions.UnprocessableEntity": GiveUp,
}


NONE = pytest.param({}, {}, {}, marks=pytest.mark.skip("the recordings of real Odoos are not part of the repository"))


@pytest.mark.parametrize(("call", "answer", "fault"), [*recorded()] or [NONE])
def test_a_recorded_exchange_with_a_real_odoo(
    serve: Callable[[int], ScriptedOdoo], connect: Connect, call: Any, answer: Any, fault: Any
) -> None:
    """As it was recorded, but for the place: status, type and body come over a socket again."""
    by_name = call["path"].startswith("/json/2/")
    model, method = call["path"].split("/")[3:] if by_name else call["body"]["params"]["args"][3:5]
    odoo = serve(19 if by_name else 18)
    odoo.replies[f"{model}/{method}"] = Raw(
        json.dumps(answer["body"]).encode(), answer["status"], answer["headers"]["Content-Type"]
    )
    with pytest.raises(HelpdeskError) as caught:
        connect(odoo).call(model, method, None if method == "create" else [1], vals_list=[])
    missing_ticket = fault["name"].endswith("MissingError") and "helpdesk.ticket(" in fault["message"]
    assert type(caught.value) is (Gone if missing_ticket else WHAT_TO_DO[fault["name"]])
    assert "Traceback" not in str(caught.value)
    assert KEY not in str(caught.value)
