"""What a peer of the FastCGI socket can do to the others: nothing."""

import random
import resource
import struct
import threading
import time

import pytest

from support import fastcgi
from support.raw import Raw

LENGTHS = [
    struct.pack("!I", 0x80000000), struct.pack("!II", 0xFFFFFFFF, 0xFFFFFFFF),
    struct.pack("!II", 0x80000000, 0xFFFFFFF0), struct.pack("!II", 0x80000001, 0x80000001),
    b"\x80", b"\x01", b"\x00\x80\x00", b"\x7f\x7f", struct.pack("!IB", 0xFFFFFFFF, 1),
    struct.pack("!II", 0xFFFFFFF0, 0x80000020) + b"a" * 64]


def dial(product):
    return Raw.unix(product.ready["sockets"]["fcgi"])


def health(product):
    """How long an answer takes beside whatever else is going on."""
    begun = time.monotonic()
    with dial(product) as raw:
        raw.send(b"".join(fastcgi.request("/health")))
        assert fastcgi.answer(raw).startswith(b"Status: 200")
    return time.monotonic() - begun


@pytest.fixture
def small_machine(product):
    """Some 2 GB are left to the process: what believes a length of 4 GB can't have the memory."""
    pid = product.ready["pids"]["fcgi"]
    before = resource.prlimit(pid, resource.RLIMIT_AS, (3 << 30, resource.RLIM_INFINITY))
    yield
    resource.prlimit(pid, resource.RLIMIT_AS, before)


@pytest.mark.parametrize("pairs", LENGTHS, ids=range(len(LENGTHS)))
@pytest.mark.parametrize("is_split", [False, True])
def test_lengths_of_parameters_end_one_connection(product, small_machine, pairs, is_split):
    """Each in one record and in records of a byte; `product` sees to it that no process ended."""
    records = [fastcgi.record(fastcgi.PARAMS, bytes([byte])) for byte in pairs] if is_split else [
        fastcgi.record(fastcgi.PARAMS, pairs)]
    with dial(product) as raw:
        raw.try_send(fastcgi.begin() + b"".join(records) + fastcgi.record(fastcgi.PARAMS)
                     + fastcgi.record(fastcgi.STDIN))
        assert raw.until_closed(within=5) == b""
    health(product)


def test_random_records_end_one_connection_each(product):
    seed = random.randrange(2**32)
    source = random.Random(seed)
    whole = b"".join(fastcgi.request("/api/publish", "POST", b'{"channel":"team:x"}'))
    for turn in range(2000):
        data = bytearray(whole)
        for _ in range(source.randint(1, 8)):
            data[source.randrange(len(data))] = source.randrange(256)
        with dial(product) as raw:
            raw.try_send(bytes(data[:source.randrange(len(data) + 1)]))
        if turn % 200 == 0:
            assert health(product) < 5, f"seed {seed}, turn {turn}"
    health(product)


def test_forty_half_requests_delay_nobody(product):
    begin, params, stdin = fastcgi.request(
        "/api/publish", "POST", b'{"channel":"team:x","type":"x_a"}')
    halves = []
    try:
        for number in range(40):
            raw = dial(product)
            raw.send((begin + params + stdin)[:number * (len(begin + params + stdin) - 1) // 39])
            halves.append(raw)
        assert max(health(product) for _ in range(20)) < 2
    finally:
        for raw in halves:
            raw.close()


def test_a_half_request_is_ended_and_counted(product):
    def ended():
        with product.api() as api:
            text = api.request("GET", "/metrics").text
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines()
                   if line.startswith("switchboard_http_connections_refused_total")
                   and 'reason="timedOut"' in line)

    before = ended()
    with dial(product) as raw:
        raw.send(fastcgi.begin())
        assert raw.until_closed(within=15) == b""
    deadline = time.monotonic() + 10
    while ended() == before:
        assert time.monotonic() < deadline, "no metric tells of it"
        time.sleep(0.1)


def test_answers_that_nobody_reads_take_no_thread(product, team):
    """More peers than threads ask for a large document and leave it lying."""
    lazy = []
    try:
        for _ in range(40):
            raw = dial(product)
            raw.stream.setsockopt(1, 8, 4096)  # SOL_SOCKET, SO_RCVBUF
            raw.send(b"".join(fastcgi.request("/openapi.json")))
            lazy.append(raw)
        assert max(health(product) for _ in range(10)) < 2
    finally:
        for raw in lazy:
            raw.close()


@pytest.mark.parametrize("name", ["x-api-key", "authorization", "origin"])
def test_a_header_sent_twice_is_refused_over_rest(product, name):
    """Even the same twice, and even where the first of them is good."""
    key = product.ready["apiKey"]
    value = {
        "x-api-key": key, "authorization": f"Bearer {key}", "origin": product.url}[name]
    headers = [f"x-api-key: {key}"] if name not in ("x-api-key", "authorization") else []
    for second in (value, "other"):
        with Raw.tls(product) as raw:
            lines = [*headers, f"{name}: {value}", f"{name}: {second}", "Content-Length: 2"]
            raw.send(("POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                      + "\r\n".join(lines) + "\r\n\r\n{}").encode())
            assert raw.response()[0] == 400, (name, second)


@pytest.mark.parametrize(("body", "code"), [
    (b"{", "INVALID_JSON"), (b"\xef\xbb\xbf{}", "INVALID_JSON"), (b"{}\x00", "INVALID_JSON"),
    ("{}".encode("utf-16"), "INVALID_JSON"), (b'{"name":"\xff"}', "INVALID_JSON"),
    (b'{"name":"a"} {}', "INVALID_JSON"), (b"{'name':1}", "INVALID_JSON"),
    (b'{"name":"a","name":"b"}', "VALIDATION_ERROR"), (b'{"a\\u0000":1}', "VALIDATION_ERROR"),
    (b'{"name":1e999}', "VALIDATION_ERROR"), (b"[" * 500 + b"]" * 500, "VALIDATION_ERROR"),
    (b"[]", "VALIDATION_ERROR"), (b"null", "VALIDATION_ERROR")])
def test_a_body_that_is_not_taken_says_why(team, body, code):
    answer = team.api.request(
        "POST", "/api/sessions", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), answer.text


def test_whole_requests_beside_broken_ones_are_all_answered(product):
    failures = []

    def ask():
        try:
            for _ in range(50):
                health(product)
        except Exception as failure:
            failures.append(failure)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    while any(asker.is_alive() for asker in askers):
        with dial(product) as raw:
            raw.try_send(fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, LENGTHS[1]) + b"\xff" * 9)
    assert not failures, failures[0]
