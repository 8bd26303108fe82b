"""Every limit has a defined outcome: too many commands, connections, subscriptions, bytes."""

import json

import pytest

from support import processes
from support.client import Client, Refused
from support.raw import TEXT, Raw, frame, open_raw
from support.waiting import eventually


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
    """Many busy channels: the hub keeps so many bytes in memory, the store has the rest."""
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
