"""Malformed, oversized and out-of-turn frames on the hub's socket close that peer only."""

import json
import random
import struct

import pytest

from support.ipc import dial, message
from support.processes import open_descriptors
from support.raw import Raw
from support.waiting import eventually

# The same noise in every run and every worker.
NOISE = random.Random(21)

pytestmark = pytest.mark.usefixtures("bounded")


HELLO = {"type": "hello", "version": 2, "role": "ws", "name": "stranger", "pid": 1}


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 64, NOISE.randbytes(512), message(b"not json"),
    message(b"[]"), message(b"5"), message({}), message({"type": "publish"}), message({"type": 5}),
    message({**HELLO, "version": 99}), message({**HELLO, "role": "king"}),
    message({**HELLO, "name": "../../x"}), message({**HELLO, "name": "a" * 5000}),
    message({**HELLO, "pid": 10 ** 15}), message({"type": "call", "request": 1}),
    message(HELLO, total=0), message(HELLO, total=3), message(HELLO, total=0xFFFFFFFF),
    message(HELLO, total=64 << 20), message(HELLO, head=0), message(HELLO, head=0xFFFFFFFF),
    message(HELLO, head=15 << 20, total=16 << 20), message(b"[" * 5000),
    message(b'{"type":"hello","type":"hello"}'), message(b'{"a":"\xff"}')], ids=range(25))
def test_a_malformed_first_message_closes_that_peer_only(product, data):
    with product.connect() as client, dial(product, "workers") as raw:
        raw.try_send(data)
        raw.until_closed(within=8)
        assert client.until_pong() == []
        assert client.subscribe(f"team:{product.ready['teamId']}")


@pytest.mark.parametrize("data", [
    message(HELLO), message({"type": "welcome"}), message({"type": "nonsense"}), message({}),
    message({"type": "subscribe"}), message({"type": "subscribe", "request": "x"}),
    message({"type": "subscribe", "request": 1, "credential": "x", "channel": "nonsense"}),
    message({"type": "publish", "request": 1, "events": 5}),
    message({"type": "publish", "request": 1, "events": [{"bytes": 10 ** 12}]}),
    message({"type": "call", "request": 1, "operation": "no.such", "parameters": {}}),
    message({"type": "call", "request": 1, "operation": "auth.me", "parameters": []}),
    message({"type": "stats", "metrics": 5}), message({"type": "used", "credentials": [5]}),
    message({"type": "resume", "request": 1, "team": "t", "channel": "team:t", "since": 5}),
    message({"type": "release", "channel": "x"}), b"\xff" * 16, message(b"{"), NOISE.randbytes(64)],
    ids=range(18))
def test_a_malformed_later_message_closes_that_peer_only(product, data):
    with product.connect() as client, dial(product, "workers") as raw:
        raw.send(message(HELLO))
        raw.take(8)
        raw.try_send(data)
        raw.until_closed(within=8)
        assert client.until_pong() == []
        assert client.subscribe(f"team:{product.ready['teamId']}")


@pytest.mark.parametrize("role", ["ws", "fcgi"])
@pytest.mark.parametrize("operation", ["teams.create", "teams.list", "users.create", "users.list"])
def test_what_only_the_cli_may_ask_is_refused_to_workers(product, role, operation):
    with dial(product, "workers") as raw:
        raw.send(message({**HELLO, "role": role}))
        raw.send(message({
            "type": "call", "request": 1, "operation": operation,
            "parameters": {"name": "mine", "teamId": product.ready["teamId"]}}))
        while True:
            try:
                total, head = struct.unpack("!II", raw.take(8))
            except EOFError:
                return
            answer = json.loads(raw.take(total - 4)[:head])
            if answer.get("request") == 1:
                assert answer["type"] == "refused", answer
                return


def test_a_peer_that_says_nothing_is_closed(product):
    with dial(product, "workers") as raw, dial(product, "workers") as half:
        half.send(message(HELLO)[:20])
        raw.until_closed(within=10)
        half.until_closed(within=10)


def test_a_peer_that_never_reads_does_not_grow_the_hub(product):
    """It asks and asks, and its answers stay unread."""
    with dial(product, "hub") as raw:
        raw.send(message({**HELLO, "role": "cli", "name": "greedy"}))
        raw.stream.settimeout(2)
        ask = b"".join(message({
            "type": "call", "request": n + 1, "operation": "teams.list", "parameters": {}})
            for n in range(500))
        try:
            for _ in range(200):
                raw.stream.sendall(ask)
        except OSError:
            pass  # the hub stopped reading or closed: both bound it
        with product.api() as api:
            assert api.request("GET", "/api/sessions").status_code == 200


def test_peers_that_come_and_go_leave_no_descriptors(product):
    pid = product.pid("hub")
    before = open_descriptors(pid)
    for n in range(200):
        raw = dial(product, "workers")
        raw.try_send(message(HELLO)[: n % 60])
        raw.close()
    eventually(lambda: open_descriptors(pid) <= before + 2, within=10,
               what="the descriptors of peers that left")
