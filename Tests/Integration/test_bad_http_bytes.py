"""Bad bodies, paths and requests over REST, through nginx."""

import pytest

from support.raw import Raw, host_of

pytestmark = pytest.mark.usefixtures("bounded")

JSON = {"content-type": "application/json"}


# JSON bodies

@pytest.mark.parametrize("body", [
    b"{", b"\x00", b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 100_000, b'{"a":' * 50_000,
    b'{"channel":"\xff"}', b"NaN", b'{"a":1e999}', b'{"a":' + b"9" * 10_000 + b"}",
    b'{"a":"\\ud800"}', b'{"type":"log_entry"}garbage', b"\xef\xbb\xbf{}",
    b'"' + b"\\u0000" * 5000 + b'"'],
    ids=range(14))
@pytest.mark.parametrize("path", ["/api/publish", "/api/sessions", "/api/auth/login"])
def test_a_malformed_body_is_refused(product, body, path):
    with product.api(headers={"origin": product.url}) as api:
        answer = api.request("POST", path, content=body, headers=JSON)
        assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
        assert answer.json()["error"]["code"]


@pytest.mark.parametrize("path", ["/api/publish", "/api/auth/login"])
def test_no_body_at_all_is_refused_where_one_is_needed(product, path):
    with product.api(headers={"origin": product.url}) as api:
        answer = api.request("POST", path, content=b"", headers=JSON)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "VALIDATION_ERROR"


def test_a_deep_payload_is_refused_or_carried_but_never_ends_a_process(product, team):
    client = team.listen()
    for depth in (10, 50, 63, 64, 65, 100, 1000, 20_000):
        body = (b'{"channel":"%s","type":"log_entry","payload":' % team.channel.encode()
                + b"[" * depth + b"]" * depth + b"}")
        answer = team.api.request("POST", "/api/publish", content=body, headers=JSON)
        if depth <= 50:
            assert answer.status_code == 200, answer.text
            client.expect("log_entry")
        elif depth >= 65:
            assert answer.status_code == 400, (depth, answer.text)
    assert not [m for m in client.until_pong() if m["type"] != "log_entry"]


@pytest.mark.parametrize("type", ["text/plain", "application/x-www-form-urlencoded", "", "json",
                                  "multipart/form-data; boundary=x", "application/jsonx"])
def test_another_content_type_is_415(product, type):
    with product.api() as api:
        answer = api.request(
            "POST", "/api/sessions", content=b"{}", headers={"content-type": type})
        assert answer.status_code == 415
        assert answer.json()["error"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize("type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_in_another_spelling_is_json(product, type):
    with product.api() as api:
        answer = api.request(
            "POST", "/api/sessions", content=b"{}", headers={"content-type": type})
        assert answer.status_code == 201


@pytest.mark.parametrize("path", [
    "/api/sessions/%00", "/api/sessions/%ff", "/api/sessions/%2e%2e", "/api/sessions/..%2f..%2fetc",
    "/api/sessions/" + "a" * 500, "/api/sessions/%F0%9F%9A%82", "/api/specs/a%20b",
    "/api/specs/%0a",
    "/api/channels/team%3A%00/history", "/api/sessions/'%20OR%201=1--", "/api/keys/%25"])
def test_odd_ids_in_a_path_are_not_found_or_refused(product, path):
    with product.api() as api:
        answer = api.request("GET", path)
        assert answer.status_code in (400, 404, 405), answer.status_code


def test_many_query_parameters_are_harmless(product):
    with product.api() as api:
        query = "&".join(f"p{n}=%zz" for n in range(500))
        assert api.request("GET", f"/api/sessions?{query}").status_code in (200, 400)


# Requests that want to be two

def raw_request(product, text):
    with Raw.tls(product) as raw:
        raw.try_send(text)
        try:
            return raw.response()
        except (EOFError, ValueError, IndexError):
            return 0, {}, b""


@pytest.mark.parametrize("head", [
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length: 2\r\nContent-Length: 40",
    "Content-Length: -1", "Content-Length: 1e3", "Content-Length: 99999999999999999999",
    "Transfer-Encoding: chunked, identity", "Transfer-Encoding: xchunked",
    "Content-Length: 0x10", "Content-Length: +2", " Folded: x\r\nContent-Length: 2"])
def test_requests_that_could_be_two_are_refused(product, team, head):
    smuggled = (f"DELETE /api/keys/{team.key_id} HTTP/1.1\r\nHost: {host_of(product)}\r\n"
                f"x-api-key: {team.key}\r\n\r\n")
    text = (f"POST /api/publish HTTP/1.1\r\nHost: {host_of(product)}\r\nx-api-key: {team.key}\r\n"
            f"Content-Type: application/json\r\n{head}\r\n\r\n0\r\n\r\n{smuggled}")
    status, _, _ = raw_request(product, text.encode())
    assert status == 0 or status >= 400
    assert [key["id"] for key in team.api.get("/api/keys")["items"]] == [team.key_id]


@pytest.mark.parametrize("name", [
    "X-Real-IP", "X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto"])
def test_headers_about_the_peer_are_not_believed(product, name):
    """A client cannot say who it is, nor from which origin its cookie is used."""
    with product.api(key=None) as anonymous:
        anonymous.refused("GET", "/api/sessions", 401, "AUTH_REQUIRED",
                          headers={name: "127.0.0.1; host=evil"})


def test_two_credentials_headers_are_one_refusal(product, team):
    with Raw.tls(product) as raw:
        raw.send((f"GET /api/sessions HTTP/1.1\r\nHost: {host_of(product)}\r\nx-api-key: wrong\r\n"
                  f"x-api-key: {team.key}\r\nConnection: close\r\n\r\n").encode())
        assert raw.response()[0] in (400, 401)


def test_an_underscored_header_is_no_credential(product, team):
    with product.api(key=None) as anonymous:
        anonymous.refused("GET", "/api/sessions", 401, headers={"x_api_key": team.key})


def test_slow_bodies_hold_nobody_up(product):
    raws = []
    try:
        for _ in range(60):
            raw = Raw.tls(product)
            raws.append(raw)
            raw.send((f"POST /api/publish HTTP/1.1\r\nHost: {host_of(product)}\r\n"
                      f"x-api-key: {product.ready['apiKey']}\r\nContent-Type: application/json\r\n"
                      "Content-Length: 1000\r\n\r\n{").encode())
        with product.api(timeout=5) as api:
            assert api.request("GET", "/api/sessions").status_code == 200
    finally:
        for raw in raws:
            raw.close()
