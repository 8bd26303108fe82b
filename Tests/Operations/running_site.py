"""A real nginx with our files, and the ways in which tests speak to it."""

import json
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass

from loopback import free_port
from rendering import nginx_command, render
from upstreams import FastCGIEcho, HTTPEcho, Upstream


@dataclass
class Answer:
    """Status, headers (names in lower case) and body of one HTTP answer."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]


class Site:
    """nginx on a free loopback port, with echo upstreams unless told otherwise."""

    def __init__(self, root, *, workers=None, fastcgi=FastCGIEcho, **rendering):
        self.root = root
        self.port = free_port()
        workers = {"ws-1": HTTPEcho, "ws-2": HTTPEcho} if workers is None else workers
        render(root, listen=f"127.0.0.1:{self.port}", **rendering)
        (root / "run").mkdir()
        self.upstreams = [
            Upstream(root / "run" / name / "ws.sock", handler) for name, handler in workers.items()]
        if fastcgi:
            self.upstreams.append(Upstream(root / "run/fcgi/fcgi.sock", fastcgi))
        self.log = root / "error.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(nginx_command(root), stderr=log)
        self._await_listening()

    def _await_listening(self):
        deadline, pause = time.monotonic() + 20, threading.Event()
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                pause.wait(0.02)
        self.stop()
        raise AssertionError(f"nginx does not listen on {self.port}: {self.log.read_text()}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        for upstream in self.upstreams:
            upstream.stop()

    def curl(self, path, *arguments):
        """One request by curl, over HTTP/2 unless the arguments say otherwise."""
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--include", "--max-time", "20",
             "--path-as-is", "--cacert", self.root / "tls/fullchain.pem", *arguments,
             f"https://localhost:{self.port}{path}"],
            capture_output=True)
        assert done.returncode == 0 or done.stdout, done.stderr.decode()
        return answer(done.stdout)

    def connect(self, tls=True):
        """A TLS connection (HTTP/1.1), for what no client would send."""
        plain = socket.create_connection(("127.0.0.1", self.port), 20)
        if not tls:
            return plain
        context = ssl.create_default_context(cafile=str(self.root / "tls/fullchain.pem"))
        return context.wrap_socket(plain, server_hostname="localhost")

    def raw(self, request, tls=True):
        """The answer to these very bytes, read until nginx closes."""
        with self.connect(tls) as connection:
            connection.sendall(request)
            received = b""
            while (data := connection.recv(65536)):
                received += data
        return answer(received)


def answer(received):
    """The last answer in what curl printed or a socket gave (after any `100 Continue`)."""
    head, _, body = received.partition(b"\r\n\r\n")
    if re.match(rb"HTTP/\S+ 100", head):
        return answer(body)
    status, *fields = head.decode().split("\r\n")
    headers = {}
    for field in fields:
        name, _, value = field.partition(":")
        assert name.lower() not in headers, f"{name} is sent twice: {head}"
        headers[name.lower()] = value.strip()
    return Answer(int(status.split()[1]), headers, body)
