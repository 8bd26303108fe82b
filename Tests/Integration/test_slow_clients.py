"""A client that reads too slowly is closed and resumes; nothing grows, nobody else waits."""

import threading

from support import processes
from support.client import Client
from support.raw import Raw, ServerClosed


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
