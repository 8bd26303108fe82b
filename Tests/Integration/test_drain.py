"""Stop means drain: clients are told when to come back, closed with 1012, and all ends in 10 s."""

import signal

import pytest

from support import processes
from support.client import Client
from support.trickle import Resumer, Trickle, check_nothing_is_missing
from support.waiting import Stopwatch, eventually


@pytest.mark.parametrize("clients", [0, 30])
def test_sigterm_drains_the_worker_within_ten_seconds(own_product, clients):
    product = own_product(ws_workers=2)
    channel = f"team:{product.ready['teamId']}"
    unix = product.ready["sockets"]["ws"][0]
    key = product.ready["apiKey"]
    connected = [Client(product, key, unix=unix) for _ in range(clients)]
    for client in connected:
        client.subscribe(channel)
    pid = product.kill("ws", 0, signal.SIGTERM)
    watch = Stopwatch()
    delays = []
    for client in connected:
        delays.append(client.expect("draining", within=10)["payload"]["reconnectInMs"])
        client.closed(1012, within=10)
    eventually(lambda: not processes.alive(pid), within=10, what="the end of the drained worker")
    assert watch.seconds < 10
    if clients:
        assert all(isinstance(delay, int) and delay >= 0 for delay in delays)
        assert len(set(delays)) > clients // 3, "clients were told to come back all at once"
    product.restarted("ws", pid, 0)


def test_a_draining_worker_lets_nobody_in_and_the_other_takes_over(own_product):
    product = own_product(ws_workers=2)
    channel = f"team:{product.ready['teamId']}"
    with Resumer(product, channel) as resumer, Trickle(product, channel) as trickle:
        for index in (0, 1):
            pid = product.kill("ws", index, signal.SIGTERM)
            product.restarted("ws", pid, index)
        trickle.stopping.set()
        trickle.thread.join(60)
        last = max(trickle.acknowledged.values())
        eventually(lambda: resumer.position[1] >= last, within=20, what="the device catching up")
    check_nothing_is_missing(product, channel, trickle, resumer)


@pytest.mark.parametrize("role", ["fcgi", "hub"])
def test_sigterm_ends_the_other_processes_within_ten_seconds(own_product, role):
    product = own_product()
    with product.connect():
        pid = product.kill(role, number=signal.SIGTERM)
        watch = Stopwatch()
        eventually(lambda: not processes.alive(pid), within=10, what=f"the end of {role}")
        assert watch.seconds < 10
        product.restarted(role, pid)


def test_ctrl_c_ends_everything_and_leaves_nothing_behind(own_product):
    product = own_product()
    below = processes.children(product.process.pid)
    assert len(below) >= 4
    with product.connect() as client:
        product.process.send_signal(signal.SIGINT)
        client.expect("draining", within=10)
        client.closed(1012, within=10)
    assert product.process.wait(15) == 130 or product.process.returncode == 0
    eventually(lambda: not any(map(processes.alive, below)), within=5,
               what="the end of every process below switchboard dev")
