"""Who gets in, and how everybody else is told: an HTTP answer with the REST error body."""

import json
import os
import signal
from datetime import datetime, timedelta, timezone

import pytest

from support import processes
from support.client import Client, Refused
from support.raw import Raw, host_of, plain_request
from support.rest import check_error
from support.team import PASSWORD, sign_in
from support.waiting import Stopwatch, eventually


def refusal(attempt):
    """The refusal that `attempt` runs into."""
    try:
        attempt().close()
    except Refused as refused:
        return refused
    raise AssertionError("the handshake was accepted")


def check(attempt, status, code):
    refused = refusal(attempt)
    assert refused.status == status, refused
    refused.error(code)
    return refused


# Every credential that opens a connection

def test_each_credential_of_the_contract_opens_a_connection(team):
    product = team.product
    team.connect()
    team.connect(key=None, cookie=team.sign_in())
    for client in [
        Client(product, bearer=team.key),
        Client(product, subprotocols=["switchboard.v1", f"bearer.{team.key}"], origin=product.url),
    ]:
        with client:
            assert client.subscribe(team.channel)


def test_only_the_protocol_is_echoed_and_never_the_token(team):
    with Client(team.product, subprotocols=["switchboard.v1", f"bearer.{team.key}"]) as client:
        assert client.socket.subprotocol == "switchboard.v1"


def test_a_login_is_a_bearer_token_too_where_rest_takes_it(team):
    cookie = team.sign_in()
    with team.product.api(key=None, cookie=cookie) as person:
        me = person.get("/api/auth/me")
    assert me["type"] == "session_user"
    assert me["teamId"] == team.id


# Refusals

def test_no_credential_is_401_auth_required(product):
    refused = check(lambda: Client(product), 401, "AUTH_REQUIRED")
    names = {name.lower() for name in refused.headers}
    assert "x-request-id" in names


@pytest.mark.parametrize("key", ["wrong", "a" * 500, "sk-\u00e9", "' OR 1=1", "%00"])
def test_a_wrong_key_is_401_invalid_api_key(product, key):
    check(lambda: Client(product, headers={"x-api-key": key}), 401, "INVALID_API_KEY")


def test_a_key_with_one_character_changed_is_refused(team):
    changed = team.key[:-1] + ("A" if team.key[-1] != "A" else "B")
    check(lambda: Client(team.product, changed), 401, "INVALID_API_KEY")
    check(lambda: Client(team.product, bearer=changed), 401, "INVALID_API_KEY")


def test_an_unknown_login_is_401_invalid_session(product):
    check(lambda: Client(product, cookie="nobody"), 401, "INVALID_SESSION")


@pytest.mark.parametrize("cookie", ["%zz", "%", "%E0%A4%A", "a%00b", "%ff%fe", "\"", "a b"])
def test_a_malformed_cookie_escape_is_401_invalid_session(product, cookie):
    check(lambda: Client(product, cookie=cookie), 401, "INVALID_SESSION")


def test_a_login_that_signed_out_is_refused(team):
    cookie = team.sign_in()
    with team.product.api(key=None, cookie=cookie) as person:
        person.post("/api/auth/logout")

        def refused():
            check(lambda: Client(team.product, cookie=cookie), 401, "INVALID_SESSION")
            return True

        eventually(refused, within=2)
        person.refused("GET", "/api/auth/me", 401, "INVALID_SESSION")


@pytest.mark.parametrize("name", ["apiKey", "token", "access_token"])
def test_a_credential_in_the_query_is_401_even_beside_a_good_one(team, name):
    refused = refusal(lambda: Client(team.product, team.key, path=f"/ws?{name}={team.key}"))
    assert refused.status == 401
    refused.error()


def test_other_query_parameters_are_not_read(team):
    with Client(team.product, team.key, path="/ws?channel=team:x&apikeys=1") as client:
        assert client.until_pong() == []


def test_an_invalid_credential_never_falls_back_to_the_next(team):
    product, cookie = team.product, team.sign_in()
    check(lambda: Client(product, "wrong", bearer=team.key), 401, "INVALID_API_KEY")
    check(lambda: Client(product, "wrong", cookie=cookie), 401, "INVALID_API_KEY")
    check(lambda: Client(product, bearer="wrong", cookie=cookie), 401, "INVALID_API_KEY")
    check(lambda: Client(product, cookie=cookie, subprotocols=["switchboard.v1", "bearer.wrong"]),
          401, "INVALID_API_KEY")


@pytest.mark.parametrize("origin", [
    "https://evil.example", "null", "https://localhost.evil.example", "http://localhost"])
def test_a_foreign_origin_is_403(team, origin):
    check(lambda: Client(team.product, cookie=team.sign_in(), origin=origin),
          403, "ORIGIN_FORBIDDEN")


def test_a_foreign_origin_is_403_with_a_key_too(team):
    check(lambda: Client(team.product, team.key, origin="https://evil.example"),
          403, "ORIGIN_FORBIDDEN")


def test_a_cookie_without_an_origin_is_403(team):
    cookie = team.sign_in()
    check(lambda: Client(team.product, headers={"cookie": f"__Host-switchboard.sid={cookie}"}),
          403, "ORIGIN_FORBIDDEN")


@pytest.mark.parametrize("path", ["/", "/wss", "/ws/", "/ws/x", "/api/ws", "/..%2fws"])
def test_an_upgrade_to_another_path_is_404_and_closed(product, path):
    """Straight to the worker: nginx sends it nothing but /ws."""
    with Raw.unix(product.ready["sockets"]["ws"][0]) as raw:
        _, fields, body = raw.upgrade(product.ready["apiKey"], path=path, expect=404)
        check_error(json.loads(body), fields)
        raw.until_closed(within=5)


def test_an_upgrade_to_another_path_through_nginx_never_stays_open(product):
    for path in ["/", "/wss", "/ws/", "/api/sessions", "/nothing"]:
        with Raw.tls(product) as raw:
            raw.send((f"GET {path} HTTP/1.1\r\nHost: {host_of(product)}\r\nUpgrade: websocket\r\n"
                      "Connection: close, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").encode())
            status, _, _ = raw.response()
            assert status != 101, path


def test_what_is_no_upgrade_is_426(product):
    key = product.ready["apiKey"]
    with Raw.unix(product.ready["sockets"]["ws"][0]) as raw:
        raw.send(plain_request(path="/ws", headers=[f"x-api-key: {key}"]))
        status, fields, body = raw.response()
        assert status == 426
        check_error(json.loads(body), fields)
    with product.api() as caller:
        caller.refused("GET", "/ws", 426)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_another_method_on_the_socket_is_no_upgrade(product, method):
    with Raw.unix(product.ready["sockets"]["ws"][0]) as raw:
        raw.send(plain_request(method, "/ws", headers=["x-api-key: x"]))
        assert 400 <= raw.response()[0] < 500


def test_the_request_id_of_the_client_is_echoed(product):
    refused = refusal(lambda: Client(product, headers={"x-request-id": "mine-42"}))
    assert refused.error("AUTH_REQUIRED")["requestId"] == "mine-42"
    refused = refusal(lambda: Client(product, headers={"x-request-id": "bad id!"}))
    assert refused.error("AUTH_REQUIRED")["requestId"] != "bad id!"


# Credentials that end

def test_a_key_past_its_expiry_is_refused_and_its_connections_close(team):
    soon = datetime.now(timezone.utc) + timedelta(seconds=2)
    expires = soon.strftime("%Y-%m-%dT%H:%M:%S.") + f"{soon.microsecond // 1000:03}Z"
    key = team.make_key("sessions:read", expiresAt=expires)["key"]
    client = team.connect(key)
    client.closed(4101, within=5)
    refused = refusal(lambda: Client(team.product, key))
    assert refused.status == 401
    refused.error()


def test_revoking_a_key_closes_its_connections_within_a_second(team):
    made = team.make_key("channels:read")
    clients = [team.listen(key=made["key"]) for _ in range(5)]
    bystander = team.listen()
    watch = Stopwatch()
    team.api.delete(f"/api/keys/{made['id']}")
    for client in clients:
        client.closed(4101, within=2)
    assert watch.seconds < 1
    assert bystander.until_pong() == []
    check(lambda: Client(team.product, made["key"]), 401, "INVALID_API_KEY")


def test_signing_out_closes_the_connections_of_that_login_only(team):
    user = team.make_user(f"u-{team.name}")
    first, second = (sign_in(team.product, user, PASSWORD) for _ in range(2))
    gone, stays = team.connect(cookie=first), team.connect(cookie=second)
    with team.product.api(key=None, cookie=first) as person:
        person.post("/api/auth/logout")
    gone.closed(4101, within=2)
    assert stays.until_pong() == []


def test_an_expired_login_closes_its_connections_and_is_refused(expiring_login):
    """Signed in when the test session began, with the shortest life that can be configured."""
    waiting = expiring_login
    product = waiting.team.product
    waiting.client.closed(4101, within=75)
    assert waiting.stopwatch.seconds > 59
    check(lambda: Client(product, cookie=waiting.cookie), 401, "SESSION_EXPIRED")
    with product.api(key=None, cookie=waiting.cookie) as person:
        person.refused("GET", "/api/auth/me", 401, "SESSION_EXPIRED")


# The hub away

def test_a_worker_without_its_hub_refuses_with_503(own_product):
    product = own_product()
    supervisor = processes.parent(product.pid("hub"))
    os.kill(supervisor, signal.SIGSTOP)
    try:
        old = product.kill("hub")

        def refused():
            check(lambda: Client(product, product.ready["apiKey"]),
                  503, "AUTH_SERVICE_UNAVAILABLE")
            return True

        eventually(refused, within=5, what="503 from a worker without its hub")
        with product.api() as caller:
            answer = caller.request("GET", "/api/sessions")
            assert answer.status_code == 503
            check_error(answer.json(), dict(answer.headers))
            assert caller.request("GET", "/health").status_code == 200
            eventually(lambda: caller.request("GET", "/ready").status_code == 503, within=5)
    finally:
        os.kill(supervisor, signal.SIGCONT)
    product.restarted("hub", old)
    eventually(lambda: product.connect().close() or True, within=10)
