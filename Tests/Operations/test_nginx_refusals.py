"""What nginx itself refuses: status, code, request id, in the form of the REST API."""

import re

import pytest
from rendering import NGINX, REPOSITORY
from upstreams import FullWorker, HTTPEcho

HOST = b"Host: localhost\r\nConnection: close\r\n"


def check(answer, status, code):
    assert (answer.status, answer.error["code"]) == (status, code), answer
    assert set(answer.error) == {"code", "message", "requestId"}
    assert answer.error["message"].endswith((".", "Retry-After."))
    assert answer.headers["x-request-id"] == answer.error["requestId"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "path", ["/nothing", "/ws/other", "/api", "/switchboard-error", "/.git/config"])
def test_an_unknown_path_is_404(site, path):
    check(site.curl(path), 404, "NOT_FOUND")


def test_an_upgrade_to_another_path_is_404(site):
    request = (b"GET /other HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
               b"Connection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n\r\n")
    check(site.raw(request), 404, "NOT_FOUND")


@pytest.mark.parametrize("method, path, allowed", [
    ("POST", "/", "GET, HEAD"), ("POST", "/ws", "GET"), ("HEAD", "/ws", "GET"),
    ("TRACE", "/", "GET, HEAD")])
def test_a_method_that_does_not_fit_is_405_and_says_which_do(site, method, path, allowed):
    head = ["--head"] if method == "HEAD" else ["--request", method]
    answer = site.curl(path, *head)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        check(answer, 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("path, size", [("/api/auth/login", 17_000), ("/api/publish", 2_200_000)])
def test_a_body_over_the_limit_is_413(site, directory, path, size):
    body = directory / f"body-{size}"
    body.write_bytes(b"x" * size)
    check(site.curl(path, "--http1.1", "--data-binary", f"@{body}"), 413, "PAYLOAD_TOO_LARGE")
    check(site.curl(path, "--http1.1", "--data-binary", f"@{body}",
                    "--header", "Transfer-Encoding: chunked"), 413, "PAYLOAD_TOO_LARGE")


def test_a_body_under_the_limit_arrives_whole_chunked_or_not(site, directory):
    body = directory / "body-fits"
    body.write_bytes(b"x" * 1_000_000)
    for more in ([], ["--header", "Transfer-Encoding: chunked"]):
        answer = site.curl("/api/publish", "--http1.1", "--data-binary", f"@{body}", *more)
        assert answer.json["bodyBytes"] == 1_000_000
        assert answer.json["params"]["CONTENT_LENGTH"] == "1000000"


def test_a_line_over_8_KiB_is_414_and_such_a_header_431(site):
    check(site.raw(b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
          414, "URI_TOO_LONG")
    check(site.raw(b"GET / HTTP/1.1\r\n" + HOST + b"X-Big: " + b"a" * 9_000 + b"\r\n\r\n"),
          431, "BAD_REQUEST")


@pytest.mark.parametrize("request_bytes", [
    b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    b"GET  /\x01 HTTP/x\r\n\r\n",
    b"GET /%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"POST /api/x HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\n",
    b"POST /api/x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"])
def test_a_malformed_request_is_400(site, request_bytes):
    check(site.raw(request_bytes), 400, "BAD_REQUEST")


def test_plain_HTTP_on_the_TLS_port_is_400(site):
    check(site.raw(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n", tls=False), 400, "BAD_REQUEST")


def test_a_dead_worker_is_502_with_advice(own_site):
    site = own_site(workers={}, fastcgi=None)
    for path in ("/ws", "/api/sessions", "/health"):
        answer = site.curl(path)
        check(answer, 502, "SERVICE_UNAVAILABLE")
        assert answer.headers["retry-after"] == "2"


def test_a_silent_worker_is_504(own_site):
    site = own_site(changes=[("fastcgi_read_timeout 30s", "fastcgi_read_timeout 200ms"),
                             ("proxy_read_timeout 90s", "proxy_read_timeout 200ms")])
    check(site.curl("/api/sessions?hold"), 504, "SERVICE_UNAVAILABLE")
    check(site.curl("/ws?hold"), 504, "SERVICE_UNAVAILABLE")


def test_logins_past_the_rate_are_429_with_advice(own_site):
    site = own_site(changes=[("zone=switchboard_login burst=50", "zone=switchboard_login burst=1")])
    answers = [site.curl("/api/auth/login", "--data", "{}") for _ in range(4)]
    refused = [answer for answer in answers if answer.status != 200]
    assert refused, "four logins at once passed a burst of one"
    for answer in refused:
        check(answer, 429, "RATE_LIMITED")
        assert answer.headers["retry-after"] == "1"


def test_connections_past_the_limit_of_an_address_are_503_with_advice(own_site):
    site = own_site(changes=[("switchboard_ws_address 2000", "switchboard_ws_address 1")])
    with site.connect() as first:
        first.sendall(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                      b"Upgrade: websocket\r\n\r\n")
        assert first.recv(100).startswith(b"HTTP/1.1 101")
        answer = site.curl("/ws")
    check(answer, 503, "TOO_MANY_CONNECTIONS")
    assert answer.headers["retry-after"] == "5"


def test_a_workers_own_error_passes_as_it_is(site):
    assert "params" in site.curl("/api/sessions?fail").json
    answer = site.curl("/ws?full", "--http1.1")
    assert (answer.status, set(answer.json)) == (503, {"line", "headers"})


def test_a_handshake_goes_on_to_a_worker_that_is_there_and_has_room(own_site):
    site = own_site(ws=("ws-1", "ws-2", "ws-3"), workers={"ws-2": FullWorker, "ws-3": HTTPEcho})
    assert [site.curl("/ws").status for _ in range(6)] == [200] * 6


def test_every_code_stands_in_the_table_of_codes():
    table = (REPOSITORY / "Sources/Protocol/Words/ErrorCode.swift").read_text()
    snippet = (NGINX / "snippets/switchboard-http.conf").read_text()
    codes = snippet.split("$switchboard_error_code {")[1].split("}")[0]
    ours = set(re.findall(r" ([A-Z_]{4,});", codes))
    assert ours and ours <= set(re.findall(r'= "([A-Z_]+)"', table))
