"""Calls to Odoo over real sockets: their form, and how the client survives a bad network and a failing server."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from bridge.config.odoo_settings import load_odoo_settings
from bridge.errors import GiveUp, InputError, Retry
from bridge.helpdesks.http import session
from bridge.helpdesks.odoo import transport
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.errors import Unauthorized

from .scripted_odoo import HANDLED, KEY, PAGE, Fault, Raw, ReceivedCall, ScriptedOdoo, as_json

Connect = Callable[..., OdooClient]
Act = Callable[[BaseHTTPRequestHandler, ReceivedCall], object]
TICKET = "helpdesk.ticket"
READ, WRITE = f"{TICKET}/read", f"{TICKET}/write"


def read(client: OdooClient) -> Any:
    return client.read(TICKET, [7], ["name"])


def write(client: OdooClient) -> None:
    client.write(TICKET, [7], {"priority": "2"})


def both_wait(odoo: ScriptedOdoo, client: OdooClient, act: object, reported: str) -> tuple[Retry, Retry]:
    """What a read and a write end in when both are treated like this."""
    odoo.replies |= {READ: act, WRITE: act}
    with pytest.raises(Retry, match=reported) as reading:
        read(client)
    with pytest.raises(Retry, match=reported) as writing:
        write(client)
    sent = [call for call in odoo.calls() if call in (READ, WRITE)]
    assert sent == [READ, WRITE]  # nothing is sent twice
    return reading.value, writing.value


def test_odoo_19_is_called_with_named_arguments(odoo19: ScriptedOdoo, connect: Connect) -> None:
    odoo19.replies[f"{TICKET}/search_read"] = [{"id": 7}]
    client = connect(odoo19)
    assert client.series == (19, 0)
    assert client.search_read(TICKET, [("id", ">", 6)], ["name"], order="id", limit=5, context={"tz": "UTC"}) == [
        {"id": 7}
    ]
    call = odoo19.received[-1]
    assert call.path == "/json/2/helpdesk.ticket/search_read"
    assert (call.headers["Authorization"], call.headers["X-Odoo-Database"]) == (f"bearer {KEY}", "acme")
    assert call.body == {
        "domain": [["id", ">", 6]],
        "fields": ["name"],
        "order": "id",
        "limit": 5,
        "offset": 0,
        "load": None,
        "context": {"tz": "UTC"},
    }


def test_records_are_named_to_odoo_19_beside_the_arguments(odoo19: ScriptedOdoo, connect: Connect) -> None:
    odoo19.replies[WRITE] = True
    write(connect(odoo19))
    assert odoo19.received[-1].body == {"ids": [7], "vals": {"priority": "2"}}


def test_odoo_18_is_called_with_database_user_and_key(odoo18: ScriptedOdoo, connect: Connect) -> None:
    odoo18.replies[WRITE] = True
    client = connect(odoo18)
    assert client.series == (18, 0)
    write(client)
    assert odoo18.calls() == ["common/authenticate", WRITE]
    assert odoo18.received[-2].body["params"]["args"] == ["acme", "policybridge", KEY, {}]
    sent = ["acme", 5, KEY, TICKET, "write", [[7]], {"vals": {"priority": "2"}}]
    assert odoo18.received[-1].body["params"] == {"service": "object", "method": "execute_kw", "args": sent}
    assert "Authorization" not in odoo18.received[-1].headers


def test_records_to_create_come_first_for_odoo_18(odoo18: ScriptedOdoo, connect: Connect) -> None:
    odoo18.replies[f"{TICKET}/create"] = [7, 8]
    assert connect(odoo18).create(TICKET, [{"name": "a"}, {"name": "b"}], {"lang": "ja_JP"}) == [7, 8]
    positional, named = odoo18.received[-1].body["params"]["args"][5:]
    assert (positional, named) == ([[{"name": "a"}, {"name": "b"}]], {"context": {"lang": "ja_JP"}})


def test_the_version_is_requested_once(odoo: ScriptedOdoo, connect: Connect) -> None:
    odoo.replies[READ] = []
    client = connect(odoo)
    read(client)
    read(client)
    assert [call.what for call in odoo.received].count("/web/version") == 1


@pytest.mark.parametrize(
    ("answer", "series"),
    [
        (as_json({"version_info": ["saas~19", 2, 0, "final", 0, "e"]}), (19, 2)),
        (as_json({"version_info": ["saas~18", 4, 0, "final", 0, "e"]}), (18, 4)),
        (Raw(PAGE, 200), (18, 0)),
        (Raw(b"", 303, headers={"Location": "/web/login"}), (18, 0)),
    ],
)
def test_the_version_in_all_its_forms(
    odoo18: ScriptedOdoo, connect: Connect, answer: Raw, series: tuple[int, int]
) -> None:
    odoo18.replies["/web/version"] = answer
    assert connect(odoo18).series == series


@pytest.mark.parametrize(
    ("info", "found"), [([15, 0, 0, "final", 0, ""], "15.0"), (None, "no version of Odoo"), ([], "no version of Odoo")]
)
def test_a_server_that_is_too_old_or_not_odoo(odoo18: ScriptedOdoo, connect: Connect, info: Any, found: str) -> None:
    odoo18.replies["common/version"] = {"server_version_info": info}
    with pytest.raises(Retry, match=f"ODOO_URL: found {found}; allowed: Odoo 16 and later") as caught:
        read(connect(odoo18))
    assert caught.value.all_tickets


def test_the_users_own_id(odoo: ScriptedOdoo, connect: Connect) -> None:
    client = connect(odoo)
    assert (client.uid, client.uid) == (5, 5)
    assert len(odoo.calls()) == 1


@pytest.mark.parametrize("made", [7, [7], "mail.activity(7,)"])
def test_created_records_are_a_list_of_ids(odoo: ScriptedOdoo, connect: Connect, made: Any) -> None:
    odoo.replies |= {f"{TICKET}/message_post": made, f"{TICKET}/activity_schedule": made}
    client = connect(odoo)
    assert client.call(TICKET, "message_post", [1], body="x") == [7]
    assert client.call(TICKET, "activity_schedule", [1], summary="x") == [7]


def test_a_method_that_returns_nothing(odoo: ScriptedOdoo, connect: Connect) -> None:
    odoo.replies[f"{TICKET}/refresh"] = None
    assert connect(odoo).call(TICKET, "refresh", [1]) is None


@pytest.mark.parametrize("ids", [[], [0], [-1], [True], ["7"], [None]])
def test_records_are_always_named(odoo: ScriptedOdoo, connect: Connect, ids: list[Any]) -> None:
    client = connect(odoo)
    with pytest.raises(ValueError, match="allowed: one or more positive integers"):
        client.write(TICKET, ids, {"priority": "2"})
    assert odoo.received == []


@pytest.mark.parametrize(
    ("method", "answer", "reported"),
    [
        ("read", True, "bool, expected list"),
        ("search_read", None, "NoneType, expected list"),
        ("search_count", [], "list, expected int"),
        ("fields_get", "x", "str, expected dict"),
    ],
)
def test_a_response_of_another_type(
    odoo: ScriptedOdoo, connect: Connect, method: str, answer: Any, reported: str
) -> None:
    odoo.replies[f"{TICKET}/{method}"] = answer
    client = connect(odoo)
    calls: dict[str, Callable[[], object]] = {
        "read": lambda: read(client),
        "search_read": lambda: client.search_read(TICKET, [], [], order="id"),
        "search_count": lambda: client.search_count(TICKET, []),
        "fields_get": lambda: client.fields_get(TICKET),
    }
    with pytest.raises(Retry, match=f"response to {TICKET}.{method} is of type {reported}"):
        calls[method]()


def test_a_user_without_an_id(odoo: ScriptedOdoo, connect: Connect) -> None:
    odoo.replies |= {"res.users/context_get": {"lang": "en_US"}, "common/authenticate": "five"}
    with pytest.raises(Retry, match="expected int"):
        assert connect(odoo).uid


def test_no_session_is_kept(odoo19: ScriptedOdoo, connect: Connect) -> None:
    info = json.dumps({"version_info": [19, 0]}).encode()
    odoo19.replies["/web/version"] = Raw(info, 200, "application/json", {"Set-Cookie": "session_id=abc; Path=/"})
    assert connect(odoo19).uid
    assert "Cookie" not in odoo19.received[-1].headers


def test_the_time_of_a_response_by_the_clock_of_odoo(
    odoo19: ScriptedOdoo, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect(odoo19)
    assert client.server_time is None
    monkeypatch.setattr(
        odoo19.server.RequestHandlerClass, "date_time_string", lambda _: "Mon, 02 Mar 2026 08:00:01 GMT"
    )
    assert client.uid == 5
    assert client.server_time == datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: client.server_time).result() is None


def test_no_response(odoo: ScriptedOdoo, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", (2.0, 0.2))
    client = connect(odoo)
    assert client.uid

    def wait(*_: object) -> object:
        odoo.released.wait(30)
        return HANDLED

    reading, writing = both_wait(odoo, client, wait, "no response within")
    assert (reading.after, writing.after) == (None, 150)
    assert (reading.all_tickets, writing.all_tickets) == (False, False)


def test_a_response_that_arrives_too_slowly(
    odoo: ScriptedOdoo, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BODY_TIMEOUT_S", 0.2)
    client = connect(odoo)
    assert client.uid

    def drip(request: BaseHTTPRequestHandler, call: ReceivedCall) -> object:
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.end_headers()
        try:
            for _ in range(500):
                request.wfile.write(b" ")
                request.wfile.flush()
                odoo.released.wait(0.02)
        except OSError:
            """The client has had enough."""
        return HANDLED

    reading, writing = both_wait(odoo, client, drip, "not complete after")
    assert (reading.after, writing.after) == (None, 150)


def reset(request: BaseHTTPRequestHandler, call: ReceivedCall) -> object:
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.connection.shutdown(socket.SHUT_RDWR)
    return HANDLED


def half(request: BaseHTTPRequestHandler, call: ReceivedCall) -> object:
    request.send_response(200)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", "5000")
    request.end_headers()
    request.wfile.write(b'{"jsonrpc": "2.0"')
    return HANDLED


@pytest.mark.parametrize("act", [reset, half])
def test_a_connection_that_breaks_off(odoo: ScriptedOdoo, connect: Connect, act: Act) -> None:
    client = connect(odoo)
    assert client.uid
    reading, writing = both_wait(odoo, client, act, "connection was lost")
    assert (reading.after, writing.after) == (None, 150)
    assert (reading.all_tickets, writing.all_tickets) == (False, False)


@pytest.mark.parametrize("body", [b'{"jsonrpc": "2.0", "result": [', b"", b"[" * 100_000, b"\xff\xfe"])
def test_a_response_that_is_cut_off(odoo: ScriptedOdoo, connect: Connect, body: bytes) -> None:
    client = connect(odoo)
    assert client.uid
    reading, writing = both_wait(odoo, client, Raw(body, 200, "application/json"), "cannot be read")
    assert (reading.after, writing.after) == (None, 150)


def test_a_response_that_is_too_large_is_cut_off(
    odoo: ScriptedOdoo, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MAX_RESPONSE_BYTES", 100_000)
    odoo.replies[READ] = as_json(["a" * 3_000_000])
    with pytest.raises(GiveUp, match="larger than"):
        read(connect(odoo))


def test_an_unreachable_odoo(connect: Connect) -> None:
    with pytest.raises(Retry, match="cannot be reached") as caught:
        write(connect("http://127.0.0.1:9"))
    assert (caught.value.after, caught.value.all_tickets) == (15, True)


@pytest.mark.parametrize(
    ("answer", "after", "reported"),
    [
        (Raw(b"<h1>Maintenance</h1>"), 60, "maintenance, or ODOO_URL is not the address of Odoo"),
        (Raw(PAGE, 404), 60, "check ODOO_DB and ODOO_URL"),
        (Raw(PAGE, 502), 15, "status 502"),
        (Raw(PAGE, 503, headers={"Retry-After": "33"}), 33, "status 503"),
        (Raw(b'{"error": "upstream"}', 502, "application/json"), 15, "status 502"),
        (Raw(PAGE, 500), 15, "status 500"),
        (Raw(PAGE, 429), 60, "status 429"),
        (Raw(PAGE, 403), 300, "a proxy in front of Odoo refuses"),
        (Raw(PAGE, 401), 300, "a proxy in front of Odoo refuses"),
    ],
)
def test_an_unreachable_server_concerns_all_tickets(
    odoo: ScriptedOdoo, connect: Connect, answer: Raw, after: float, reported: str
) -> None:
    client = connect(odoo)
    assert client.uid
    for error in both_wait(odoo, client, answer, reported):
        assert (error.after, error.all_tickets) == (after, True)


def test_a_proxy_that_got_no_response_from_odoo(odoo: ScriptedOdoo, connect: Connect) -> None:
    client = connect(odoo)
    assert client.uid
    reading, writing = both_wait(odoo, client, Raw(PAGE, 504), "504|did not answer its proxy")
    assert (reading.after, reading.all_tickets) == (15, True)
    assert (writing.after, writing.all_tickets) == (150, False)  # what it waited for may be a write of this ticket


def test_other_statuses_are_not_retried(odoo: ScriptedOdoo, connect: Connect) -> None:
    odoo.replies[READ] = Raw(PAGE, 413)
    with pytest.raises(GiveUp, match="status 413"):
        read(connect(odoo))


def test_the_key_is_not_sent_to_a_redirect(serve: Callable[[int], ScriptedOdoo], connect: Connect) -> None:
    odoo, elsewhere = serve(19), serve(19)
    odoo.replies[READ] = Raw(b"", 307, headers={"Location": f"{elsewhere.url}/json/2/helpdesk.ticket/read?key=secret"})
    with pytest.raises(Retry, match=f"redirected to {elsewhere.url}; set ODOO_URL") as caught:
        read(connect(odoo))
    assert (caught.value.after, caught.value.all_tickets) == (300, True)
    assert elsewhere.received == []


def test_a_key_replaced_in_its_file_is_used_after_a_refusal(
    odoo: ScriptedOdoo, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    odoo.replies[WRITE] = True
    client = connect(odoo, ODOO_API_KEY="", ODOO_API_KEY_FILE=str(file))
    write(client)
    file.write_text("n" * 40)
    odoo.keys = {"n" * 40}
    write(client)
    write(client)
    assert odoo.calls().count(WRITE) == 4  # one of them refused


def test_a_file_that_is_empty_for_a_while(odoo19: ScriptedOdoo, connect: Connect, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    client = connect(odoo19, ODOO_API_KEY="", ODOO_API_KEY_FILE=str(file))
    odoo19.keys = {"n" * 40}
    for text in ("", "first-line\nsecond-line", "\u2026"):
        file.write_text(text)
        with pytest.raises(Unauthorized) as caught:
            write(client)
        assert "line" not in str(caught.value)
    file.unlink()
    with pytest.raises(Unauthorized):
        write(client)
    file.write_text("n" * 40)
    write(client)


def test_a_wrong_key_is_reported_and_not_tried_more_than_needed(odoo19: ScriptedOdoo, connect: Connect) -> None:
    with pytest.raises(Unauthorized, match="Invalid apikey; check ODOO_API_KEY: has the key expired") as caught:
        write(connect(odoo19, ODOO_API_KEY="wrong-key"))
    assert (caught.value.after, caught.value.all_tickets) == (300, True)
    assert odoo19.calls() == [WRITE]
    assert "wrong-key" not in str(caught.value)


def test_a_wrong_key_for_odoo_18(odoo18: ScriptedOdoo, connect: Connect) -> None:
    with pytest.raises(Unauthorized, match="refuses policybridge; check ODOO_LOGIN and ODOO_API_KEY"):
        write(connect(odoo18, ODOO_API_KEY="wrong-key"))
    assert odoo18.calls() == ["common/authenticate"]


def test_odoo_18_needs_a_login(odoo18: ScriptedOdoo, connect: Connect) -> None:
    with pytest.raises(Unauthorized, match="ODOO_LOGIN: found nothing; Odoo before 19 needs a login"):
        write(connect(odoo18, ODOO_LOGIN=""))


def test_a_user_who_got_another_id(odoo18: ScriptedOdoo, connect: Connect) -> None:
    odoo18.replies[WRITE] = True
    client = connect(odoo18)
    write(client)
    odoo18.uid = 12
    write(client)
    assert odoo18.calls() == ["common/authenticate", WRITE, WRITE, "common/authenticate", WRITE]
    assert client.uid == 12


def test_a_user_who_signs_in_but_is_refused_is_tried_only_twice(odoo18: ScriptedOdoo, connect: Connect) -> None:
    odoo18.replies[WRITE] = Fault("odoo.exceptions.AccessDenied", "Access Denied")
    with pytest.raises(Unauthorized):
        write(connect(odoo18))
    assert odoo18.calls().count(WRITE) <= 2


def test_the_administrators_key_is_another_one(odoo: ScriptedOdoo, connect: Connect) -> None:
    connect(odoo, ODOO_ADMIN_API_KEY="wrong", ODOO_ADMIN_LOGIN="admin")
    admin = OdooClient(load_odoo_settings(), admin=True)
    with pytest.raises(Unauthorized, match="ODOO_ADMIN_API_KEY"):
        write(admin)
    odoo.keys.add("wrong")
    odoo.replies[WRITE] = True
    write(admin)


def test_without_a_key_nothing_is_sent(odoo19: ScriptedOdoo, connect: Connect) -> None:
    with pytest.raises(InputError, match="ODOO_API_KEY: found nothing; set it to an API key of the integration user"):
        connect(odoo19, ODOO_API_KEY="", ODOO_ADMIN_API_KEY="a" * 40)


def test_few_calls_at_a_time(odoo: ScriptedOdoo, connect: Connect) -> None:
    client, lock, counts = connect(odoo), threading.Lock(), [0, 0]
    assert client.uid

    def count(*_: object) -> object:
        with lock:
            counts[0] += 1
            counts[1] = max(counts)
        time.sleep(0.02)
        with lock:
            counts[0] -= 1
        return []

    odoo.replies[READ] = count
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: read(client), range(8))) == [[]] * 8
    assert counts[1] <= transport.MAX_CONCURRENT_CALLS


def test_a_call_that_waits_too_long_for_a_slot_is_retried(
    odoo: ScriptedOdoo, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ODOO_QUEUE_TIMEOUT_S", 0.05)
    client, started = connect(odoo), threading.Barrier(transport.MAX_CONCURRENT_CALLS + 1)
    assert client.uid

    def hold(*_: object) -> object:
        started.wait(10)
        odoo.released.wait(30)
        return []

    odoo.replies[READ] = hold
    with ThreadPoolExecutor(transport.MAX_CONCURRENT_CALLS) as threads:
        held = [threads.submit(read, client) for _ in range(transport.MAX_CONCURRENT_CALLS)]
        started.wait(10)
        with pytest.raises(Retry, match="2 other calls to the helpdesk took more"):
            write(client)
        odoo.released.set()
        assert [future.result() for future in held] == [[], []]


def test_tracebacks_are_dropped(odoo: ScriptedOdoo, connect: Connect) -> None:
    odoo.replies[WRITE] = Fault("builtins.ValueError", "Wrong value for helpdesk.ticket.priority: '9'")
    with pytest.raises(GiveUp) as caught:
        write(connect(odoo))
    assert str(caught.value) == "Odoo refuses helpdesk.ticket.write: Wrong value for helpdesk.ticket.priority: '9'"
    assert "Traceback" not in json.dumps(str(caught.value.__dict__))
