"""Where a process tree listens, from /proc: an app may not care for PORT.

https://docs.kernel.org/networking/proc_net_tcp.html
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"
_IPV6_LOOPBACK = "00000000000000000000000001000000"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect to."""

    host: str
    port: int


def listening(pids: Iterable[int], proc: Path = Path("/proc")) -> list[Address]:
    """Where the processes listen for TCP connections, the lowest port first; [] without /proc."""
    inodes = {inode for pid in pids for inode in _socket_inodes(proc / str(pid) / "fd")}
    found = {
        address
        for name in ("tcp", "tcp6")
        for inode, address in _listeners(proc / "net" / name)
        if inode in inodes
    }
    return sorted(found, key=lambda address: (address.port, address.host))


def _socket_inodes(folder: Path) -> Iterator[str]:
    try:
        names = os.listdir(folder)
    except OSError:  # ended, or somebody else's
        return
    for name in names:
        try:
            target = os.readlink(folder / name)
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


def _listeners(table: Path) -> Iterator[tuple[str, Address]]:
    try:
        lines = table.read_text("ascii").splitlines()[1:]
    except OSError:
        return
    for fields in map(str.split, lines):
        if fields[3] == _LISTEN:
            address, _, port = fields[1].partition(":")
            host = "::1" if address == _IPV6_LOOPBACK else "127.0.0.1"
            yield fields[9], Address(host, int(port, 16))
