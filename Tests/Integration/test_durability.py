"""What was acknowledged the instant before a `kill -9` has happened, and has happened once."""

import os
import signal
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from support import processes
from support.client import Client, Refused
from support.product import Product
from support.team import Team
from support.waiting import eventually


@pytest.fixture(scope="module")
def mortal():
    """A product whose hub these tests kill, one after the other."""
    product = Product(ws_workers=2)
    try:
        yield product.start()
    finally:
        product.stop()
        product.remove()


@pytest.fixture
def team(mortal, unique):
    with Team(mortal, name=unique("mortal")) as made:
        yield made


def kill_hub(product):
    product.restarted("hub", product.kill("hub"))
    with product.api() as api:
        eventually(lambda: api.try_status("GET", "/api/sessions") == 200, within=20,
                   what="REST with the hub back")


def test_an_acknowledged_delta_survives_the_death_of_the_hub(team):
    """It waits up to 50 ms for others of its turn, and yet the answer was a promise."""
    session = team.make_session()["id"]
    channel = f"session:{session}"
    for n in range(4):
        team.api.publish(channel, "text_delta", delta=f"{n},", turnId="t")
        kill_hub(team.product)
    text = "".join(m["delta"] for m in team.api.history(channel) if m["type"] == "text_delta")
    assert text == "0,1,2,3,"


def test_the_offset_of_an_acknowledged_delta_is_that_of_its_text(team):
    session = team.make_session()["id"]
    channel = f"session:{session}"
    results = [team.api.publish(channel, "text_delta", delta=f"{n},", turnId="t") for n in range(5)]
    team.api.publish(channel, "complete", reason="complete")
    by_offset = {m["offset"]: m for m in team.api.history(channel)}
    for n, result in enumerate(results):
        assert f"{n}," in by_offset[result["offset"]]["delta"]


def test_deltas_and_events_keep_their_order_over_the_death_of_the_hub(team):
    session = team.make_session()["id"]
    channel = f"session:{session}"
    client = team.listen(channel)
    team.api.publish(channel, "tool_start", toolName="Bash", toolUseId="u", toolInput={})
    team.api.publish(channel, "text_delta", delta="before", turnId="t")
    kill_hub(team.product)
    team.api.publish(channel, "text_complete", text="before", turnId="t")
    client.expect("text_complete")
    events = [m for m in client.messages if "offset" in m]
    assert [m["type"] for m in events] == ["tool_start", "text_delta", "text_complete"]
    offsets = [m["offset"] for m in events]
    assert offsets == [offsets[0], offsets[0] + 1, offsets[0] + 2]
    snapshot = team.connect().subscribe(channel)["snapshot"]
    assert [tool["toolUseId"] for tool in snapshot["runningTools"]] == ["u"]


def test_an_acknowledged_message_survives(team):
    session = team.make_session()["id"]
    path = f"/api/sessions/{session}/messages"
    body = {"text": "keep me", "clientMessageId": "c-1"}
    first = team.api.post(path, body, status=202)
    kill_hub(team.product)
    assert team.api.post(path, body, status=202)["messageId"] == first["messageId"]
    assert [m["text"] for m in team.api.get(path)["items"] if m["role"] == "user"] == ["keep me"]


def test_a_revocation_survives_and_still_closes_what_is_open(team):
    made = team.make_key("sessions:read")
    client = team.connect(made["key"])
    team.api.delete(f"/api/keys/{made['id']}")
    kill_hub(team.product)
    client.closed(4101, within=10)
    with pytest.raises(Refused):
        Client(team.product, made["key"])


def test_an_answered_permission_stays_answered(team):
    session = team.make_session()["id"]
    device = team.listen(f"session:{session}")
    request = team.ask(session, timeoutMs=600_000)["requestId"]
    device.expect("permission_request")
    path = f"/api/sessions/{session}/permissions/{request}"
    team.api.post(path, {"allowed": False}, status=200)
    kill_hub(team.product)
    team.api.refused("POST", path, 409, "PERMISSION_ALREADY_RESOLVED", body={"allowed": True})
    device.expect("permission_resolved", requestId=request, allowed=False)
    assert not any(m["type"].startswith("permission_") for m in device.until_pong())


def test_event_ids_are_remembered_over_the_death_of_the_hub(team):
    first = team.api.publish(team.channel, "log_entry", {"n": 1}, eventId="once")
    kill_hub(team.product)
    again = team.api.publish(team.channel, "log_entry", {"n": 2}, eventId="once")
    assert again["duplicate"] is True
    assert (again["epoch"], again["offset"]) == (first["epoch"], first["offset"])


def test_a_hundred_subscriptions_live_through_the_death_of_the_hub(team, unique):
    specs = [unique("spec") for _ in range(99)]
    for spec in specs:
        team.own("spec", spec)
    client = team.connect()
    for spec in specs:
        client.send("subscribe", channel=f"spec:{spec}")
    client.collect(99, "subscribed")
    kill_hub(team.product)
    for spec in specs:
        team.api.publish(f"spec:{spec}", "spec_updated", {"of": spec})
    received = [m["payload"]["of"] for m in client.collect(99, "spec_updated")]
    assert sorted(received) == sorted(specs)
    assert client.until_pong() == []


def every_worker_admits(product, token):
    """Each has the hub's table again."""
    with product.api(token) as holder:
        eventually(lambda: holder.try_status("GET", "/api/auth/me") == 200, within=5,
                   what="REST for a known key")
    for path in product.ready["sockets"]["ws"]:
        eventually(lambda: _opens(product, token, path), within=5,
                   what=f"a known key at {path}")


def _opens(product, token, path):
    with suppress(Refused):
        Client(product, bearer=token, unix=path).close()
        return True
    return False


def test_hub_and_worker_dying_together_lose_nothing(team):
    product = team.product
    client = team.listen()
    seen = team.api.publish(team.channel, "log_entry", {"n": 0})
    client.expect("log_entry")
    old = [product.kill("ws", 0), product.kill("ws", 1), product.kill("hub")]
    product.restarted("hub", old[2])
    for index in (0, 1):
        product.restarted("ws", old[index], index)
    with pytest.raises(ConnectionClosed):
        while True:
            client.next(within=5)
    every_worker_admits(product, team.key)
    team.api.publish(team.channel, "log_entry", {"n": 1})
    again = team.connect()
    assert again.subscribe(team.channel, since=(seen["epoch"], seen["offset"]))["recovered"]
    assert again.expect("log_entry")["payload"] == {"n": 1}
    assert again.until_pong() == []


def test_nginx_is_restarted_too(own_product):
    product = own_product()
    product.restarted("nginx", product.kill("nginx"))
    with product.connect() as client:
        assert client.until_pong() == []


def test_the_death_of_the_supervisor_takes_everything_along(own_product):
    """`kill -9` of `switchboard dev` leaves no orphan, and its next start finds everything."""
    product = own_product()
    with product.api() as api:
        session = api.post("/api/sessions", {"name": "kept"})["id"]
    below = processes.children(product.process.pid)
    os.kill(product.process.pid, signal.SIGKILL)
    product.process.wait(5)
    eventually(lambda: not any(map(processes.alive, below)), within=15,
               what="the end of every process below switchboard dev")
    product.start()
    with product.api() as api:
        assert api.get(f"/api/sessions/{session}")["name"] == "kept"


def test_a_long_absence_is_recovered_without_overrunning_the_client(own_product):
    """20 MB of history for a client that reads: pages as it takes them, and no 4002."""
    product = own_product()
    channel = f"team:{product.ready['teamId']}"
    with product.api(timeout=60) as api:
        first = api.publish(channel, "log_entry", {})
        events = [{"channel": channel, "type": "log_entry", "payload": "x" * 4000}] * 200
        for _ in range(25):
            last = api.post("/api/publish", {"events": events})["results"][-1]["offset"]
    with product.connect() as client:
        assert client.subscribe(channel, since=(first["epoch"], first["offset"]))["recovered"]
        received = client.collect(last - first["offset"], "log_entry", within=60)
        assert [m["offset"] for m in received] == list(range(first["offset"] + 1, last + 1))
        assert client.until_pong() == []
