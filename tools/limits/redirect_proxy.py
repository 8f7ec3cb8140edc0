"""The proxy: CONNECT with TLS ended here, or a plain request for an absolute address.

https://www.rfc-editor.org/rfc/rfc9110#name-connect
Requests are read and written with h11; what the upstream says goes on at once, piece by piece, and
when its connection breaks, so does the client's.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from urllib.parse import urlsplit

import h11

from tools.limits.certificates import Authority
from tools.limits.route import Route, host_of, local_path

CONTROL = "/__fit512"
_PIECE = 65536
_HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"host"}
_LEFT_S = 0.25


class Broken(Exception):
    """The upstream's connection ended in the middle of an answer."""


class Peer:
    """One side of an exchange: an h11 state machine on a connection."""

    def __init__(
        self, http: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.http, self.reader, self.writer = http, reader, writer

    async def receive(self) -> h11.Event | type[h11.PAUSED]:
        """The next event. Raises h11.RemoteProtocolError for what is not HTTP or is cut short."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            if self.http.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[]))
            self.http.receive_data(await self.reader.read(_PIECE))
        return event  # type: ignore[return-value]

    async def send(self, event: h11.Event) -> None:
        data = self.http.send(event)
        if data:
            self.writer.write(data)
            await self.writer.drain()

    async def answer(self, status: int, body: str, kind: str = "text/plain") -> None:
        data = body.encode()
        headers = [("content-type", kind), ("content-length", str(len(data)))]
        await self.send(h11.Response(status_code=status, headers=headers))
        await self.send(h11.Data(data=data))
        await self.send(h11.EndOfMessage())

    async def left(self) -> None:
        """Return once the other side has closed the connection."""
        while not (self.reader.at_eof() or self.writer.is_closing()):
            await asyncio.sleep(_LEFT_S)


class Proxy:
    """Handles connections; `route` says where they lead, `authority` who we pretend to be."""

    def __init__(self, route: Route, authority: Authority) -> None:
        self.route, self.authority = route, authority

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        client = Peer(h11.Connection(h11.SERVER), reader, writer)
        try:
            await self._serve(client, inside=None)
        except Broken:
            writer.transport.abort()
        except (h11.ProtocolError, OSError, ValueError, asyncio.CancelledError):
            pass  # the client left, does not speak HTTP or does not trust us; or we end
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, client: Peer, inside: str | None) -> None:
        """Requests of one connection; `inside` is the host of the tunnel that they come through."""
        while True:
            event = await client.receive()
            if not isinstance(event, h11.Request):
                return
            if event.method == b"CONNECT" and inside is None:
                await self._tunnel(client, event.target.decode("ascii"))
                return
            await self._request(client, event, inside)
            if client.http.our_state is not h11.DONE or client.http.their_state is not h11.DONE:
                return
            client.http.start_next_cycle()

    async def _tunnel(self, client: Peer, authority: str) -> None:
        host = host_of(authority)
        if not self.route.admits(host):
            await client.answer(403, f"{host} is not allowed here\n")
            return
        await client.send(h11.Response(status_code=200, headers=[]))
        await client.writer.start_tls(self.authority.context(host))
        await self._serve(
            Peer(h11.Connection(h11.SERVER), client.reader, client.writer), inside=host
        )

    async def _request(self, client: Peer, request: h11.Request, inside: str | None) -> None:
        target = request.target.decode("ascii")
        if inside is None and target.startswith("/"):
            await self._control(client, target)
            return
        parts = urlsplit(target)
        host = inside or host_of(parts.netloc)
        if inside is None and not self.route.admits(host):
            await client.answer(403, f"{host} is not allowed here\n")
            return
        path = local_path(parts._replace(scheme="", netloc="").geturl() or "/")
        try:
            reader, writer = await asyncio.open_connection(self.route.to_host, self.route.to_port)
        except OSError as error:
            await client.answer(502, f"the local upstream cannot be reached: {error.strerror}\n")
            return
        try:
            await self._exchange(
                client, Peer(h11.Connection(h11.CLIENT), reader, writer), request, host, path
            )
        finally:
            writer.transport.abort()

    async def _exchange(
        self, client: Peer, upstream: Peer, request: h11.Request, host: str, path: str
    ) -> None:
        headers = [(name, value) for name, value in request.headers if name not in _HOP_BY_HOP]
        ours = [("host", f"{self.route.to_host}:{self.route.to_port}"), ("x-forwarded-host", host)]
        headers = [(name.encode(), value.encode()) for name, value in ours] + headers
        await upstream.send(h11.Request(method=request.method, target=path, headers=headers))
        while isinstance(event := await client.receive(), h11.Data | h11.EndOfMessage):
            await upstream.send(event)
            if isinstance(event, h11.EndOfMessage):
                break
        answering = asyncio.ensure_future(self._answer(client, upstream))
        leaving = asyncio.ensure_future(client.left())
        await asyncio.wait([answering, leaving], return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if answering.done():
            answering.result()
        else:
            answering.cancel()
            raise Broken

    async def _answer(self, client: Peer, upstream: Peer) -> None:
        try:
            while True:
                event = await upstream.receive()
                if isinstance(event, h11.Response):
                    kept = [(n, v) for n, v in event.headers if n not in _HOP_BY_HOP]
                    await client.send(h11.Response(status_code=event.status_code, headers=kept))
                elif isinstance(event, h11.Data | h11.EndOfMessage):
                    await client.send(event)
                    if isinstance(event, h11.EndOfMessage):
                        return
                elif not isinstance(event, h11.InformationalResponse):
                    raise Broken
        except (h11.RemoteProtocolError, OSError) as error:
            raise Broken from error

    async def _control(self, client: Peer, target: str) -> None:
        if target != f"{CONTROL}/hosts":
            await client.answer(400, "this is a proxy: ask it for an absolute address\n")
            return
        record = {"hosts": self.route.asked, "refused": self.route.refused}
        await client.answer(200, json.dumps(record), "application/json")
