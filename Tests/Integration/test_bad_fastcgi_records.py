"""Requests cut, stuck and malformed on the FastCGI socket, which only nginx should speak to."""

import random
import socket
import struct

import pytest

from support import fastcgi
from support.raw import Raw
from support.waiting import eventually

# The same noise in every run and every worker.
NOISE = random.Random(22)

pytestmark = pytest.mark.usefixtures("bounded")


def dial_fcgi(product):
    return Raw.unix(product.ready["sockets"]["fcgi"])


def fcgi_works(product):
    with product.api(timeout=5) as api:
        return api.try_status("GET", "/api/sessions") == 200


def test_a_well_formed_fastcgi_request_is_answered(product):
    with dial_fcgi(product) as raw:
        raw.send(b"".join(fastcgi.request("/health")))
        assert b"200" in fastcgi.answer(raw).split(b"\r\n\r\n")[0]


def test_a_fastcgi_request_cut_anywhere_is_survived(product):
    whole = b"".join(fastcgi.request(
        "/api/publish", "POST", b'{"channel":"team:x","type":"log_entry"}',
        extra={"HTTP_X_API_KEY": product.ready["apiKey"]}))
    for cut in range(0, len(whole), 7):
        raw = dial_fcgi(product)
        raw.send(whole[:cut])
        raw.close()
    eventually(lambda: fcgi_works(product), within=20)


def test_more_half_requests_than_threads_starve_nobody_for_long(product):
    raws = []
    begin, params, _ = fastcgi.request("/api/sessions")
    try:
        for n in range(64):
            raw = dial_fcgi(product)
            raw.send([b"", begin, begin + params[:20], begin + params][n % 4])
            raws.append(raw)
        eventually(lambda: fcgi_works(product), within=60, what="an answer beside 64 stuck ones")
    finally:
        for raw in raws:
            raw.close()
    eventually(lambda: fcgi_works(product), within=20)


@pytest.mark.parametrize("data", [
    b"\x00" * 64, NOISE.randbytes(256), b"GET / HTTP/1.1\r\n\r\n",
    fastcgi.record(99, b"abc"), fastcgi.record(fastcgi.PARAMS, b"\xff\xff\xff\xff" * 4),
    fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, struct.pack("!II", 0xFFFFFFFF, 0xFFFFFFFF)),
    fastcgi.begin() + fastcgi.record(
        fastcgi.PARAMS, struct.pack("!II", 0x80000000, 0xFFFFFFF0) + b"a" * 50),
    fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, b"a" * 65535),
    fastcgi.begin() + fastcgi.record(fastcgi.ABORT),
    fastcgi.begin() + fastcgi.begin(request=2) + fastcgi.record(fastcgi.STDIN, b"x", request=7)],
    ids=range(10))
def test_malformed_fastcgi_records_close_that_peer_only(product, data):
    """The parameters' lengths overflowed in libfcgi until 2025."""
    for _ in range(4):
        raw = dial_fcgi(product)
        raw.try_send(data)
        try:
            raw.stream.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # closed already
        raw.close()
    eventually(lambda: fcgi_works(product), within=20)


@pytest.mark.parametrize("length", ["-1", "abc", "99999999999999999999", "1048577", "0x5", "5 5"])
def test_a_lying_content_length_is_refused(product, length):
    begin, params, stdin = fastcgi.request(
        "/api/sessions", "POST", b"{}", content_length=length,
        extra={"HTTP_X_API_KEY": product.ready["apiKey"]})
    with dial_fcgi(product) as raw:
        raw.send(begin + params + stdin)
        status = fastcgi.answer(raw).split(b"\r\n")[0]
        assert b"40" in status or b"41" in status, status
