"""Names of the holders of leases, by which a process on the same machine sees that a holder has died."""

from __future__ import annotations

import os
import secrets
import socket
from functools import cache
from hashlib import sha256
from pathlib import Path

_PROC = Path("/proc")


def new_holder() -> str:
    """A name that is new each time, so that an expired lease is recognised."""
    pid = os.getpid()
    return f"{_machine()}.{pid}.{_started_at(pid)}.{secrets.token_hex(8)}"


def is_dead(holder: str) -> bool:
    """Whether a holder was a process of this machine that runs no more; False where that cannot be known."""
    machine, _, rest = holder.partition(".")
    pid, _, rest = rest.partition(".")
    started_at, _, _ = rest.partition(".")
    return machine == _machine() and bool(started_at) and pid.isdecimal() and _started_at(int(pid)) != started_at


@cache
def _machine() -> str:
    """This machine since its start, and the container in which process numbers count."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = str((_PROC / "self/ns/pid").readlink())
    except OSError:  # no Linux: every process is a machine of its own, and leases end by themselves
        return secrets.token_hex(6)
    return sha256(f"{boot}/{space}/{socket.gethostname()}".encode()).hexdigest()[:12]


def _started_at(pid: int) -> str:
    """When a process was started, in ticks; empty if there is none. A number may belong to another process later."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
