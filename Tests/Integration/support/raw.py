"""Bytes by hand: HTTP and WebSocket over TLS, TCP or a Unix socket, well formed or not."""

import base64
import json
import os
import socket
import struct
import time

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0


class Raw:
    """One stream socket with a buffer of what came in; every wait has a deadline."""

    def __init__(self, stream, within=10.0):
        self.stream = stream
        self.within = within
        self.stream.settimeout(within)
        self.buffer = b""

    @classmethod
    def unix(cls, path, **more):
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(str(path))
        return cls(stream, **more)

    @classmethod
    def tcp(cls, port, receive_buffer=None, **more):
        stream = socket.socket()
        if receive_buffer:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        stream.connect(("127.0.0.1", port))
        return cls(stream, **more)

    @classmethod
    def tls(cls, product, receive_buffer=None, **more):
        raw = cls.tcp(product.port, receive_buffer, **more)
        raw.stream = product.tls.wrap_socket(raw.stream, server_hostname=host_of(product))
        raw.stream.settimeout(raw.within)
        return raw

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()

    def reset(self):
        """Close with RST instead of FIN."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()

    def send(self, data):
        self.stream.sendall(data)

    def try_send(self, data):
        """Send as far as the peer lets us; False once it has closed."""
        try:
            self.stream.sendall(data)
            return True
        except OSError:
            return False

    def read_some(self):
        """At least one more byte into the buffer; False at the end of the stream."""
        try:
            data = self.stream.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            return False
        self.buffer += data
        return bool(data)

    def take(self, count):
        while len(self.buffer) < count:
            if not self.read_some():
                raise EOFError(f"the peer closed after {self.buffer[:200]!r}")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def take_line(self):
        while b"\r\n" not in self.buffer:
            if not self.read_some():
                raise EOFError(f"the peer closed after {self.buffer[:200]!r}")
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode("latin-1")

    def until_closed(self, within=10.0):
        """Everything that comes until the peer closes; fails when it does not within the time."""
        deadline = time.monotonic() + within
        while True:
            left = deadline - time.monotonic()
            assert left > 0, f"still open after {within:g} s: {self.buffer[:200]!r}"
            self.stream.settimeout(left)
            try:
                if not self.read_some():
                    return self.buffer
            except TimeoutError:
                raise AssertionError(
                    f"still open after {within:g} s: {self.buffer[:200]!r}") from None

    # HTTP

    def response(self):
        """(status, headers in lower case, body) of one HTTP/1.1 answer."""
        status = int(self.take_line().split()[1])
        headers = {}
        while line := self.take_line():
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if status == 101:
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.take_line().split(";")[0], 16):
                body += self.take(size)
                self.take_line()
            self.take_line()
            return status, headers, body
        if "content-length" in headers:
            return status, headers, self.take(int(headers["content-length"]))
        try:
            while self.read_some():
                pass
        except TimeoutError:
            pass
        body, self.buffer = self.buffer, b""
        return status, headers, body

    # WebSocket

    def upgrade(self, key=None, path="/ws", host="localhost", headers=(), expect=101):
        """Send an upgrade request and read the answer."""
        self.send(upgrade_request(key, path, host, headers))
        status, fields, body = self.response()
        assert status == expect, f"{status} {body[:400]!r}"
        return status, fields, body

    def frame(self, within=None):
        """(fin, opcode, payload) of the next frame from the server."""
        if within is not None:
            self.stream.settimeout(within)
        first, second = self.take(2)
        assert first & 0x70 == 0, "a reserved bit from the server"
        assert second & 0x80 == 0, "a masked frame from the server"
        length = second & 0x7F
        if length == 126:
            length = struct.unpack("!H", self.take(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self.take(8))[0]
        return bool(first & 0x80), first & 0x0F, self.take(length)

    def message(self, within=None):
        """The next text message, parsed; pings and pongs in between are dropped, unanswered."""
        while True:
            fin, opcode, payload = self.frame(within)
            if opcode in (PING, PONG):
                continue
            if opcode == CLOSE:
                raise ServerClosed(payload)
            assert opcode == TEXT and fin, (opcode, fin)
            return json.loads(payload)

    def close_code(self, within=10.0):
        """The code of the close frame that the server sends, reading over whatever comes before;
        1006 where it closes without one."""
        deadline = time.monotonic() + within
        while True:
            left = deadline - time.monotonic()
            assert left > 0, f"no close within {within:g} s"
            self.stream.settimeout(left)
            try:
                _, opcode, payload = self.frame()
            except EOFError:
                return 1006
            except TimeoutError:
                raise AssertionError(f"no close within {within:g} s") from None
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0] if payload else 1005

    def send_json(self, **command):
        self.send(frame(TEXT, json.dumps(command).encode()))


class ServerClosed(Exception):
    def __init__(self, payload):
        self.code = struct.unpack("!H", payload[:2])[0] if payload else 1005
        super().__init__(f"closed with {self.code}: {payload[2:]!r}")


def open_raw(product):
    """A connection to the first worker's own socket, and the `connected` that it began with."""
    raw = Raw.unix(product.ready["sockets"]["ws"][0])
    raw.upgrade(product.ready["apiKey"])
    return raw, raw.message()


def host_of(product):
    """The name in the product's URL, which its certificate is for."""
    return product.url.partition("://")[2].rpartition(":")[0]


def frame(opcode, payload=b"", *, fin=True, masked=True, reserved=0, length=None):
    """One client frame (RFC 6455 §5.2); `length` lies about the payload's size."""
    first = (0x80 if fin else 0) | (reserved << 4) | opcode
    told = len(payload) if length is None else length
    bit = 0x80 if masked else 0
    if told < 126:
        head = bytes([first, bit | told])
    elif told < 65536:
        head = bytes([first, bit | 126]) + struct.pack("!H", told)
    else:
        head = bytes([first, bit | 127]) + struct.pack("!Q", told)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    stretched = mask * (len(payload) // 4 + 1)
    return head + mask + bytes(a ^ b for a, b in zip(payload, stretched))


def upgrade_request(key=None, path="/ws", host="localhost", headers=()):
    lines = [
        f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13"]
    if key is not None:
        lines.append(f"x-api-key: {key}")
    return ("\r\n".join([*lines, *headers]) + "\r\n\r\n").encode("latin-1")


def plain_request(method="GET", path="/", host="localhost", headers=(), body=b""):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
