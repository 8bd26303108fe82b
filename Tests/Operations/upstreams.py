"""Small upstreams on Unix sockets that answer with what nginx handed them, as JSON."""

import json
import socketserver
import struct
import threading


class Upstream:
    """A threaded server on `path`; `stop()` ends it and removes nothing."""

    def __init__(self, path, handler):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.server = socketserver.ThreadingUnixStreamServer(str(path), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class HTTPEcho(socketserver.StreamRequestHandler):
    """Answers a request with {"line", "headers"}; an upgrade with 101, and then echoes bytes.

    A path that ends in ?hold is never answered, one in ?full gets 503.
    """

    def handle(self):
        line = self.rfile.readline().decode().strip()
        headers = {}
        while (field := self.rfile.readline().decode().strip()):
            name, _, value = field.partition(":")
            headers[name.lower()] = value.strip()
        if "?hold" in line:
            self.rfile.read()
        elif headers.get("upgrade"):
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                             b"Connection: Upgrade\r\n\r\n")
            while (data := self.request.recv(65536)):
                self.wfile.write(data)
        else:
            status = b"503 Service Unavailable" if "?full" in line else b"200 OK"
            body = json.dumps({"line": line, "headers": headers}).encode()
            self.wfile.write(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\nConnection: close\r\n\r\n%s"
                             % (status, len(body), body))


class FullWorker(HTTPEcho):
    """A worker that refuses every handshake with 503."""

    def handle(self):
        self.rfile.readline()
        self.wfile.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n"
                         b"Connection: close\r\n\r\nfull")


class FastCGIEcho(socketserver.StreamRequestHandler):
    """Answers with {"params", "bodyBytes"}; a query `hold` is never answered, `fail` gets 500,
    `large` a page of 1 MiB."""

    def handle(self):
        params, body = b"", 0
        while True:
            kind, _, content = self._record()
            if kind == 4:
                params += content
            elif kind == 5:
                body += len(content)
                if not content:
                    break
        values = dict(pairs(params))
        if values.get("QUERY_STRING") == "hold":
            self.rfile.read()
            return
        status = "500 Internal Server Error" if values["QUERY_STRING"] == "fail" else "200 OK"
        answer = json.dumps({"params": values, "bodyBytes": body})
        text = f"Status: {status}\r\nContent-Type: application/json\r\n\r\n{answer}".encode()
        if values["QUERY_STRING"] == "large":
            text += b" " * (1 << 20)
        output = [(6, text[at:at + 65_535]) for at in range(0, len(text), 65_535)]
        for kind, content in (*output, (6, b""), (3, bytes(8))):
            self.wfile.write(struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content)

    def _record(self):
        _, kind, request, length, padding = struct.unpack(">BBHHBx", self.rfile.read(8))
        content = self.rfile.read(length)
        self.rfile.read(padding)
        return kind, request, content


def pairs(data):
    """FastCGI §3.4: name and value, each with a length of one byte, or four with the top bit."""
    position = 0

    def length():
        nonlocal position
        size = 1 if data[position] < 128 else 4
        value = int.from_bytes(data[position:position + size], "big") & 0x7FFFFFFF
        position += size
        return value

    while position < len(data):
        name_length, value_length = length(), length()
        name = data[position:position + name_length].decode()
        position += name_length
        yield name, data[position:position + value_length].decode()
        position += value_length
