"""A worker at its limit of descriptors: who comes is told at once, and nothing spins."""

import os
import resource
import time

import pytest

from support import fastcgi
from support.raw import Raw, upgrade_request
from support.waiting import eventually

SPARE = 6


def processor_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limit_descriptors(pid):
    """Leave room for a few more than the process has now."""
    highest = max(int(name) for name in os.listdir(f"/proc/{pid}/fd"))
    count = len(os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (max(highest + 1, count) + SPARE,) * 2)


@pytest.fixture
def full(own_product):
    """A worker at its limit: `full(role, path)` answers sockets that were accepted."""
    product = own_product()
    opened = []

    def fill(role):
        limit_descriptors(product.pid(role))
        path = product.ready["sockets"][role]
        path = path[0] if isinstance(path, list) else path
        for _ in range(SPARE + 40):
            opened.append(Raw.unix(path, within=5))
        return product, path, opened

    yield fill
    for raw in opened:
        raw.close()


def test_a_websocket_worker_without_descriptors_refuses_at_once(full):
    product, path, _ = full("ws")
    pid = product.pid("ws")
    refused = Raw.unix(path, within=5)
    refused.try_send(upgrade_request(product.ready["apiKey"]))
    status, headers, body = refused.response()
    assert status == 503 and b"TOO_MANY_CONNECTIONS" in body, (status, body)
    assert headers["retry-after"] and headers["x-request-id"]
    stays_calm(product, pid, "clients are refused: no descriptor is left")


def test_a_fastcgi_worker_without_descriptors_refuses_at_once(full):
    product, path, _ = full("fcgi")
    pid = product.pid("fcgi")
    with Raw.unix(path, within=5) as refused:
        refused.try_send(b"".join(fastcgi.request("/health")))
        answer = fastcgi.answer(refused)
    assert answer.startswith(b"Status: 503") and b"Retry-After" in answer, answer
    stays_calm(product, pid, "connections are refused: no descriptor is left")


def test_a_worker_serves_again_once_there_are_descriptors(full):
    product, path, opened = full("fcgi")
    for raw in opened:
        raw.close()

    def answers():
        with Raw.unix(path, within=5) as raw:
            raw.try_send(b"".join(fastcgi.request("/health")))
            return fastcgi.answer(raw).startswith(b"Status: 200")

    eventually(answers, within=10)


def stays_calm(product, pid, line):
    before, begun = processor_seconds(pid), time.monotonic()
    eventually(lambda: time.monotonic() - begun > 1, within=5)
    assert processor_seconds(pid) - before < 0.5, "the worker spins"
    assert product.pid("ws") and product.log().count(line) == 1
