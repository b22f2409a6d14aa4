"""The client survives a bad network: no response, too large a response, a broken one, from a scripted server."""

import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from bridge.config.zendesk_settings import ZendeskSettings
from bridge.errors import GiveUp, InputError, Retry
from bridge.helpdesks.http import session
from bridge.helpdesks.http.waits import UNREACHABLE_PAUSE_S
from bridge.helpdesks.zendesk.client import ZendeskClient

Act = Callable[[BaseHTTPRequestHandler], None]


class FaultyServer:
    """A server that treats every request as ``act`` says, and counts them."""

    def __init__(self) -> None:
        self.act: Act = lambda request: None
        self.seen: list[str] = []
        self.released = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.seen.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                owner.act(self)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def vendor() -> Iterator[FaultyServer]:
    found = FaultyServer()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.released.set()
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def client(vendor: FaultyServer) -> ZendeskClient:
    return client_of(vendor.url)


def client_of(url: str) -> ZendeskClient:
    return ZendeskClient(ZendeskSettings(url=url, email="a@vendor.example", api_token=SecretStr("t")))


def answers(body: bytes, *, status: int = 200, **headers: str) -> Act:
    def act(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return act


def test_no_response_is_a_retry_and_nothing_is_sent_twice(
    vendor: FaultyServer, client: ZendeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "TIMEOUT", (2.0, 0.2))
    vendor.act = lambda request: bool(vendor.released.wait(30)) and None
    with pytest.raises(Retry, match="no response") as caught:
        client.get("tickets/1.json")
    assert not caught.value.all_tickets
    assert vendor.seen == ["GET /api/v2/tickets/1.json"]


def test_a_body_that_takes_too_long_is_given_up(
    vendor: FaultyServer, client: ZendeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dribble(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b'{"ticket"')
        request.wfile.flush()
        vendor.released.wait(30)

    monkeypatch.setattr(session, "TIMEOUT", (2.0, 0.2))
    vendor.act = dribble
    with pytest.raises(Retry):
        client.get("tickets/1.json")


def test_a_connection_that_breaks_off_concerns_this_ticket_only(vendor: FaultyServer, client: ZendeskClient) -> None:
    vendor.act = lambda request: request.connection.close()
    with pytest.raises(Retry, match="connection was lost") as caught:
        client.get("tickets/1.json")
    assert not caught.value.all_tickets
    assert len(vendor.seen) == 1


def test_an_incomplete_response_is_retried(vendor: FaultyServer, client: ZendeskClient) -> None:
    vendor.act = answers(b'{"ticket": {}}', Content_Length="5000")
    with pytest.raises(Retry):
        client.get("tickets/1.json")


def test_an_unreachable_zendesk_concerns_all_tickets() -> None:
    with pytest.raises(Retry, match=r"127\.0\.0\.1:\d+ cannot be reached") as caught:
        client_of("http://127.0.0.1:9").get("tickets/1.json")
    assert caught.value.all_tickets
    assert caught.value.after == UNREACHABLE_PAUSE_S


@pytest.mark.parametrize("packed", [False, True])
def test_a_response_that_is_too_large_is_cut_off(
    vendor: FaultyServer, client: ZendeskClient, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(session, "MAX_RESPONSE_BYTES", 100_000)
    flood = b'{"x": "' + b"a" * 3_000_000 + b'"}'
    vendor.act = answers(gzip.compress(flood), Content_Encoding="gzip") if packed else answers(flood)
    with pytest.raises(GiveUp, match="larger than"):
        client.get("tickets/1.json")


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"[1, 2]", b'{"a":', b"[" * 100_000])
def test_a_response_that_is_not_an_object_is_retried(vendor: FaultyServer, client: ZendeskClient, body: bytes) -> None:
    vendor.act = answers(body)
    with pytest.raises(Retry, match=r"not JSON|not a JSON object"):
        client.get("tickets/1.json")


def test_credentials_do_not_follow_a_redirect(vendor: FaultyServer, client: ZendeskClient) -> None:
    vendor.act = answers(b"", status=302, Location=f"{vendor.url}/elsewhere")
    with pytest.raises(Retry, match="ZENDESK_SUBDOMAIN"):
        client.get("tickets/1.json")
    assert vendor.seen == ["GET /api/v2/tickets/1.json"]


def test_the_next_page_is_asked_for_at_the_same_place(vendor: FaultyServer, client: ZendeskClient) -> None:
    first = (
        b'{"audits": [{"id": 1}], "meta": {"has_more": true}, "links": {"next": "http://evil.example/x?page[after]=A"}}'
    )
    second = b'{"audits": [{"id": 2}, null], "next_page": "https://acme.zendesk.com/api/v2/x.json?page=3"}'
    third = b'{"audits": [{"id": 3}], "next_page": null}'
    pages = iter([first, second, third])
    vendor.act = lambda request: answers(next(pages))(request)
    assert [audit["id"] for audit in client.pages("tickets/1/audits.json", "audits")] == [1, 2, 3]
    assert vendor.seen == [
        "GET /api/v2/tickets/1/audits.json?page%5Bsize%5D=100",
        "GET /api/v2/tickets/1/audits.json?page%5Bafter%5D=A",
        "GET /api/v2/tickets/1/audits.json?page=3",
    ]


def test_endless_pages_are_given_up(vendor: FaultyServer, client: ZendeskClient) -> None:
    vendor.act = answers(b'{"audits": [], "next_page": "http://127.0.0.1/x?page=1"}')
    with pytest.raises(GiveUp, match="more than 100 pages"):
        list(client.pages("tickets/1/audits.json", "audits"))


def test_a_host_that_zenpy_cannot_use_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="ZENDESK_URL"):
        client_of("http://[::1]:9000")


def test_localhost_is_this_machine(vendor: FaultyServer) -> None:
    vendor.act = answers(b'{"ticket": {"id": 1}}')
    client = client_of(vendor.url.replace("127.0.0.1", "localhost"))
    assert client.get("tickets/1.json") == {"ticket": {"id": 1}}


def test_every_thread_has_a_session_and_a_zenpy_of_its_own(client: ZendeskClient) -> None:
    found = []
    threads = [threading.Thread(target=lambda: found.append(client.zenpy)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sessions = {id(zenpy.tickets.session) for zenpy in [*found, client.zenpy]}
    assert len(sessions) == 4
    assert client.zenpy is client.zenpy


def test_a_listed_program_says_so_in_every_request(vendor: FaultyServer) -> None:
    seen: list[tuple[str, str | None]] = []

    def act(request: BaseHTTPRequestHandler) -> None:
        seen.append((request.path, request.headers["X-Zendesk-Marketplace-Organization-Id"]))
        answers(b'{"access_token": "t", "ticket": {}}', Content_Type="application/json")(request)

    vendor.act = act
    oauth = {"oauth_client_id": "bridge", "oauth_client_secret": SecretStr("s")}
    listed = {"marketplace_name": "Policybridge", "marketplace_organization_id": "12345"}
    ZendeskClient(ZendeskSettings(url=vendor.url, **oauth, **listed)).get("tickets/1.json")
    assert seen == [("/oauth/tokens", "12345"), ("/api/v2/tickets/1.json", "12345")]
