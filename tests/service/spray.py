"""A proxy on this machine that sends each new connection to the next of several instances.

Plain bytes over threads: whatever the instances answer passes as it is. One that does not take the
connection is passed over, as a host's router does.
"""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


@contextmanager
def spraying(ports: Sequence[int]) -> Iterator[int]:
    """The port of a proxy before the instances that listen on `ports`."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    thread = threading.Thread(target=_accept, args=(listening, itertools.cycle(ports), len(ports)))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        listening.close()


def _accept(listening: socket.socket, ports: Iterator[int], count: int) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        instance = _first_that_answers(ports, count)
        if instance is None:
            client.close()
            continue
        threading.Thread(target=_join, args=(client, instance), daemon=True).start()


def _first_that_answers(ports: Iterator[int], count: int) -> socket.socket | None:
    for port in itertools.islice(ports, count):
        with suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), 5)
    return None


def _join(client: socket.socket, instance: socket.socket) -> None:
    with client, instance:
        back = threading.Thread(target=_pump, args=(instance, client), daemon=True)
        back.start()
        _pump(client, instance)
        back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
