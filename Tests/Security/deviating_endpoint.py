"""A Messages endpoint that deviates at random and checks every request as strictly as the real one.

A message `[case N]` is answered deviatingly, from the seed and N alone; `[plain N]` as the API would,
with the text `ok N`. What a client did wrong is in `violations`.
"""

import gzip
import json
import random
import re
import socket
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from deviating_answer import Answer
from strict_api import Refused, check

CASE = re.compile(r"\[(case|plain) (\d+)\]")
# Requests of one case that may deviate: then the run comes to its end.
MAXIMUM_DEVIATIONS = 5
OVERFLOWS = [
    (400, {"error": {"type": "invalid_request_error", "message": "prompt is too long: 9 > 8"}}),
    (400, {"error": {"code": "context_length_exceeded", "message": "no", "type": None}}),
    (413, {"error": {"type": "request_too_large", "message": "Request exceeds"}}),
    (400, {"message": "Input is too long for requested model."}),
    (500, {"error": {"message": "litellm.ContextWindowExceededError: too long", "code": "400"}}),
    (400, {"error": "input length exceeds the context length of the model"})]
STATUSES = [302, 400, 401, 403, 404, 408, 409, 413, 418, 422, 429, 500, 502, 503, 504, 520, 529]
BODIES = [
    b"", b"<html>Bad gateway</html>", b"{", b"null", b"[]", b'{"error":null}', b'{"error":"x"}',
    b'{"error":{"type":"overloaded_error","message":"busy"}}', b"\xff\xfe\0" * 50, b"x" * 200_000,
    b'{"error":{"type":7,"message":{"a":1},"code":99999999999999999999999}}',
    b'{"type":"error","error":{"type":"invalid_request_error","message":"messages.0: no"}}',
    b'{"error":' * 5_000, b'{"detail":[{"loc":["body"],"msg":"field required"}]}']
RETRY_AFTER = ["0", "-1", "0.01", "1e400", "soon", "3600", "9" * 40, "nan", "",
               "Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 31 Dec 99999999 23:59:59 GMT"]
TYPES = ["text/event-stream; charset=utf-8", "text/plain", "application/json", "text/html", "",
         "Application/Octet-Stream", "text/event-stream, text/plain"]


class DeviatingEndpoint:
    def __init__(self, seed):
        self.seed = seed
        self.violations = []
        self.kinds = Counter()
        self.requests = Counter()
        self.lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def do_POST(self):
                self.close_connection = True
                try:
                    Exchange(endpoint, self).run()
                except OSError:
                    pass  # the client has hung up, which it may

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.socket.listen(512)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def attempt(self, case):
        """How many requests there were for this case before."""
        with self.lock:
            self.requests[case] += 1
            return self.requests[case] - 1

    def complain(self, case, words):
        with self.lock:
            self.violations.append(f"seed {self.seed}, {case}: {words}")

    def note(self, kind):
        with self.lock:
            self.kinds[kind] += 1


class Exchange:
    """One request and its answer."""

    def __init__(self, endpoint, handler):
        self.endpoint, self.handler = endpoint, handler

    def run(self):
        raw = self.handler.rfile.read(int(self.handler.headers["content-length"]))
        body = json.loads(raw)
        kind, number = case_of(body)
        try:
            check(body, len(raw))
        except Refused as refused:
            if not refused.excuse:
                self.endpoint.complain(f"{kind} {number}", refused)
            error = {"type": "invalid_request_error", "message": str(refused)}
            return self.send(400, "application/json", json.dumps({"error": error}).encode())
        attempt = self.endpoint.attempt((kind, number))
        self.model = body["model"]
        self.random = random.Random(f"{self.endpoint.seed}/{number}/{attempt}")
        self.takes_tools = body.get("tool_choice", {}).get("type") != "none"
        is_plain = kind != "case" or attempt >= MAXIMUM_DEVIATIONS
        if is_plain or attempt and self.random.random() < 0.5:
            return self.plain(f"ok {number}")
        self.deviate()

    # Answers

    def answer(self):
        return Answer(self.random.random(), self.model, self.takes_tools)

    def plain(self, text):
        answer = self.answer()
        answer.blocks = [{"type": "text", "text": text}]
        answer.write()
        self.send(200, "text/event-stream", answer.encoded())

    def deviate(self):
        kind = self.random.choice(
            ["content", "content", "numbers", "inputs", "reason", "disorder", "disorder", "error",
             "lines", "everything", "everything", "whole", "noise", "twins", "types", "status",
             "retry", "overflow", "packed", "page"] + TRANSPORTS)
        self.endpoint.note(kind)
        if kind in TRANSPORTS:
            return getattr(self, kind)()
        if kind in ("status", "retry", "overflow", "packed", "page"):
            return getattr(self, f"answer_{kind}")()
        answer = self.answer()
        everything = kind == "everything"
        if kind == "content" or everything:
            answer.odd_content()
        if kind == "twins" or everything:
            answer.repeated_tools()
        if kind == "whole":
            answer.odd_content()
            return self.send(200, self.random.choice(TYPES), answer.whole())
        answer.write(odd_numbers=kind == "numbers" or everything,
                     odd_inputs=kind == "inputs" or everything,
                     odd_reason=kind == "reason" or everything)
        if kind == "disorder" or everything:
            answer.disorder()
        if kind == "error":
            answer.error()
        if kind == "noise":
            answer.noise()
        type = self.random.choice(TYPES) if kind == "types" else "text/event-stream"
        self.send(200, type, answer.encoded(odd_lines=kind == "lines" or everything),
                  cuts=self.random.choice([0, 0, 3, 40]))

    def answer_status(self):
        self.send(self.random.choice(STATUSES), self.random.choice(TYPES),
                  self.random.choice(BODIES), {"retry-after-ms": "1"})

    def answer_retry(self):
        headers = {"retry-after": self.random.choice(RETRY_AFTER)}
        if self.random.random() < 0.3:
            headers["x-should-retry"] = self.random.choice(["true", "false", "maybe"])
            headers["retry-after-ms"] = "1"
        self.send(self.random.choice([429, 503, 529]), "application/json",
                  b'{"error":{"type":"rate_limit_error","message":"slow down"}}', headers)

    def answer_overflow(self):
        status, body = self.random.choice(OVERFLOWS)
        self.send(status, "application/json", json.dumps(body).encode(), {"retry-after-ms": "1"})

    def answer_packed(self):
        answer = self.answer()
        answer.write()
        headers = {"content-encoding": "gzip"} if self.random.random() < 0.7 else {}
        self.send(200, "text/event-stream", gzip.compress(answer.encoded()), headers)

    def answer_page(self):
        self.send(200, self.random.choice(TYPES), self.random.choice(
            [b"<!doctype html><title>Sign in</title>", b"", b"OK", b"\n\n\n", b"null", b"[]",
             b'{"choices":[{"message":{"content":"hi"}}]}', b"\x1f\x8b\x08", b"data: {}\n\n"]))

    # The wire

    def head(self, status, type, headers=(), length=None):
        lines = [f"HTTP/1.1 {status} X", f"content-type: {type}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        if length is not None:
            lines.append(f"content-length: {length}")
        self.handler.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def send(self, status, type, body, headers=(), cuts=0):
        self.head(status, type, headers)
        places = sorted(self.random.randint(0, len(body)) for _ in range(cuts)) if cuts else []
        for start, end in zip([0, *places], [*places, len(body)]):
            self.handler.wfile.write(body[start:end])
            self.handler.wfile.flush()

    def written(self):
        answer = self.answer()
        answer.write()
        return answer.encoded()

    def reset(self):
        """Closes with a reset, before, in or after the head."""
        body = self.written()
        if self.random.random() < 0.7:
            self.head(200, "text/event-stream")
            self.handler.wfile.write(body[:self.random.randint(0, len(body))])
            self.handler.wfile.flush()
        connection = self.handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def cut(self):
        body = self.written()
        self.send(200, "text/event-stream", body[:self.random.randint(0, len(body))])

    def lengths(self):
        body = self.written()
        length = self.random.choice([0, 1, len(body) - 1, len(body) + 1, 10 ** 18, -1, "x"])
        self.head(200, "text/event-stream", length=length)
        self.handler.wfile.write(body)

    def chunks(self):
        body = self.written()
        self.head(200, "text/event-stream", {"transfer-encoding": "chunked"})
        size = self.random.choice([f"{len(body):x}", "ffffffffffffffff", "-1", "zz", ""])
        self.handler.wfile.write(size.encode() + b"\r\n" + body + b"\r\n0\r\n\r\n")

    def trickle(self):
        body = self.written()
        self.head(200, "text/event-stream")
        for byte in range(0, len(body), max(1, len(body) // 100)):
            self.handler.wfile.write(body[byte:byte + max(1, len(body) // 100)])
            self.handler.wfile.flush()
            time.sleep(0.002)

    def stall(self):
        """Says a part and then nothing; all that is written later finds nobody."""
        body = self.written()
        self.head(200, "text/event-stream")
        self.handler.wfile.write(body[:self.random.randint(0, len(body))])
        self.handler.wfile.flush()
        self.handler.connection.settimeout(15)
        self.handler.connection.recv(1)

    def pings(self):
        """Signs of life without end, before, within or behind the answer."""
        body = self.written()
        self.head(200, "text/event-stream")
        self.handler.wfile.write(body[:self.random.choice([0, len(body) // 2, len(body)])])
        end = time.monotonic() + 15
        while time.monotonic() < end:
            self.handler.wfile.write(self.random.choice([b"\n\nevent: ping\ndata: {}\n\n", b"\n\n: x\n"]))
            self.handler.wfile.flush()
            time.sleep(0.1)

    def garbage(self):
        self.handler.wfile.write(self.random.choice(
            [b"", b"\0" * 100, b"HTTP/1.1 999999999999 X\r\n\r\n", b"HTTP/9.9 200 OK\r\n\r\n",
             b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000, b"SSH-2.0-x\r\n",
             b"HTTP/1.1 100 Continue\r\n\r\n" * 50, b"HTTP/1.1 200\r\n: \r\n\r\ndata"]))


TRANSPORTS = ["reset", "cut", "lengths", "chunks", "trickle", "stall", "pings", "garbage"]


def case_of(body):
    """The newest case that a person asked for: what kind it is, and its number."""
    for message in reversed(body.get("messages", [])):
        for block in reversed(message.get("content", [])):
            if message.get("role") == "user" and block.get("type") == "text":
                found = CASE.findall(block.get("text", ""))
                if found:
                    return found[-1][0], int(found[-1][1])
    return "plain", 0
