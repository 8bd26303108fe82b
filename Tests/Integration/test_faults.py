"""Processes die at any instant: everything restarts, and nothing acknowledged is missing."""

import os
import resource
import signal

from support import processes
from support.client import Client
from support.raw import Raw
from support.trickle import Resumer, Trickle, check_nothing_is_missing
from support.waiting import Stopwatch, eventually


def test_kill_9_of_each_process_in_turn_loses_nothing(own_product):
    product = own_product(ws_workers=2)
    channel = f"team:{product.ready['teamId']}"
    with product.api() as api:
        session = api.post("/api/sessions", {"name": "stays"})["id"]
        # The question first: who acts first in a session owns it, here an agent outside.
        permission = api.post(f"/api/sessions/{session}/permissions", {
            "toolName": "Bash", "command": "ls", "description": "x", "timeoutMs": 600_000})
        api.post(f"/api/sessions/{session}/messages", {"text": "kept"}, status=202)
    with Resumer(product, channel) as resumer, Trickle(product, channel) as trickle:
        for _ in range(2):
            for role, index in [("ws", 0), ("fcgi", 0), ("hub", 0), ("ws", 1)]:
                so_far = len(trickle.acknowledged)
                old = product.kill(role, index)
                product.restarted(role, old, index)
                eventually(lambda: len(trickle.acknowledged) >= so_far + 10, within=20,
                           what=f"publishing after the death of {role}")
        last = max(trickle.acknowledged.values())
        eventually(lambda: resumer.position[1] >= last, within=20, what="the device catching up")
        trickle.stopping.set()
        trickle.thread.join(60)
        last = max(trickle.acknowledged.values())
        eventually(lambda: resumer.position[1] >= last, within=20, what="the device catching up")
    assert resumer.reconnects >= 2
    check_nothing_is_missing(product, channel, trickle, resumer)
    with product.api() as api:
        assert api.get(f"/api/sessions/{session}")["name"] == "stays"
        messages = api.get(f"/api/sessions/{session}/messages")["items"]
        assert [m["text"] for m in messages if m["role"] == "user"] == ["kept"]
        pending = api.get("/api/permissions")["items"]
        assert [p["requestId"] for p in pending] == [permission["requestId"]]
        snapshot = product.connect().subscribe(f"session:{session}")["snapshot"]
        assert len(snapshot["pendingPermissions"]) == 1
        api.post(f"/api/sessions/{session}/permissions/{permission['requestId']}",
                 {"allowed": True}, status=200)


def test_the_hub_dies_again_and_again_under_load(own_product):
    product = own_product()
    channel = f"team:{product.ready['teamId']}"
    with Resumer(product, channel) as resumer, Trickle(product, channel) as trickle:
        for _ in range(6):
            so_far = len(trickle.acknowledged)
            eventually(lambda: len(trickle.acknowledged) > so_far + 15, within=30)
            product.restarted("hub", product.kill("hub"))
        trickle.stopping.set()
        trickle.thread.join(60)
        last = max(trickle.acknowledged.values())
        eventually(lambda: resumer.position[1] >= last, within=20, what="the device catching up")
    check_nothing_is_missing(product, channel, trickle, resumer)


def test_text_is_written_once_and_in_order_whatever_dies(own_product):
    """Deltas that are tried again with their event id, merged with others, over six deaths."""
    product = own_product()
    with product.api() as api:
        session = api.post("/api/sessions", {})["id"]
    channel = f"session:{session}"
    def delta(number):
        return {"type": "text_delta", "delta": f"{number},", "turnId": "t"}

    with Resumer(product, channel) as resumer, Trickle(product, channel, delta) as trickle:
        for role in ("hub", "fcgi", "hub", "ws", "hub", "fcgi"):
            so_far = len(trickle.acknowledged)
            eventually(lambda: len(trickle.acknowledged) > so_far + 10, within=30)
            product.restarted(role, product.kill(role))
        trickle.stopping.set()
        trickle.thread.join(60)
        last = max(trickle.acknowledged.values())
        eventually(lambda: resumer.position[1] >= last, within=20, what="the device catching up")
    whole = "".join(f"{n}," for n in range(len(trickle.acknowledged)))
    with product.api() as api:
        written = "".join(m["delta"] for m in api.history(channel) if m["type"] == "text_delta")
    assert written == whole
    assert resumer.text == whole
    offsets = [offset for offset, _ in resumer.received]
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))


def test_clients_stay_connected_while_the_hub_is_replaced(own_product):
    """The WebSocket worker keeps its connections; what was published meanwhile arrives once."""
    product = own_product()
    channel = f"team:{product.ready['teamId']}"
    with product.connect() as client, product.api() as api:
        client.subscribe(channel)
        api.publish(channel, "log_entry", {"n": 0})
        client.expect("log_entry")
        product.restarted("hub", product.kill("hub"))
        eventually(lambda: api.try_status("GET", "/api/sessions") == 200, within=20)
        for n in (1, 2, 3):
            api.publish(channel, "log_entry", {"n": n})
        assert [m["payload"]["n"] for m in client.collect(3, "log_entry")] == [1, 2, 3]
        assert client.until_pong() == []


def test_commands_while_the_hub_is_away_are_refused_and_the_connection_stays(own_product):
    product = own_product()
    channel = f"team:{product.ready['teamId']}"
    with product.api() as api:
        session = api.post("/api/sessions", {})["id"]
        request = api.post(f"/api/sessions/{session}/permissions", {
            "toolName": "Bash", "command": "ls", "description": "x"})["requestId"]
    supervisor = processes.parent(product.pid("hub"))
    with product.connect() as client:
        os.kill(supervisor, signal.SIGSTOP)
        try:
            old = product.kill("hub")
            client.send("subscribe", channel=channel, id="s")
            assert client.error("CHANNEL_UNAVAILABLE", within=15).get("channel") == channel
            client.send("permission_response", sessionId=session, requestId=request, allowed=True)
            assert client.expect("error", within=15)["payload"]["code"] in (
                "CHANNEL_UNAVAILABLE", "INTERNAL_ERROR")
            assert client.until_pong() == []
        finally:
            os.kill(supervisor, signal.SIGCONT)
        product.restarted("hub", old)
        assert client.subscribe(channel)["channel"] == channel
    with product.api() as api:
        pending = api.get("/api/permissions")["items"]
        still = [p["requestId"] for p in pending]
        assert still == [request], "an answer took effect that was refused"


def test_a_frozen_hub_ends_in_refusals_and_not_in_waiting(own_product):
    product = own_product()
    os.kill(product.pid("hub"), signal.SIGSTOP)
    try:
        watch = Stopwatch()
        with product.api(timeout=20) as api:
            assert api.request("GET", "/api/sessions").status_code == 503
        assert watch.seconds < 12
    finally:
        os.kill(product.pid("hub"), signal.SIGCONT)
    product.answers()
    with product.api() as api:
        eventually(lambda: api.try_status("GET", "/api/sessions") == 200, within=20)


def test_a_worker_without_descriptors_serves_those_it_has_and_recovers(own_product):
    product = own_product()
    pid = product.pid("ws")
    path, key = product.ready["sockets"]["ws"][0], product.ready["apiKey"]
    channel = f"team:{product.ready['teamId']}"
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    raws = []
    with product.connect() as client, product.api() as api:
        client.subscribe(channel)
        most = max(int(name) for name in os.listdir(f"/proc/{pid}/fd")) + 4
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, hard))
        try:
            for _ in range(20):
                raws.append(Raw.unix(path))
            before = processes.cpu_seconds(pid)
            watch = Stopwatch()
            for n in range(20):
                api.publish(channel, "log_entry", {"n": n})
                assert client.expect("log_entry")["payload"] == {"n": n}
            client.quiet(0.5)
            busy = (processes.cpu_seconds(pid) - before) / watch.seconds
            assert busy < 0.5, f"the worker turns in circles: {busy:.0%} of a core"
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
            for raw in raws:
                raw.close()
        eventually(lambda: Client(product, key, unix=path).close() or True, within=10,
                   what="new connections once there are descriptors")
    assert product.pid("ws") == pid


def test_a_hub_that_freezes_and_thaws_loses_nothing(own_product):
    """Long enough for every link to be given up: late answers of the thawed hub do no harm."""
    product = own_product()
    channel = f"team:{product.ready['teamId']}"
    with Resumer(product, channel) as resumer, Trickle(product, channel) as trickle:
        pid = product.pid("hub")
        eventually(lambda: len(trickle.acknowledged) > 20, within=20)
        os.kill(pid, signal.SIGSTOP)
        try:
            with product.api(key=None) as anonymous:
                eventually(lambda: anonymous.try_status("GET", "/ready") == 503, within=20)
                so_far = len(trickle.acknowledged)
                with product.api(timeout=15) as api:
                    assert api.try_status("GET", "/api/sessions") == 503
                assert len(trickle.acknowledged) == so_far, "acknowledged by a frozen hub"
        finally:
            os.kill(pid, signal.SIGCONT)
        eventually(lambda: len(trickle.acknowledged) > so_far + 20, within=20,
                   what="publishing with the hub thawed")
        trickle.stopping.set()
        trickle.thread.join(60)
        last = max(trickle.acknowledged.values())
        eventually(lambda: resumer.position[1] >= last, within=20, what="the device catching up")
    check_nothing_is_missing(product, channel, trickle, resumer)
    assert product.pid("hub") == pid


def test_a_second_start_on_the_same_directory_finds_everything_again(own_product):
    product = own_product()
    channel = f"team:{product.ready['teamId']}"
    key = product.ready["apiKey"]
    with product.api() as api:
        before = api.publish(channel, "log_entry", {"n": 1})
        session = api.post("/api/sessions", {"name": "kept"})["id"]
    assert product.stop() == []
    product.start()
    assert product.ready["apiKey"]
    with product.api(key) as api:
        assert api.get(f"/api/sessions/{session}")["name"] == "kept"
        after = api.publish(channel, "log_entry", {"n": 2})
        assert (after["epoch"], after["offset"]) == (before["epoch"], before["offset"] + 1) or (
            after["epoch"] == before["epoch"] and after["offset"] > before["offset"])
