"""A WebSocket server that does what a case says, step by step, and remembers what reached it."""

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import urlsplit

from support.background_loop import wait_for
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

SUBPROTOCOL = "switchboard.v1"


class Link:
    """One attempt of the client to connect, and the connection that it may become."""

    def __init__(self, connection, protocols):
        self.connection, self.protocols = connection, protocols
        self.verdict = asyncio.get_running_loop().create_future()
        self.is_accepted = False
        self.ended_by_server = False
        self.received = 0


class ScriptedServer:
    """On a free loopback port. Waits for a verdict on each handshake of the present case.

    `changed()` is called from its loop whenever something came. `files` maps paths to (media type,
    bytes) for a page, which speaks to `control` over a WebSocket of its own.
    """

    def __init__(self):
        self.changed, self.files, self.control = lambda: None, {}, None
        self.links, self.number = [], 0
        self.reset()
        self.server = wait_for(self._serve(), 10)
        self.port = self.server.sockets[0].getsockname()[1]

    @property
    def path(self):
        """Each case has its own, so that no late attempt of the one before counts."""
        return f"/{self.number}/ws"

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}{self.path}"

    def reset(self):
        """Forget the case before; what is still open of it is dropped."""
        self.number += 1
        for link in self.links:
            self._on_loop(link.connection.transport.abort)
        self.links, self.attempts, self.commands, self.closings = [], [], [], []
        self.closing = []  # tasks that end by themselves
        self.credential_status = 200

    def stop(self):
        wait_for(self._stop(), 10)

    @property
    def link(self):
        """The one that the steps are about: the newest."""
        assert self.links, "no attempt has reached the server"
        return self.links[-1]

    # What a case lets it do

    def accept(self):
        self._decide(True)

    def refuse(self, status, retry_after=None):
        self.credential_status = status
        headers = Headers({"Content-Type": "application/json", "Connection": "close"})
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        self.link.ended_by_server = True
        self._decide(Response(status, HTTPStatus(status).phrase, headers, b"{}"))

    def send(self, text):
        wait_for(self.link.connection.send(text), 10)

    def close(self, code, reason=""):
        self.link.ended_by_server = True
        closing = self.link.connection.close(code, reason)
        self._on_loop(lambda: self.closing.append(asyncio.ensure_future(closing)))

    def drop(self):
        self.link.ended_by_server = True
        self._on_loop(self.link.connection.transport.abort)

    def _decide(self, verdict):
        self._on_loop(lambda: self.link.verdict.done() or self.link.verdict.set_result(verdict))

    def _on_loop(self, act):
        async def run():
            act()
        wait_for(run(), 10)

    # Its loop

    async def _serve(self):
        return await serve(
            self._connected, "127.0.0.1", 0, process_request=self._requested,
            select_subprotocol=lambda _, offered: SUBPROTOCOL if SUBPROTOCOL in offered else None,
            compression=None, ping_interval=None, open_timeout=None, close_timeout=5, max_size=None)

    async def _stop(self):
        self.server.close(close_connections=True)
        await self.server.wait_closed()

    async def _requested(self, connection, request):
        path = urlsplit(request.path).path
        if path == "/control":
            return None
        if path in ("/api/auth/me", f"/{self.number}/api/auth/me"):
            return connection.respond(HTTPStatus(self.credential_status), "{}")
        if path != self.path:
            return self._file(connection, path)
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        link = Link(connection, [one.strip() for one in offered.split(",") if one.strip()])
        self.links.append(link)
        self.attempts.append(link)
        self.changed()
        await asyncio.wait(
            [link.verdict, connection.connection_lost_waiter], return_when=asyncio.FIRST_COMPLETED)
        if not link.verdict.done():
            self._ended(link, None)
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")
        link.is_accepted = link.verdict.result() is True
        return None if link.is_accepted else link.verdict.result()

    def _file(self, connection, path):
        if path not in self.files:
            return connection.respond(HTTPStatus.NOT_FOUND, "")
        kind, body = self.files[path]
        return Response(200, "OK", Headers({
            "Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close",
            "Cache-Control": "no-store"}), body)

    async def _connected(self, connection):
        if urlsplit(connection.request.path).path == "/control":
            return await self.control(connection)
        link = next(one for one in self.links if one.connection is connection)
        with suppress(ConnectionClosed):
            async for text in connection:
                link.received += 1
                self.commands.append(json.loads(text))
                self.changed()
        await connection.wait_closed()
        received = connection.protocol.close_rcvd
        self._ended(link, received.code if received else None)

    def _ended(self, link, code):
        if link.is_accepted and not link.ended_by_server:
            self.closings.append({} if code is None else {"code": code})
            self.changed()
