#!/usr/bin/env python3
"""How fast and small the gateway is, beside a broadcast over node's `ws` in the same run.

    .build/venv/bin/python Tests/Load/gateway.py [fanout] [delay] [idle]

Everything is real and built: publications go over nginx, TLS and FastCGI to the hub, which has them
on disk before they are sent. The readers are on the worker's own port (`--ws-tcp`), as the peer's
are on its. Prints figures and ratios; timings of shared machines are not asserted. Not part of
`make test`.
"""

import json
import multiprocessing
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("", "Integration")]

from crowd import Crowd
from loopback import free_port
from support import processes as machine
from support.product import Product
from support.raw import TEXT, Raw, frame
from support.rest import Api

# What the peer has no counterpart of is out of the way: pings, and limits of one client machine.
ENVIRONMENT = {
    "WS_HEARTBEAT_INTERVAL_MS": "300000", "WS_HEARTBEAT_TIMEOUT_MS": "900000",
    "WS_MAX_OUTBOUND_QUEUE_BYTES": str(256 << 20), "WS_MAX_CONNECTIONS_PER_PRINCIPAL": "20000",
    "WS_MAX_CONNECTIONS_PER_ADDRESS": "20000"}
CONTENT = "x" * 200
BATCH = 1_000


class Switchboard:
    """The product, a channel in it, and readers on its worker's port."""

    name = "switchboard"

    def __enter__(self):
        self.product = Product(ws_tcp=True, env=ENVIRONMENT)
        self.product.start()
        self.pid = self.product.pid("ws")
        self.key = self.product.ready["apiKey"]
        self.channel = f"team:{self.product.ready['teamId']}"
        return self

    def __exit__(self, *_):
        self.product.stop()
        self.product.remove()

    def connect(self, subscribes=True):
        raw = Raw.tcp(self.product.ws_tcp)
        raw.upgrade(self.key)
        assert raw.message()["type"] == "connected"
        if subscribes:
            raw.send_json(type="subscribe", channel=self.channel)
            assert raw.message()["type"] == "subscribed"
        return raw

    def publisher(self):
        """A function that publishes these payloads; to be made where it is used."""
        api = Api(self.product, self.key, timeout=60)

        def publish(payloads):
            api.post("/api/publish", {"events": [
                {"channel": self.channel, "type": "x_load", "payload": payload}
                for payload in payloads]}, status=200)

        return publish


class Broadcaster:
    """The peer: no history, no permission, nothing on disk."""

    name = "node ws"

    def __init__(self, text_bytes):
        self.text_bytes = text_bytes

    def __enter__(self):
        self.port = free_port()
        self.process = subprocess.Popen(
            ["node", Path(__file__).with_name("broadcaster.js"), str(self.port)],
            stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def connect(self, subscribes=True):
        raw = Raw.tcp(self.port)
        raw.upgrade()
        return raw

    def publisher(self):
        raw = self.connect()

        def publish(payloads):
            texts = (json.dumps(payload).encode() for payload in payloads)
            raw.send(b"".join(frame(TEXT, text.ljust(self.text_bytes)) for text in texts))

        return publish


def publish(server, batches, begin):
    """In a process of its own, so that reading waits for nothing."""
    send = server.publisher()
    begin.wait()
    for batch in batches:
        send(batch)


def fanout(total=2_000_000):
    """Bursts to 100 and to 1,000 readers of one channel."""
    for readers in (100, 1_000):
        count = total // readers
        with Switchboard() as switchboard:
            text_bytes, own = burst(switchboard, readers, count)
        with Broadcaster(text_bytes) as peer:
            _, other = burst(peer, readers, count)
        compare(f"fan-out to {readers:,} readers", own, other)


def burst(server, readers, count):
    """(bytes of a text, (deliveries a second, seconds of processor time for each)).

    The time is the process's that sends: of Switchboard the WebSocket worker.
    """
    sizes = []
    payloads = [{"number": number, "content": CONTENT} for number in range(count)]
    batches = [payloads[start:start + BATCH] for start in range(0, count, BATCH)]
    with Crowd(readers, server.connect) as crowd:
        context = multiprocessing.get_context("fork")
        begin = context.Event()
        publisher = context.Process(target=publish, args=(server, batches, begin), daemon=True)
        publisher.start()
        cpu, start = machine.cpu_seconds(server.pid), time.monotonic()
        begin.set()
        crowd.read_until(count, at_frame=lambda _, text: sizes.append(len(text)))
        elapsed = time.monotonic() - start
        cpu = machine.cpu_seconds(server.pid) - cpu
        publisher.join(10)
    deliveries = readers * count
    return max(sizes), (deliveries / elapsed, cpu / deliveries)


def compare(what, own, other):
    for name, (rate, each) in ((Switchboard.name, own), (Broadcaster.name, other)):
        print(f"{what}: {name} {rate / 1e6:.2f} M deliveries/s, {each * 1e9:,.0f} ns of its "
              f"processor time each")
    print(f"{what}: {own[0] / other[0]:.1f} times the rate, "
          f"{own[1] / other[1]:.3f} of the processor time", flush=True)


def delay(readers=100, count=500, pause=0.01):
    """From the publisher's call to the reading of the first of 100 connections, one at a time."""
    with Switchboard() as switchboard:
        text_bytes, own = one_by_one(switchboard, readers, count, pause)
    with Broadcaster(text_bytes) as peer:
        _, other = one_by_one(peer, readers, count, pause)
    for name, times in ((Switchboard.name, own), (Broadcaster.name, other)):
        cuts = statistics.quantiles(times, n=100)
        print(f"one publication each {pause * 1e3:g} ms to {readers} readers: {name} "
              f"p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms")
    print(f"one publication at a time: {statistics.median(own) / statistics.median(other):.1f} "
          f"times the delay of {Broadcaster.name}, for TLS, REST and a disk", flush=True)


def one_by_one(server, readers, count, pause):
    sizes, times = [], []

    def read(_, text):
        sizes.append(len(text))
        body = json.loads(text)
        times.append((time.monotonic() - body.get("payload", body)["at"]) * 1_000)

    def publish_slowly(begin):
        send = server.publisher()
        begin.wait()
        due = time.monotonic()
        for _ in range(count):
            due += pause
            time.sleep(max(0, due - time.monotonic()))
            send([{"at": time.monotonic(), "content": CONTENT}])

    with Crowd(readers, server.connect) as crowd:
        context = multiprocessing.get_context("fork")
        begin = context.Event()
        publisher = context.Process(target=publish_slowly, args=(begin,), daemon=True)
        publisher.start()
        begin.set()
        crowd.read_until(count, at_frame=read)
        publisher.join(10)
    return max(sizes), times


def idle(count=5_000):
    """Memory of a connection with a subscription, and of one without."""
    figures = {}
    for server in (Switchboard(), Broadcaster(0)):
        with server:
            # What the first connections load is no connection's.
            first = [server.connect() for _ in range(50)]
            base = machine.resident_bytes(server.pid)
            raws = [server.connect() for _ in range(count)]
            figures[server.name] = (machine.resident_bytes(server.pid) - base) / count
            print(f"{count:,} idle connections: {server.name} {figures[server.name]:,.0f} bytes each")
            for raw in first + raws:
                raw.close()
    print(f"idle connections: {figures[Switchboard.name] / figures[Broadcaster.name]:.2f} of the "
          f"memory", flush=True)


if __name__ == "__main__":
    parts = {"fanout": fanout, "delay": delay, "idle": idle}
    for chosen in sys.argv[1:] or parts:
        parts[chosen]()
