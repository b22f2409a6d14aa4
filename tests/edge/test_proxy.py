"""The server behind a proxy: the examples of the documentation, a real nginx, and one that is configured carelessly."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from ruamel.yaml import YAML
from urllib3 import disable_warnings

from tests.support.processes import free_port, start_process, wait_until

from .conftest import TOKEN, EdgeServer, deliver, served

PAGE = (Path(__file__).parents[2] / "docs" / "reverse-proxy.md").read_text("utf-8")
TRUSTED = {"POLICYBRIDGE_TRUSTED_PROXIES": "127.0.0.1", "POLICYBRIDGE_CONSOLE_TOKEN": TOKEN}
CARELESS = "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }}"


def example(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"docs/reverse-proxy.md has no example for {name}"
    return found[1]


class From(HTTPAdapter):
    """Requests that come from another address of this machine."""

    def init_poolmanager(self, *arguments: object, **named: object) -> None:
        super().init_poolmanager(*arguments, **named, source_address=("127.0.0.2", 0))


def client(address: str = "") -> requests.Session:
    session = requests.Session()
    session.verify, session.trust_env = False, False
    if address:
        session.mount("https://", From())
    return session


@contextmanager
def nginx(folder: Path, site: str, port: int) -> Iterator[None]:
    program = shutil.which("nginx")
    if not program:
        pytest.skip("no nginx: apt-get install nginx to run the tests that have a proxy in front")
    settings = (
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log {folder}/access.log;\n"
        + "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + site
        + "\n}\n"
    )
    (folder / "nginx.conf").write_text(settings)
    process = start_process(
        [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "start.log")]
    )
    try:
        wait_until(lambda: _answers(port), "nginx answers")
        yield
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture
def documented(tmp_path: Path) -> Iterator[tuple[EdgeServer, str]]:
    """A server behind nginx as documented, and the address of the proxy; the client's network is allowed."""
    disable_warnings()
    running, port = served(tmp_path, **TRUSTED), free_port()
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("no openssl: apt-get install openssl to run the tests that have a proxy in front")
    subject = ("-subj", "/CN=bridge.example.com", "-days", "2")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    site = example("nginx")
    for line, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/bridge.pem", str(certificate)),
        ("/etc/ssl/bridge.key", str(key)),
        ("http://127.0.0.1:8080", running.url),
        ("10.0.0.0/8", "127.0.0.2"),
    ):
        assert line in site
        site = site.replace(line, here)
    try:
        with nginx(tmp_path, site, port):
            yield running, f"https://127.0.0.1:{port}"
    finally:
        running.process.kill()


@pytest.mark.parametrize("path", ["/", "/api/tickets", "/metrics", "/tickets/zendesk/1"])
def test_behind_a_plain_proxy_pass_the_console_is_closed(new_server: EdgeServer, path: str) -> None:
    port = free_port()
    with nginx(new_server.folder, CARELESS.format(port=port, upstream=new_server.port), port):
        for url in (f"http://127.0.0.1:{port}", new_server.url):
            assert requests.get(f"{url}{path}", allow_redirects=False, timeout=20).status_code in (302, 401)
            form = {"gate": "resolution", "decision": "granted", "address": "customer@example.com"}
            answer = requests.post(f"{url}/tickets/zendesk/1/answers", form, allow_redirects=False, timeout=20)
            assert answer.status_code == 302
            assert "/login" in answer.headers["Location"]


def test_the_token_that_was_made_is_shown_once_and_opens_the_console(new_server: EdgeServer) -> None:
    token = re.search(r"shown only this once:\s+(\S+)", new_server.process.out.read_text())
    assert token
    assert token[1] not in new_server.log
    answer = requests.get(f"{new_server.url}/api/tickets", headers={"Authorization": f"Bearer {token[1]}"}, timeout=20)
    assert answer.status_code == 200
    new_server.process.stop()
    again = new_server.process.ready()
    assert "shown only this once" not in again.out.read_text()[token.end() :]


def test_the_documented_nginx_passes_deliveries_and_logs_people_in(documented: tuple[EdgeServer, str]) -> None:
    _, url = documented
    office = client("127.0.0.2")
    entered = office.post(f"{url}/login", {"token": TOKEN}, headers={"Origin": url}, allow_redirects=False, timeout=20)
    assert entered.status_code == 303
    assert "Secure" in entered.headers["Set-Cookie"]
    assert entered.headers["Location"] == "/"
    assert office.get(f"{url}/", timeout=20).status_code == 200
    outside = client()
    assert outside.get(f"{url}/", timeout=20).status_code == 403
    assert outside.get(f"{url}/approve/x", timeout=20).status_code == 404


def test_the_documented_nginx_passes_bodies_unchanged(documented: tuple[EdgeServer, str]) -> None:
    server, url = documented
    assert deliver(url, verify=False).status_code == 202
    assert "/webhooks/" not in (server.folder / "access.log").read_text()


def test_the_address_of_the_client_counts_not_what_it_says(documented: tuple[EdgeServer, str]) -> None:
    server, url = documented
    office = client("127.0.0.2")
    invented = {"X-Forwarded-For": "203.0.113.9", "Origin": url}
    assert office.post(f"{url}/login", {"token": "wrong"}, headers=invented, timeout=20).status_code == 403
    assert '"address": "127.0.0.2"' in server.log
    assert "203.0.113.9" not in server.log


def test_the_example_for_traefik_reads_as_yaml_and_protects_the_console() -> None:
    http = YAML(typ="safe").load(example("traefik"))["http"]
    public, people = http["routers"]["public"], http["routers"]["people"]
    assert re.findall(r"PathPrefix\(`(.*?)`\)", public["rule"]) == ["/webhooks/", "/approve/"]
    assert people["middlewares"] == ["office"]
    assert set(people["middlewares"]) == set(http["middlewares"])
    assert {each["service"] for each in http["routers"].values()} == set(http["services"])


def test_the_example_for_caddy_protects_the_console() -> None:
    text = example("caddy")
    assert "not path /webhooks/* /approve/*" in text
    assert "respond @outside 403" in text
    assert text.count("{") == text.count("}")
    if program := shutil.which("caddy"):
        command = [program, "adapt", "--adapter", "caddyfile", "--config", "-"]
        subprocess.run(command, input=text.encode(), check=True, capture_output=True)
