"""A model's endpoint that a test scripts answer by answer, and that remembers every request."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

WAIT = 20


class Request:
    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body


class Endpoint:
    """On a free loopback port; what is not scripted is answered with 418 and no retry."""

    def __init__(self):
        self.requests = []
        self.script = Queue()
        self.hung = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                endpoint.requests.append(Request(self.path, headers, body))
                self.close_connection = True
                endpoint._play(self, body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answers(self, *scenes):
        """Script the next answers: ("text", words), ("tool", name, input), ("status", code),
        ("raw", bytes), ("hang", words) which says so much and then nothing."""
        for scene in scenes:
            self.script.put(scene)

    def hung_up(self):
        """Wait until the other side has closed the connection of a "hang"."""
        assert self.hung.wait(WAIT), "the connection was not closed"

    def _play(self, handler, body):
        kind, *words = self.script.get_nowait() if not self.script.empty() else ("status", 418)
        if kind == "raw":
            return handler.wfile.write(words[0])
        if kind == "status":
            handler.send_response(words[0])
            handler.send_header("content-type", "application/json")
            handler.end_headers()
            error = {"type": "error", "error": {"type": "api_error", "message": "as scripted"}}
            return handler.wfile.write(json.dumps(error).encode())
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.end_headers()
        for event in stream(kind, words, len(self.requests)):
            handler.wfile.write(
                f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        handler.wfile.flush()
        if kind == "hang":
            handler.connection.settimeout(WAIT)
            if handler.connection.recv(1) == b"":
                self.hung.set()


def stream(kind, words, number):
    """The events of one message."""
    usage = {"input_tokens": 10, "output_tokens": 1}
    yield {"type": "message_start", "message": {
        "id": f"msg_{number}", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": usage}}
    if kind == "tool":
        name, value = words
        block = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(value)}
    else:
        block = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": words[0]}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    if kind == "hang":
        return
    yield {"type": "content_block_stop", "index": 0}
    reason = "tool_use" if kind == "tool" else "end_turn"
    yield {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None},
           "usage": {"output_tokens": 5}}
    yield {"type": "message_stop"}
