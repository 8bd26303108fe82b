"""API keys and logins: shown once, stored hashed, scoped, ended; guessing is slowed down."""

import json
import os
import signal

import pytest

from support import fastcgi
from support.client import Client, Refused
from support.raw import Raw, plain_request, upgrade_request
from support.rest import TIME
from support.team import PASSWORD, sign_in
from support.waiting import eventually


def test_a_key_is_shown_once_and_stored_hashed(team):
    made = team.make_key("publish", "sessions:read")
    assert set(made) >= {"id", "name", "teamId", "scopes", "createdAt", "expiresAt", "key"}
    assert made["teamId"] == team.id and TIME.match(made["createdAt"])
    listed = team.api.get("/api/keys")["items"]
    mine = next(item for item in listed if item["id"] == made["id"])
    assert "key" not in mine and made["key"] not in str(listed)
    assert sorted(mine["scopes"]) == ["publish", "sessions:read"]
    for file in team.product.state.rglob("*"):
        if file.is_file() and not file.name.endswith(".sock"):
            assert made["key"].encode() not in file.read_bytes(), file
    assert made["key"] not in team.product.log()


def test_me_tells_what_a_key_may(team):
    made = team.make_key("publish")
    with team.product.api(made["key"]) as caller:
        me = caller.get("/api/auth/me")
    assert me["type"] == "api_key" and me["teamId"] == team.id
    assert me["keyId"] == made["id"] and me["scopes"] == ["publish"]


def test_the_last_use_of_a_key_is_told(team):
    made = team.make_key("sessions:read")
    with team.product.api(made["key"]) as caller:
        caller.get("/api/sessions")

    def used():
        listed = team.api.get("/api/keys")["items"]
        return next(item for item in listed if item["id"] == made["id"])["lastUsedAt"]

    assert TIME.match(eventually(used, within=15, what="lastUsedAt"))


def test_a_new_key_is_good_at_once_at_workers_that_have_yet_to_hear_of_it(own_product):
    """Each finds the news and the key's first use side by side when it wakes up."""
    product = own_product(ws_workers=2)
    workers = [product.pid("ws", 0), product.pid("ws", 1), product.pid("fcgi")]
    sockets = product.ready["sockets"]
    for _ in range(10):
        handshakes = [Raw.unix(path) for path in sockets["ws"] for _ in range(4)]
        # Answered by a worker that has accepted those before it.
        for path in sockets["ws"]:
            with Raw.unix(path) as probe:
                probe.send(plain_request())
                assert probe.response()[0] == 404
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        try:
            key = product.cli_json(
                "keys", "create", "--team", product.ready["teamId"], "--scopes", "publish")["key"]
            for handshake in handshakes:
                handshake.send(upgrade_request(key))
            requests = [Raw.unix(sockets["fcgi"]) for _ in range(4)]
            for request in requests:
                request.send(b"".join(
                    fastcgi.request("/api/auth/me", extra={"HTTP_X_API_KEY": key})))
        finally:
            for pid in workers:
                os.kill(pid, signal.SIGCONT)
        for handshake in handshakes:
            with handshake:
                assert handshake.response()[0] == 101
        for request in requests:
            with request:
                assert b"Status: 200" in fastcgi.answer(request)


def test_a_revoked_key_is_refused_everywhere(team):
    made = team.make_key("sessions:read")
    team.api.delete(f"/api/keys/{made['id']}")
    with team.product.api(made["key"]) as caller:
        eventually(lambda: caller.try_status("GET", "/api/sessions") == 401, within=2)
        caller.refused("GET", "/api/sessions", 401, "INVALID_API_KEY")
    team.api.refused("DELETE", f"/api/keys/{made['id']}", 404)
    assert made["id"] not in [item["id"] for item in team.api.get("/api/keys")["items"]]


@pytest.mark.parametrize("body", [
    {"name": "x", "scopes": ["everything"]}, {"name": "x", "scopes": "publish"},
    {"name": "x", "scopes": [5]}, {"name": 5, "scopes": ["publish"]},
    {"name": "x", "scopes": ["publish"], "expiresAt": "tomorrow"},
    {"name": "x", "scopes": ["publish"], "expiresAt": "2001-01-01T00:00:00.000Z"}])
def test_a_malformed_key_request_is_refused(team, body):
    team.api.refused("POST", "/api/keys", 400, "VALIDATION_ERROR", body=body)


def test_nobody_grants_scopes_that_he_does_not_have(team):
    admin = team.make_key("admin")
    with team.product.api(admin["key"]) as caller:
        answer = caller.request(
            "POST", "/api/keys", json={"name": "wide", "scopes": ["publish", "admin"]})
        assert answer.status_code in (201, 403)
        if answer.status_code == 201:
            assert answer.json()["teamId"] == team.id


def test_a_key_cannot_be_made_for_another_team(team, other_team):
    made = team.api.request("POST", "/api/keys", json={
        "name": "x", "scopes": ["publish"], "teamId": other_team.id})
    if made.status_code == 201:
        assert made.json()["teamId"] == team.id
    assert len(other_team.api.get("/api/keys")["items"]) == 1


# People's accounts

def test_an_admin_makes_lists_and_deletes_people_of_the_own_team(team, other_team):
    name = f"person-{team.name}"
    made = team.api.post(
        "/api/users", {"name": name, "password": PASSWORD, "role": "member"}, status=201)
    assert (made["name"], made["teamId"], made["role"]) == (name, team.id, "member")
    assert PASSWORD not in json.dumps(made) and "password" not in made
    assert made["id"] in [item["id"] for item in team.api.get("/api/users")["items"]]
    cookie = sign_in(team.product, name, PASSWORD)
    with team.product.connect(cookie=cookie) as device:
        # Another team neither sees nor deletes it.
        assert made["id"] not in [
            item["id"] for item in other_team.api.get("/api/users")["items"]]
        other_team.api.refused("DELETE", f"/api/users/{made['id']}", 404)
        team.api.delete(f"/api/users/{made['id']}")
        device.closed(4103)
    with team.product.api(key=None, cookie=cookie) as person:
        person.refused("GET", "/api/auth/me", 401)
    team.api.refused("DELETE", f"/api/users/{made['id']}", 404)


def test_who_is_no_admin_has_no_say_about_people(team):
    name = f"plain-{team.name}"
    team.api.post("/api/users", {"name": name, "password": PASSWORD}, status=201)
    cookie = sign_in(team.product, name, PASSWORD)
    with team.product.api(key=None, cookie=cookie) as person:
        person.refused("GET", "/api/users", 403, "SCOPE_REQUIRED")
        person.refused("POST", "/api/users", 403, body={"name": "x", "password": PASSWORD})
        person.refused("DELETE", "/api/users/anybody", 403)


def test_nobody_deletes_the_account_that_they_are_signed_in_with(team):
    name = f"last-{team.name}"
    made = team.api.post(
        "/api/users", {"name": name, "password": PASSWORD, "role": "admin"}, status=201)
    with team.product.api(key=None, cookie=sign_in(team.product, name, PASSWORD)) as person:
        person.refused("DELETE", f"/api/users/{made['id']}", 409, "CONFLICT")
        assert person.get("/api/auth/me")["userId"] == made["id"]


def test_a_name_is_taken_once_and_a_short_password_is_refused(team):
    name = f"once-{team.name}"
    team.api.post("/api/users", {"name": name, "password": PASSWORD}, status=201)
    team.api.refused(
        "POST", "/api/users", 409, "CONFLICT", body={"name": name, "password": PASSWORD})
    team.api.refused(
        "POST", "/api/users", 400, "VALIDATION_ERROR", body={"name": "x", "password": "short"})


# Logins

def test_the_cookie_of_a_login_is_closed_to_scripts_and_other_sites(team):
    user = team.make_user(f"u-{team.name}")
    with team.product.api(key=None, headers={"origin": team.product.url}) as anonymous:
        answer = anonymous.request(
            "POST", "/api/auth/login", json={"user": user, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-switchboard.sid=")
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "secure", "samesite=strict"} <= attributes
        value = answer.cookies["__Host-switchboard.sid"]
    assert PASSWORD not in team.product.log() and value not in team.product.log()
    with team.product.api(key=None, cookie=value) as person:
        me = person.get("/api/auth/me")
    assert me["type"] == "session_user" and me["teamId"] == team.id and me["userId"]


def test_the_first_login_of_the_ready_file_works(product):
    login = product.ready["login"]
    cookie = sign_in(product, login["user"], login["password"])
    with product.api(key=None, cookie=cookie) as person:
        assert person.get("/api/auth/me")["teamId"] == product.ready["teamId"]


def test_a_write_with_a_cookie_needs_the_own_origin(team):
    cookie = team.sign_in()
    for origin in ("https://evil.example", "null"):
        with team.product.api(key=None, cookie=cookie, origin=origin) as attacker:
            attacker.refused("POST", "/api/sessions", 403, "ORIGIN_FORBIDDEN", body={})
    bare = {"cookie": f"__Host-switchboard.sid={cookie}"}
    with team.product.api(key=None, headers=bare) as attacker:
        attacker.refused("POST", "/api/sessions", 403, body={})
    for site in ("cross-site", "same-site"):
        with team.product.api(key=None, headers={**bare, "sec-fetch-site": site}) as attacker:
            attacker.refused("POST", "/api/sessions", 403, body={})
    with team.product.api(key=None, headers={**bare, "sec-fetch-site": "same-origin"}) as own:
        own.post("/api/sessions", {}, status=201)
    with team.product.api(key=None, cookie=cookie) as own:
        own.post("/api/sessions", {}, status=201)


@pytest.mark.parametrize("body", [{}, {"user": "x"}, {"user": 5, "password": "x"},
                                  {"user": "x", "password": ["y"]}, {"user": "", "password": ""}])
def test_a_malformed_login_is_refused(product, body):
    with product.api(key=None, headers={"origin": product.url}) as anonymous:
        anonymous.refused("POST", "/api/auth/login", 400, "VALIDATION_ERROR", body=body)


def test_a_wrong_password_and_an_unknown_user_look_the_same(own_product):
    product = own_product()
    known = product.ready["login"]["user"]
    with product.api(key=None, headers={"origin": product.url}) as anonymous:
        answers = [
            anonymous.request("POST", "/api/auth/login", json={"user": user, "password": "wrong"})
            for user in (known, "nobody-at-all")]
    assert [a.status_code for a in answers] == [401, 401]
    assert len({a.json()["error"]["code"] for a in answers}) == 1
    assert len({a.json()["error"]["message"] for a in answers}) == 1


def test_guessing_a_password_is_slowed_down(own_product):
    """After a few failures the account is closed for a while, also for the right password."""
    product = own_product()
    login = product.ready["login"]
    with product.api(key=None, headers={"origin": product.url}) as anonymous:
        statuses = []
        for n in range(30):
            answer = anonymous.request(
                "POST", "/api/auth/login", json={"user": login["user"], "password": f"guess {n}"})
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                break
        assert statuses[-1] == 429 and statuses[0] == 401, statuses
        assert 3 <= len(statuses) <= 21
        answer.json()["error"]["requestId"]
        assert int(answer.headers["retry-after"]) >= 1
        right = anonymous.request("POST", "/api/auth/login", json=login)
        assert right.status_code == 429
    with product.api() as unharmed:
        assert unharmed.get("/api/auth/me")["type"] == "api_key"


def test_logins_and_keys_survive_a_restart_of_the_hub(own_product):
    product = own_product()
    login = product.ready["login"]
    cookie = sign_in(product, login["user"], login["password"])
    with product.api() as api:
        made = api.post("/api/keys", {"name": "x", "scopes": ["sessions:read"]})
        gone = api.post("/api/keys", {"name": "y", "scopes": ["sessions:read"]})
        api.delete(f"/api/keys/{gone['id']}")
    product.restarted("hub", product.kill("hub"))
    Client(product, made["key"]).close()
    Client(product, cookie=cookie).close()
    with pytest.raises(Refused) as refused:
        Client(product, gone["key"])
    assert refused.value.status == 401


def test_a_proxy_s_own_authorization_is_none_of_ours(team):
    """Basic auth in front of the console comes with every request of the browser, beside its cookie."""
    login = team.sign_in()
    headers = {"authorization": "Basic dXNlcjpwYXNzd29yZA=="}
    with team.product.api(key=None, cookie=login, headers=headers) as api:
        assert api.get("/api/auth/me")["type"] == "session_user"
    with team.product.api(key=None, headers=headers) as nobody:
        nobody.refused("GET", "/api/auth/me", 401, "AUTH_REQUIRED")


def test_every_answer_has_the_phrase_that_its_status_line_needs(team):
    """RFC 9112 §4: without a phrase nginx leaves out the space in front of it as well."""
    for path, status in (("/api/auth/me", b"200"), ("/api/nothing", b"404"), ("/health", b"200")):
        with Raw.tls(team.product) as raw:
            raw.send(plain_request(path=path, headers=[f"x-api-key: {team.key}"]))
            line = raw.until_closed(within=10).split(b"\r\n")[0]
        assert line.startswith(b"HTTP/1.1 " + status + b" ") and len(line) > 13, line
