"""Silence, endless handshakes and endless frames end a connection; the log says by which limit."""

import select
import threading

import pytest

from support.product import Product
from support.raw import PING, PONG, TEXT, Raw, frame, open_raw
from support.waiting import Stopwatch, eventually


IMPATIENCE = {"WS_HEARTBEAT_INTERVAL_MS": "300", "WS_HEARTBEAT_TIMEOUT_MS": "1000",
              "WS_HANDSHAKE_TIMEOUT_MS": "1000"}


@pytest.fixture(scope="module")
def impatient():
    """A product whose heartbeat is quick enough to watch."""
    product = Product(env=IMPATIENCE)
    try:
        yield product.start()
    finally:
        product.stop()
        product.remove()


def test_a_silent_client_is_pinged_and_then_closed_with_4001(impatient):
    raw, connected = open_raw(impatient)
    with raw:
        assert connected.get("payload", connected)["heartbeatIntervalMs"] == 300
        watch = Stopwatch()
        _, opcode, _ = raw.frame(within=2)
        assert opcode == PING
        assert raw.close_code(within=5) == 4001
        assert 0.8 < watch.seconds < 2.5


@pytest.mark.parametrize("sign", ["pong", "ping", "command"])
def test_any_frame_of_the_client_keeps_it_open(impatient, sign):
    raw, _ = open_raw(impatient)
    with raw:
        watch = Stopwatch()
        pings = 0
        while watch.seconds < 3:
            try:
                _, opcode, payload = raw.frame(within=0.2)
            except TimeoutError:
                continue
            assert opcode in (PING, PONG, TEXT), f"closed after {watch.seconds:.1f} s: {payload!r}"
            if opcode == PING:
                pings += 1
                sent = {"pong": frame(PONG, payload), "ping": frame(PING, b"alive"),
                        "command": frame(TEXT, b'{"type":"ping"}')}
                raw.send(sent[sign])
        assert pings >= 5


def test_pings_are_spread_over_the_interval(impatient):
    """Forty clients that connect at once are not pinged at once."""
    key, path = impatient.ready["apiKey"], impatient.ready["sockets"]["ws"][0]
    raws = []
    try:
        for _ in range(40):
            raw = Raw.unix(path)
            raw.upgrade(key)
            raw.message()
            raws.append(raw)
        watch = Stopwatch()
        times = []
        waiting = {raw.stream: raw for raw in raws}
        while waiting and watch.seconds < 3:
            for stream in select.select(list(waiting), [], [], 0.5)[0]:
                _, opcode, _ = waiting.pop(stream).frame()
                assert opcode == PING
                times.append(watch.seconds)
        assert len(times) == 40
        assert max(times) - min(times) > 0.1, "forty pings within 100 ms"
    finally:
        for raw in raws:
            raw.close()


def test_a_frame_that_never_ends_does_not_keep_a_connection_open(impatient):
    """A byte now and then is no frame: the heartbeat ends it."""
    raw, _ = open_raw(impatient)
    with raw:
        watch = Stopwatch()
        raw.send(frame(TEXT, b"", length=1000)[:8])
        while watch.seconds < 6 and raw.try_send(b"a"):
            if select.select([raw.stream], [], [], 0.05)[0] and not raw.read_some():
                break
        assert watch.seconds < 4
        assert raw.close_code(within=3) in (4001, 1006)


@pytest.mark.parametrize("what", ["nothing", "half a request", "byte at a time"])
def test_a_handshake_that_never_ends_is_closed(impatient, what):
    with Raw.unix(impatient.ready["sockets"]["ws"][0]) as raw:
        watch = Stopwatch()
        if what == "half a request":
            raw.send(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: webso")
        while what == "byte at a time" and watch.seconds < 8:
            if not raw.try_send(b"G" if watch.seconds == 0 else b"a"):
                break
            threading.Event().wait(0.05)
        raw.until_closed(within=8)
        assert watch.seconds < 8


def test_the_log_says_which_limit_ended_a_connection(own_product):
    """The first of each; what follows within a minute is a number."""
    product = own_product(env=IMPATIENCE)
    for limit in ("webSocket.maximumFrameBytes", "webSocket.commandsPerSecond",
                  "webSocket.heartbeatTimeoutMs", "webSocket.handshakeTimeoutMs"):
        raw, _ = open_raw(product)
        with raw:
            if limit == "webSocket.maximumFrameBytes":
                raw.try_send(frame(TEXT, b"a" * 20_000))
            elif limit == "webSocket.commandsPerSecond":
                raw.try_send(frame(TEXT, b'{"type":"ping"}') * 500)
            elif limit == "webSocket.handshakeTimeoutMs":
                with Raw.unix(product.ready["sockets"]["ws"][0]) as half:
                    half.send(b"GET /ws HTTP/1.1\r\n")
                    half.until_closed(within=8)
            eventually(lambda: limit in product.log(), within=8,
                       what=f"a log line that names {limit}")
