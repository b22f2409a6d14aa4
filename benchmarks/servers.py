"""Servers under strangers: which one keeps answering, cuts what is half-sent, drains, and reads bodies whole.

    python -m benchmarks.servers [NAME ...]

Servers that are not installed are left out: pip install hypercorn granian gevent, in an environment of their own. The
last two columns are timings, to be compared with each other on one machine only.
"""

from __future__ import annotations

import http.client
import importlib.util
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.server_candidates import APP, COMMANDS, MODULES, ROOT, Running

COLUMNS = ("17 half-sent", "500 half-sent", "cut after", "1 MiB chunked", "bad chunk", "drain", "Server", "GET/s")


def main(names: list[str]) -> None:
    print(f"{'server':22}" + "".join(f"{column:>16}" for column in COLUMNS))
    for name, words in COMMANDS.items():
        module = MODULES.get(name)
        if (not names or name in names) and (not module or importlib.util.find_spec(module)):
            with tempfile.TemporaryDirectory() as folder:
                print(f"{name:22}" + "".join(f"{found:>16}" for found in _measure(Path(folder), words)), flush=True)


def _measure(folder: Path, words: tuple[str, ...]) -> list[str]:
    (folder / "served.py").write_text(APP.format(root=str(ROOT)))
    return [
        _with(folder, words, lambda server: _answers_beside(server, 17)),
        _with(folder, words, lambda server: _answers_beside(server, 500)),
        _with(folder, words, _cut_after),
        _with(folder, words, _chunked),
        _with(folder, words, _bad_chunk),
        _with(folder, words, _drain),
        _with(folder, words, _server_header),
        _with(folder, words, _rate),
    ]


def _with(folder: Path, words: tuple[str, ...], measure: Callable[[Running], str]) -> str:
    try:
        server = Running(folder, words)
    except TimeoutError:
        return "did not start"
    try:
        return measure(server)
    except OSError as error:
        return type(error).__name__
    finally:
        server.stop()


def _half_sent(server: Running, number: int) -> list[socket.socket]:
    found = []
    for _ in range(number):
        connection = server.connect()
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        found.append(connection)
    return found


def _answers_beside(server: Running, number: int) -> str:
    open_connections = _half_sent(server, number)
    began = time.monotonic()
    try:
        server.get(timeout=8)
    except OSError:
        return "no answer"
    finally:
        for connection in open_connections:
            connection.close()
    return f"{(time.monotonic() - began) * 1000:.0f} ms"


def _cut_after(server: Running) -> str:
    [connection] = _half_sent(server, 1)
    began = time.monotonic()
    connection.settimeout(1)
    while time.monotonic() < began + 40:
        try:
            connection.sendall(b"x")  # still sending, but never done
            if not connection.recv(1000):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    else:
        return "never"
    return f"{time.monotonic() - began:.0f} s"


def _chunked(server: Running) -> str:
    body, connection = b"x" * (1 << 20), server.connect()
    parts = (body[at : at + 8192] for at in range(0, len(body), 8192))
    wire = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + wire)
    answer = _all(connection)
    read = answer.rpartition(b"\r\n")[2].decode()[:10]
    return "whole" if read == str(1 << 20) else f"read {read or 'nothing'}"


def _bad_chunk(server: Running) -> str:
    connection = server.connect()
    connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n")
    status = _all(connection).partition(b"\r\n")[0].decode()[9:12] or "none"
    return status + (", traceback" if "Traceback" in server.log.read_text() else "")


def _all(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while chunk := connection.recv(65536):
            answer += chunk
    except OSError:
        pass
    return answer


def _drain(server: Running) -> str:
    """SIGTERM under load: clients with one connection for all requests, and with one for each."""
    broken: list[str] = []
    done: list[int] = []
    crowd = [threading.Thread(target=_client, args=(server, kept, broken, done)) for kept in (True, False) * 6]
    for client in crowd:
        client.start()
    time.sleep(2)
    began = time.monotonic()
    server.process.terminate()
    try:
        code: Any = server.process.wait(40)
    except subprocess.TimeoutExpired:
        code = "alive"
    took = time.monotonic() - began
    for client in crowd:
        client.join()
    return f"{len(broken)} cut, {code}, {took:.1f} s"


def _client(server: Running, kept: bool, broken: list[str], done: list[int]) -> None:
    """Ask until the server refuses connections. Whatever else ends a request has cut it."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    while True:
        try:
            if client.sock is None:
                client.connect()
        except OSError:
            return
        try:
            client.request("GET", "/slow")
            response = client.getresponse()
            response.read()
            done.append(response.status)
        except (OSError, http.client.HTTPException) as error:
            broken.append(type(error).__name__)
            client.close()
        if not kept:
            client.close()


def _server_header(server: Running) -> str:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    client.request("GET", "/")
    return client.getresponse().getheader("Server") or "-"


def _rate(server: Running) -> str:
    counts = [0] * 8
    until = time.monotonic() + 4

    def ask(index: int) -> None:
        while time.monotonic() < until:
            server.get()
            counts[index] += 1

    crowd = [threading.Thread(target=ask, args=(index,)) for index in range(len(counts))]
    for client in crowd:
        client.start()
    for client in crowd:
        client.join()
    return f"{sum(counts) / 4:.0f}"


if __name__ == "__main__":
    main(sys.argv[1:])
