"""Handshakes in pieces, in excess or as nonsense, and connections that end in odd ways."""

import random
import socket

import pytest

from support.processes import open_descriptors
from support.raw import TEXT, Raw, frame, upgrade_request
from support.waiting import eventually

# The same noise in every run and every worker.
NOISE = random.Random(20)

pytestmark = pytest.mark.usefixtures("bounded")


def dial(product, way="unix"):
    return Raw.unix(product.ready["sockets"]["ws"][0]) if way == "unix" else Raw.tls(product)


def test_a_handshake_byte_by_byte_is_a_handshake(product):
    with dial(product) as raw:
        for byte in upgrade_request(product.ready["apiKey"]):
            raw.send(bytes([byte]))
        assert raw.response()[0] == 101
        assert raw.message()["type"] == "connected"
        raw.send_json(type="ping", id="alive")
        assert raw.message()["id"] == "alive"


def test_a_command_in_the_same_segment_as_the_handshake_is_taken(product):
    with dial(product) as raw:
        ping = frame(TEXT, b'{"type":"ping","id":"x"}')
        raw.send(upgrade_request(product.ready["apiKey"]) + ping)
        assert raw.response()[0] == 101
        assert raw.message()["type"] == "connected"
        assert raw.message()["id"] == "x"


def test_tcp_resets_during_the_handshake_leave_the_worker_alone(product):
    request = upgrade_request(product.ready["apiKey"])
    for cut in [0, 1, 10, len(request) // 2, len(request) - 1, len(request)]:
        for _ in range(5):
            raw = Raw.tcp(product.ws_tcp)
            raw.send(request[:cut])
            raw.reset()
            raw = Raw.tls(product)
            raw.send(request[:cut])
            raw.reset()
    with product.connect() as client:
        assert client.until_pong() == []


def test_resets_of_open_connections_free_everything(product):
    """Also in the middle of a frame, and with deliveries under way."""

    pid = product.pid("ws")
    channel = f"team:{product.ready['teamId']}"
    before = open_descriptors(pid)
    with product.api() as api:
        for n in range(40):
            raw = Raw.tcp(product.ws_tcp)
            raw.upgrade(product.ready["apiKey"])
            raw.send_json(type="subscribe", channel=channel)
            if n % 2:
                raw.send(frame(TEXT, b"a" * 100, length=1000))
            if n % 5 == 0:
                api.publish(channel, "log_entry", {"n": n})
            raw.reset()
    eventually(lambda: open_descriptors(pid) <= before + 3, within=10,
               what="the descriptors of reset connections")


def test_a_half_closed_connection_ends(product):
    with dial(product) as raw:
        raw.upgrade(product.ready["apiKey"])
        raw.message()
        raw.stream.shutdown(socket.SHUT_WR)
        raw.until_closed(within=10)


@pytest.mark.parametrize("head", [
    b"\x00" * 200, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 100,
    b"GET\r\n\r\n", b"GET /ws\r\n\r\n", b"GET /ws HTTP/9.9\r\n\r\n", b"\r\n" * 500,
    b"GET /ws HTTP/1.1\r\n" + b"a" * 5000 + b"\r\n\r\n", b"GET /ws HTTP/1.1\r\n\x00: \x00\r\n\r\n",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /ws HTTP/1.1\nHost: x\n\n",
    b"GET /ws?" + b"&" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", NOISE.randbytes(4096)])
@pytest.mark.parametrize("way", ["unix", "nginx"])
def test_garbage_instead_of_a_request_is_refused(product, head, way):
    with dial(product, way) as raw:
        raw.try_send(head)
        try:
            raw.stream.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # already closed by the peer, which is the point
        received = raw.until_closed(within=15)
        assert b" 101 " not in received.split(b"\r\n")[0]


@pytest.mark.parametrize("headers", [
    ["X-Filler: " + "a" * 60_000], [f"X-{n}: {'b' * 90}" for n in range(600)],
    ["Cookie: " + "a=b; " * 10_000], ["Authorization: Bearer " + "t" * 60_000],
    ["Sec-WebSocket-Protocol: " + ", ".join(f"p{n}" for n in range(9000))],
    ["Origin: " + "o" * 60_000]],
    ids=["one", "many", "cookie", "authorization", "protocols", "origin"])
@pytest.mark.parametrize("way", ["unix", "nginx"])
def test_huge_headers_are_refused(product, headers, way):
    with dial(product, way) as raw:
        raw.try_send(upgrade_request(product.ready["apiKey"], headers=headers))
        received = raw.until_closed(within=15) if way == "unix" else answer_of(raw)
        assert b" 101 " not in received.split(b"\r\n")[0]


def answer_of(raw):
    try:
        status, _, _ = raw.response()
    except (EOFError, ValueError, IndexError):
        return b""
    return f"HTTP/1.1 {status} \r\n".encode()


@pytest.mark.parametrize("change", [
    ("Upgrade: websocket", "Upgrade:"), ("Upgrade: websocket", "Upgrade: h2c"),
    ("Upgrade: websocket", "Upgrade: " + "a" * 2000),
    ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"),
    ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: "), ("Sec-WebSocket-Key:", "X-Key:"),
    ("Connection: Upgrade", "Connection: close")])
@pytest.mark.parametrize("way", ["unix", "nginx"])
def test_odd_upgrades_never_leave_a_connection_open(product, change, way):
    """CVE-2025-11677 is about odd `Upgrade` values in this libwebsockets."""
    request = upgrade_request(product.ready["apiKey"]).decode().replace(*change).encode()
    with dial(product, way) as raw:
        raw.send(request)
        received = raw.until_closed(within=15) if way == "unix" else answer_of(raw)
        if change[0] != "Connection: Upgrade":
            assert b" 101 " not in received.split(b"\r\n")[0]


def test_many_half_open_connections_keep_nobody_out(product):
    raws = []
    try:
        for _ in range(200):
            raws.append(dial(product))
            raws[-1].send(b"GET /ws HTTP/1.1\r\nHost: localhost\r\n")
        with product.connect() as client:
            assert client.until_pong() == []
        for raw in raws:
            raw.until_closed(within=15)
    finally:
        for raw in raws:
            raw.close()
