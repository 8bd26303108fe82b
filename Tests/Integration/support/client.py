"""A WebSocket client that nobody here wrote (`websockets`), with a memory of what it received."""

import json
import threading
import time
from contextlib import suppress

from websockets.asyncio.client import connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .background_loop import wait_for
from .rest import TIME, check_error

SESSION_COOKIE = "__Host-switchboard.sid"


class Refused(AssertionError):
    """The server answered an upgrade with a status other than 101."""

    def __init__(self, response):
        self.status = response.status_code
        self.headers = dict(response.headers.raw_items())
        self.body = bytes(response.body or b"")
        super().__init__(f"handshake refused: {self.status} {self.body[:300]!r}")

    def error(self, code=None):
        """The error object of the refusal, its form checked."""
        return check_error(json.loads(self.body), self.headers, code)


class Client:
    """Connected once made. `messages` is everything ever received, in order.

    Envelopes are checked as they come in, so that a malformed one fails whichever test sees it.
    """

    def __init__(
        self, product, key=None, *, cookie=None, origin=None, headers=None, subprotocols=None,
        bearer=None, path="/ws", unix=None, tcp=None, hello=True, within=10.0
    ):
        sent = dict(headers or {})
        if key is not None:
            sent["x-api-key"] = key
        if bearer is not None:
            sent["authorization"] = f"Bearer {bearer}"
        if cookie is not None:
            sent["cookie"] = f"{SESSION_COOKIE}={cookie}"
            origin = product.url if origin is None else origin
        options = dict(
            additional_headers=sent, subprotocols=subprotocols, compression=None,
            origin=origin or None, open_timeout=within, close_timeout=3, ping_interval=None,
            max_size=None, max_queue=None)
        self.messages = []
        self.pace = Pace()
        try:
            if unix:
                dialled = unix_connect(unix, f"ws://localhost{path}", **options)
            elif tcp:
                dialled = connect(f"ws://127.0.0.1:{tcp}{path}", proxy=None, **options)
            else:
                url = product.url.replace("https:", "wss:") + path
                dialled = connect(url, ssl=product.tls, proxy=None, **options)
            self.socket = wait_for(_opened(dialled), within)
        except InvalidStatus as refused:
            raise Refused(refused.response) from None
        self.connected = self.next() if hello else None
        if hello:
            assert self.connected["type"] == "connected", self.connected

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with suppress(ConnectionClosed, OSError):
            wait_for(self.socket.close())

    # Sending

    def send(self, type, **fields):
        self.send_text(json.dumps({"type": type, **fields}))

    def send_text(self, text):
        self.pace.wait()
        wait_for(self.socket.send(text))

    def send_binary(self, data):
        self.pace.wait()
        wait_for(self.socket.send(data))

    # Receiving

    def next(self, within=10.0):
        """The next message, checked for the envelope's common fields."""
        text = wait_for(self.socket.recv(), within)
        assert isinstance(text, str), f"a binary frame arrived: {text[:80]!r}"
        message = json.loads(text)
        check_envelope(message)
        self.messages.append(message)
        return message

    def expect(self, type, within=10.0, **fields):
        """Read on until a message of this type and fields comes; what comes before stays in
        `messages`."""
        deadline = time.monotonic() + within
        while True:
            left = deadline - time.monotonic()
            try:
                message = self.next(max(left, 0.001))
            except TimeoutError:
                raise AssertionError(
                    f"no {type} {fields} within {within:g} s; the last ones were "
                    f"{self.messages[-5:]}") from None
            if message["type"] == type and all(message.get(k) == v for k, v in fields.items()):
                return message

    def collect(self, count, type=None, within=10.0):
        """The next `count` messages (of `type`, when told), in order."""
        deadline = time.monotonic() + within
        found = []
        while len(found) < count:
            message = self.next(max(deadline - time.monotonic(), 0.001))
            if type is None or message["type"] == type:
                found.append(message)
        return found

    def until_pong(self, within=10.0):
        """Everything that arrives before the answer to a ping sent now: the fence for "nothing
        came"."""
        mark = f"fence-{time.monotonic_ns()}"
        self.send("ping", id=mark)
        found = []
        deadline = time.monotonic() + within
        while True:
            message = self.next(max(deadline - time.monotonic(), 0.001))
            if message["type"] == "pong" and message.get("id") == mark:
                return found
            found.append(message)

    def quiet(self, seconds):
        """Assert that nothing arrives for so long."""
        try:
            message = self.next(seconds)
        except TimeoutError:
            return
        raise AssertionError(f"nothing was expected, and this came: {message}")

    def error(self, code, within=10.0):
        """Read on until an `error` control message, and insist on its code."""
        message = self.expect("error", within)
        assert message["payload"]["code"] == code, message
        assert message["payload"]["message"], message
        return message

    def closed(self, code=None, within=10.0):
        """Read until the server closes; returns the close code, after checking it."""
        deadline = time.monotonic() + within
        while True:
            try:
                self.next(max(deadline - time.monotonic(), 0.001))
            except ConnectionClosed as end:
                received = end.rcvd.code if end.rcvd else 1006
                assert code is None or received == code, f"closed with {received}, expected {code}"
                return received

    # Commands

    def subscribe(self, channel=None, since=None, session=None, within=10.0):
        """Subscribe and return the payload of `subscribed`."""
        command = {"sessionId": session} if session else {"channel": channel}
        if since is not None:
            command["since"] = {"epoch": since[0], "offset": since[1]}
        self.send("subscribe", **command)
        name = channel or f"session:{session}"
        deadline = time.monotonic() + within
        while True:
            message = self.next(max(deadline - time.monotonic(), 0.001))
            if message["type"] == "subscribed" and message["payload"]["channel"] == name:
                return message["payload"]
            assert not (message["type"] == "error" and "payload" in message), message

    def unsubscribe(self, channel):
        self.send("unsubscribe", channel=channel)
        return self.expect("unsubscribed")["payload"]


async def _opened(dialled):
    return await dialled


class Pace:
    """Keeps a client within the contract's 50 commands a second and burst of 100, with room."""

    def __init__(self, burst=80, per_second=40):
        self.burst, self.per_second = burst, per_second
        self.left, self.at = burst, time.monotonic()

    def wait(self):
        """Return when one more command is within the rate."""
        while True:
            now = time.monotonic()
            self.left = min(self.burst, self.left + (now - self.at) * self.per_second)
            self.at = now
            if self.left >= 1:
                self.left -= 1
                return
            threading.Event().wait((1 - self.left) / self.per_second)


def check_envelope(message):
    """What every message has (contract, "Envelope")."""
    assert isinstance(message["type"], str), message
    assert TIME.match(message["timestamp"]), message
    assert isinstance(message["eventId"], str) and message["eventId"], message
    assert message["encoding"] == "json", message
    assert "offset" not in message or isinstance(message["offset"], int), message
