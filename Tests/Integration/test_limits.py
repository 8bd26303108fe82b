"""Every limit has a defined outcome: slow, silent, eager and too many clients."""

import json
import select
import threading

import pytest

from support import processes
from support.client import Client, Refused
from support.product import Product
from support.raw import PING, PONG, TEXT, Raw, ServerClosed, frame
from support.waiting import Stopwatch, eventually


def flood(product, channel, megabytes, size=8_000):
    """Publish so many megabytes of log lines; returns the last result."""
    last = None
    with product.api(timeout=60) as api:
        events = [{"channel": channel, "type": "log_entry", "payload": "x" * size}] * 50
        for _ in range(megabytes * 1_000_000 // (50 * size)):
            last = api.post("/api/publish", {"events": events})["results"][-1]
    return last


def test_a_client_that_does_not_read_is_closed_with_4002_and_resumes(own_product):
    """Straight at the worker: as soon as its queue is full the client reads again, and is told."""
    product = own_product()
    channel = f"team:{product.ready['teamId']}"
    with Raw.unix(product.ready["sockets"]["ws"][0]) as slow:
        subscribed = subscribe_raw(slow, product, channel)
        last = flood(product, channel, megabytes=3)
        position, code = read_all_of(slow, subscribed["offset"])
        assert code == 4002
        assert position < last["offset"]
    check_resumes(product, channel, (subscribed["epoch"], position), last["offset"])


def test_a_stuck_client_behind_nginx_is_cut_off_and_memory_stays_bounded(own_product):
    """Behind nginx's and the kernel's buffers, long silent: nothing grows, nothing is lost."""
    product = own_product(env={"HUB_HISTORY_BYTES": str(256 * 1024 * 1024)})
    channel = f"team:{product.ready['teamId']}"
    with Raw.tls(product, receive_buffer=4096) as stuck:
        subscribed = subscribe_raw(stuck, product, channel)
        pid = product.pid("ws")
        before = processes.resident_bytes(pid)
        last = flood(product, channel, megabytes=24)
        grown = processes.resident_bytes(pid) - before
        assert grown < 16 * 1024 * 1024, f"the worker grew by {grown} bytes for one slow client"
        position, code = read_all_of(stuck, subscribed["offset"])
        assert code in (4002, 1006)
        assert position < last["offset"]
    check_resumes(product, channel, (subscribed["epoch"], position), last["offset"])


def subscribe_raw(raw, product, channel):
    raw.upgrade(product.ready["apiKey"], host=f"localhost:{product.port}")
    raw.message()
    raw.send_json(type="subscribe", channel=channel)
    return raw.message()["payload"]


def check_resumes(product, channel, since, last):
    """A client that was cut off gets everything after its last offset."""
    with Client(product, product.ready["apiKey"], within=20) as resumed:
        assert resumed.subscribe(channel, since=since, within=20)["recovered"] is True
        received = resumed.collect(last - since[1], "log_entry", within=40)
        assert [m["offset"] for m in received] == list(range(since[1] + 1, last + 1))


def read_all_of(raw, offset):
    """Read what a slow client was still sent; returns the last offset and the close code."""
    while True:
        try:
            message = raw.message(within=20)
        except ServerClosed as closed:
            return offset, closed.code
        except EOFError:
            return offset, 1006
        if "offset" in message:
            assert message["offset"] == offset + 1, "a gap before the close"
            offset = message["offset"]


def test_one_slow_client_does_not_hold_up_the_others(own_product):
    product = own_product()
    channel = f"team:{product.ready['teamId']}"
    with Raw.unix(product.ready["sockets"]["ws"][0]) as slow, product.connect() as reader:
        slow.upgrade(product.ready["apiKey"])
        slow.message()
        slow.send_json(type="subscribe", channel=channel)
        slow.message()
        reader.subscribe(channel)
        producer = threading.Thread(target=flood, args=(product, channel, 4))
        producer.start()
        offsets = [m["offset"] for m in reader.collect(500, "log_entry", within=30)]
        producer.join()
        assert offsets == list(range(offsets[0], offsets[0] + 500))
        assert reader.until_pong() == []


@pytest.fixture(scope="module")
def impatient():
    """A product whose heartbeat is quick enough to watch."""
    product = Product(env={"WS_HEARTBEAT_INTERVAL_MS": "300", "WS_HEARTBEAT_TIMEOUT_MS": "1000",
                           "WS_HANDSHAKE_TIMEOUT_MS": "1000"})
    try:
        yield product.start()
    finally:
        product.stop()
        product.remove()


def open_raw(product):
    raw = Raw.unix(product.ready["sockets"]["ws"][0])
    raw.upgrade(product.ready["apiKey"])
    return raw, raw.message()


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


def test_a_client_that_commands_too_much_is_closed_with_4008(team):
    with Raw.unix(team.product.ready["sockets"]["ws"][0]) as raw:
        raw.upgrade(team.key)
        raw.message()
        ping = frame(TEXT, b'{"type":"ping"}')
        for _ in range(40):
            if not raw.try_send(ping * 100):
                break
        assert raw.close_code(within=10) == 4008


def test_a_burst_within_the_limit_is_answered_in_full(team):
    with Raw.unix(team.product.ready["sockets"]["ws"][0]) as raw:
        raw.upgrade(team.key)
        raw.message()
        raw.send(b"".join(frame(TEXT, json.dumps({"type": "ping", "id": str(n)}).encode())
                          for n in range(95)))
        assert [raw.message()["id"] for _ in range(95)] == [str(n) for n in range(95)]


def test_the_caps_on_connections_refuse_with_503_and_retry_after(own_product):
    product = own_product(env={"WS_MAX_CONNECTIONS_PER_PRINCIPAL": "3"})
    clients = [product.connect() for _ in range(3)]
    with pytest.raises(Refused) as caught:
        product.connect()
    assert caught.value.status == 503
    caught.value.error("TOO_MANY_CONNECTIONS")
    names = {name.lower(): value for name, value in caught.value.headers.items()}
    assert int(names["retry-after"]) >= 1
    clients.pop().close()

    def one_more():
        try:
            clients.append(product.connect())
        except Refused:
            return False
        return True

    eventually(one_more, within=5, what="the place of a closed connection")
    for client in clients:
        client.close()


def test_the_cap_of_an_address_refuses_with_503(own_product):
    product = own_product(env={"WS_MAX_CONNECTIONS_PER_ADDRESS": "3"})
    clients = [product.connect() for _ in range(3)]
    with pytest.raises(Refused) as caught:
        product.connect(headers={"x-real-ip": "203.0.113.9", "x-forwarded-for": "203.0.113.9"})
    assert caught.value.status == 503
    caught.value.error("TOO_MANY_CONNECTIONS")
    for client in clients:
        client.close()


def test_the_cap_of_a_worker_refuses_with_503(own_product):
    product = own_product(env={"WS_MAX_CONNECTIONS": "4"})
    clients = [product.connect() for _ in range(4)]
    with pytest.raises(Refused) as caught:
        product.connect()
    assert caught.value.status == 503
    for client in clients:
        assert client.until_pong() == []
        client.close()


def test_hundreds_of_idle_connections_cost_little(own_product):
    product = own_product()
    pid = product.pid("ws")
    before = processes.resident_bytes(pid)
    raws = []
    try:
        for _ in range(490):
            raws.append(open_raw(product)[0])
        grown = processes.resident_bytes(pid) - before
        assert grown / len(raws) < 40 * 1024, f"{grown / len(raws):.0f} bytes a connection"
    finally:
        for raw in raws:
            raw.close()
    eventually(lambda: processes.open_descriptors(pid) < 100, within=10,
               what="the descriptors of closed connections")
    with product.connect() as client:
        assert client.until_pong() == []


def test_connections_that_come_and_go_leave_no_memory_behind(own_product):
    product = own_product()
    pid, channel = product.pid("ws"), f"team:{product.ready['teamId']}"

    def come_and_go(count):
        for _ in range(count):
            raw, _ = open_raw(product)
            raw.send_json(type="subscribe", channel=channel)
            raw.message()
            raw.close()

    come_and_go(100)
    before = processes.resident_bytes(pid)
    come_and_go(900)
    grown = processes.resident_bytes(pid) - before
    assert grown < 1024 * 1024, f"{grown} bytes more after 900 connections"
    with product.connect() as client:
        assert client.until_pong() == []


def test_recent_publications_of_all_channels_together_are_bounded(own_product):
    """Many busy channels: the hub keeps so many bytes in memory, the rest is read from the store."""
    product = own_product(env={"HUB_RING_TOTAL_BYTES": str(4 * 1024 * 1024)})
    pid, key = product.pid("hub"), product.ready["apiKey"]
    names = [f"busy-{n}" for n in range(150)]
    with product.api(timeout=60) as api:
        for name in names:
            api.put(f"/api/specs/{name}", {"name": name})

        def publish(name):
            events = [{"channel": f"spec:{name}", "type": "log_entry", "payload": "x" * 8000}] * 60
            return api.post("/api/publish", {"events": events})["results"]

        first = publish(names[0])[0]
        for name in names[1:50]:
            publish(name)
        before = processes.resident_bytes(pid)
        for name in names[50:]:
            publish(name)
        grown = processes.resident_bytes(pid) - before
        assert grown < 16 * 1024 * 1024, f"{grown} bytes more for 100 channels of 480 KB"
    with Client(product, key) as client:
        channel = f"spec:{names[0]}"
        since = (first["epoch"], first["offset"])
        assert client.subscribe(channel, since=since)["recovered"] is True
        assert len(client.collect(59, "log_entry")) == 59


def test_the_configured_subscription_cap_holds(own_product):
    product = own_product(env={"WS_MAX_SUBSCRIPTIONS_PER_CONNECTION": "2"})
    with product.api() as api, product.connect() as client:
        sessions = [api.post("/api/sessions", {})["id"] for _ in range(3)]
        client.subscribe(session=sessions[0])
        client.subscribe(session=sessions[1])
        client.send("subscribe", sessionId=sessions[2])
        client.error("MAX_SUBSCRIPTIONS_REACHED")


# The log line says which limit

@pytest.mark.parametrize("limit", [
    "webSocket.maximumFrameBytes", "webSocket.commandsPerSecond", "webSocket.heartbeatTimeoutMs",
    "webSocket.handshakeTimeoutMs"])
def test_the_log_says_which_limit_ended_a_connection(impatient, limit):
    raw, _ = open_raw(impatient)
    before = impatient.log().count(limit)
    with raw:
        if limit == "webSocket.maximumFrameBytes":
            raw.try_send(frame(TEXT, b"a" * 20_000))
        elif limit == "webSocket.commandsPerSecond":
            raw.try_send(frame(TEXT, b'{"type":"ping"}') * 500)
        elif limit == "webSocket.handshakeTimeoutMs":
            with Raw.unix(impatient.ready["sockets"]["ws"][0]) as half:
                half.send(b"GET /ws HTTP/1.1\r\n")
                half.until_closed(within=8)
        eventually(lambda: impatient.log().count(limit) > before, within=8,
                   what=f"a log line that names {limit}")
