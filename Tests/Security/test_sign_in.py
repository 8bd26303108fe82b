"""Strangers at the entrance: they guess, they lock, they crowd; nobody else may notice."""

import itertools
import json
import os
import signal
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import fastcgi
from support.raw import Raw
from support.team import PASSWORD

DEVICE = "__Host-switchboard.device"
SESSION = "__Host-switchboard.sid"


def sign_in(product, user, password, address="192.0.2.1", device=None, **headers):
    """(status, head) of a sign-in from any address, as nginx would hand it on."""
    extra = {"REMOTE_ADDR": address, **headers}
    if device:
        extra["HTTP_COOKIE"] = f"{DEVICE}={device}"
    body = json.dumps({"user": user, "password": password}).encode()
    with Raw.unix(product.ready["sockets"]["fcgi"], within=30) as raw:
        raw.send(b"".join(fastcgi.request("/api/auth/login", "POST", body, extra=extra)))
        head = fastcgi.answer(raw).decode()
    return int(head.split("Status: ")[1][:3]), head


def cookie(head, name):
    return head.split(f"{name}=")[1].split(";")[0]


@pytest.fixture
def people(own_team):
    """A product whose passwords strangers lock soon, and a person who has signed in before."""
    team = own_team(env={"HUB_LOGIN_FAILURES_PER_ACCOUNT": "3"})
    team.user = team.make_user("ada")
    status, head = sign_in(team.product, team.user, PASSWORD)
    assert status == 200, head
    team.device = cookie(head, DEVICE)
    return team


def test_names_without_end_from_one_network_shut_out_that_network_only(own_team):
    team = own_team()
    user, product = team.make_user("ada"), team.product
    before = product.resident()
    statuses = [sign_in(product, f"name {n}", "guess", f"2001:db8:1:1::{n:x}")[0]
                for n in range(10_200)]
    assert statuses[0] == 401 and statuses[-1] == 429
    assert statuses.count(401) < 150, "judged passwords"
    assert sign_in(product, user, PASSWORD, "2001:db8:1:1:ffff::1")[0] == 429
    for elsewhere in ("2001:db8:1:2::1", "192.0.2.1", "::ffff:198.51.100.1"):
        assert sign_in(product, user, PASSWORD, elsewhere)[0] == 200, elsewhere
    grown = {pid: size - before.get(pid, size) for pid, size in product.resident().items()}
    assert all(size < 96 * 1024 * 1024 for size in grown.values()), grown


def test_one_address_is_one_in_every_spelling(own_team):
    team = own_team(env={"HUB_LOGIN_FAILURES_PER_ADDRESS": "3"})
    spellings = ["192.0.2.9", "::ffff:192.0.2.9", "::FFFF:c000:209", "0:0:0:0:0:ffff:c000:0209"]
    for number in range(4):
        assert sign_in(team.product, f"name {number}", "guess", spellings[number])[0] == 401
    assert sign_in(team.product, "name 9", "guess", spellings[1])[0] == 429
    assert sign_in(team.product, "name 9", "guess", "192.0.2.10")[0] == 401


def test_many_networks_against_one_account_do_not_keep_its_person_out(people):
    product, networks = people.product, itertools.count()

    def guess(device=None):
        address = f"198.{next(networks)}.0.1"
        return sign_in(product, people.user, "guess", address, device)[0]

    for _ in range(20):
        while guess() != 429:
            pass
        made_up = sign_in(product, people.user, PASSWORD, "203.0.113.1", "made-up")[0]
        status, head = sign_in(product, people.user, PASSWORD, "203.0.113.1", people.device)
        assert status == 200 and cookie(head, DEVICE) == people.device
        # Locked before and after: so it was all the while. The waits grow with each round.
        if guess() == 429:
            break
    assert made_up == 429
    # The mark alone opens nothing, and has failures of its own.
    answers = [guess(people.device) for _ in range(12)]
    assert set(answers) == {401, 429}, answers


def test_no_header_moves_a_client_to_another_address(own_team):
    team = own_team(env={"HUB_LOGIN_FAILURES_PER_ADDRESS": "3"})
    with team.product.api(key=None) as stranger:
        answers = [stranger.request(
            "POST", "/api/auth/login", json={"user": f"n{number}", "password": "guess"},
            headers={"x-forwarded-for": f"203.0.113.{number}", "x-real-ip": f"203.0.113.{number}",
                     "forwarded": f"for=203.0.113.{number}"}).status_code
            for number in range(6)]
    assert answers == [401] * 4 + [429] * 2


def test_no_field_of_a_body_moves_it_either(own_team):
    team = own_team(env={"HUB_LOGIN_FAILURES_PER_ADDRESS": "3"})
    with team.product.api(key=None) as stranger:
        answers = [stranger.request("POST", "/api/auth/login", json={
            "user": f"n{number}", "password": "guess", "address": f"203.0.113.{number}",
            "deviceToken": "x", "knownDevicesOnly": False}).status_code for number in range(6)]
    assert answers == [401] * 4 + [429] * 2


def test_unknown_and_known_names_cannot_be_told_apart(own_team):
    """Neither by the answer, nor by the time, nor where a name is in two teams."""
    team = own_team(env={"HUB_LOGIN_FAILURES_PER_ACCOUNT": "1000"})
    product = team.product
    team.make_user("known")
    other = product.cli_json("teams", "create", "other")["id"]
    for owner in (team.id, other):
        assert product.cli("users", "create", "twice", "--team", owner, input=PASSWORD + "\n")[0] == 0
    names = ["unknown", "known", "twice"]
    heads, times = {name: set() for name in names}, {name: [] for name in names}
    for number in range(45):
        name = names[number % 3]
        begun = time.process_time(), time.monotonic()
        status, head = sign_in(product, name, f"guess {number}", f"198.{number}.0.1")
        times[name].append(time.monotonic() - begun[1])
        heads[name].add((status, head.partition("\r\n\r\n")[2].split('"requestId"')[0]))
    assert heads["unknown"] == heads["known"] == heads["twice"], heads
    middle = {name: statistics.median(spent) for name, spent in times.items()}
    # A second hash would double it.
    assert max(middle.values()) < 1.6 * min(middle.values()), middle


def test_a_crowd_at_the_entrance_leaves_the_rest_of_the_api_its_threads(own_product):
    """The hub stands still, so that everybody who waits for a password waits."""
    product = own_product()
    sockets = product.ready["sockets"]
    body = json.dumps({"user": "u", "password": "p"}).encode()
    os.kill(product.pid("hub"), signal.SIGSTOP)
    try:
        crowd = [Raw.unix(sockets["fcgi"], within=20) for _ in range(40)]
        for number, one in enumerate(crowd):
            one.send(b"".join(fastcgi.request(
                "/api/auth/login", "POST", body, extra={"REMOTE_ADDR": f"198.51.{number}.1"})))
        with Raw.unix(sockets["fcgi"], within=3) as other:
            other.send(b"".join(fastcgi.request("/health")))
            assert b"Status: 200" in fastcgi.answer(other)
    finally:
        os.kill(product.pid("hub"), signal.SIGCONT)
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(fastcgi.answer, crowd))
    refused = [answer for answer in answers if b"Status: 429" in answer]
    assert len(refused) >= 30 and all(b"Retry-After: 1" in answer for answer in refused)
    for one in crowd:
        one.close()


# Cookies

def test_a_login_cookie_is_taken_under_its_one_name_and_once(team):
    token = team.sign_in()
    origin = {"origin": team.product.url}

    def status(*cookies):
        with team.product.api(key=None, headers={**origin, "cookie": "; ".join(cookies)}) as person:
            return person.try_status("GET", "/api/auth/me")

    assert status(f"{SESSION}={token}") == 200
    assert status(f"{SESSION}={token}", f"{SESSION}={token}") == 401
    assert status(f"{SESSION}=planted", f"{SESSION}={token}") == 401
    for name in ("switchboard.sid", "__host-switchboard.sid", "__Secure-switchboard.sid"):
        assert status(f"{name}={token}") == 401, name
        assert status(f"{name}=planted", f"{SESSION}={token}") == 200


def test_the_cookies_of_a_login_are_bound_to_the_host(team):
    user = team.make_user(f"u-{team.id}")
    with team.product.api(key=None, headers={"origin": team.product.url}) as person:
        answer = person.request("POST", "/api/auth/login", json={"user": user, "password": PASSWORD})
    for text in answer.headers.get_list("set-cookie"):
        name, *attributes = [part.strip() for part in text.split(";")]
        assert name.startswith("__Host-") and "Path=/" in attributes, text
        assert {"HttpOnly", "Secure", "SameSite=Strict"} <= set(attributes)
        assert not any(part.startswith("Domain") for part in attributes)


# Logins and passwords

def test_signing_out_elsewhere_closes_the_connections_of_those_logins(team):
    user = team.make_user(f"u-{team.id}")
    own, first, second = (team.sign_in(user) for _ in range(3))
    clients = [team.listen(cookie=token) for token in (own, first, second)]
    with team.product.api(key=None, cookie=own) as person:
        items = person.get("/api/auth/logins")["items"]
        assert len(items) == 3 and [item["current"] for item in items].count(True) == 1
        assert all(item["device"].startswith("python-httpx") for item in items)
        other = next(item["id"] for item in items if first.startswith(f"swl_{item['id']}."))
        person.delete(f"/api/auth/logins/{other}")
        clients[1].closed(4101)
        person.delete("/api/auth/logins?keep=current")
        clients[2].closed(4101)
        clients[0].until_pong()
        person.delete("/api/auth/logins")
        clients[0].closed(4101)


def test_a_changed_password_ends_every_other_login(team):
    user = team.make_user(f"u-{team.id}")
    own, other = team.sign_in(user), team.sign_in(user)
    client = team.listen(cookie=other)
    with team.product.api(key=None, cookie=own) as person:
        person.refused("PUT", "/api/auth/password", 403, body={
            "current": "guess", "password": "a new passphrase"})
        person.refused("PUT", "/api/auth/password", 400, body={
            "current": PASSWORD, "password": "a\u0301" * 4})
        person.call("PUT", "/api/auth/password", {
            "current": PASSWORD, "password": "a new pa\u0308ssphrase"}, 204)
        client.closed(4101)
        person.get("/api/auth/me")
    assert sign_in(team.product, user.upper(), PASSWORD)[0] == 401
    assert sign_in(team.product, user.upper(), "a new p\u00e4ssphrase")[0] == 200


def test_a_person_ends_no_login_of_another(team, other_team):
    mine, theirs = team.sign_in(), other_team.sign_in()
    foreign = theirs.removeprefix("swl_").partition(".")[0]
    with team.product.api(key=None, cookie=mine) as person:
        for unknown in (foreign, "nobodys"):
            person.refused("DELETE", f"/api/auth/logins/{unknown}", 404)
    team.api.refused("GET", "/api/auth/logins", 403)
    with team.product.api(key=None, cookie=theirs) as person:
        person.get("/api/auth/me")


# Admins and names

def test_an_admin_of_a_team_changes_nothing_of_the_installation(team):
    admin = team.sign_in(team.make_user(f"u-{team.id}", role="admin"))
    theme = team.api.get("/api/theme")
    with team.product.api(key=None, cookie=admin) as person:
        for caller in (person, team.api):
            for method, path in (("PATCH", "/api/config"), ("PUT", "/api/theme")):
                refusal = caller.refused(method, path, 403, "FORBIDDEN", body={"accent": "#abcdef"})
                assert "installation" in refusal["message"]
    assert team.api.get("/api/theme") == theme


def test_another_teams_user_name_is_not_told(team, other_team, unique):
    name = unique("ada")
    other_team.make_user(name)
    made = team.api.request("POST", "/api/users", json={"name": name, "password": "own passphrase"})
    assert made.status_code == 201, made.text
    fresh = team.api.request(
        "POST", "/api/users", json={"name": unique("eve"), "password": "own passphrase"})
    assert set(made.json()) == set(fresh.json())
    for password, owner in ((PASSWORD, other_team), ("own passphrase", team)):
        status, head = sign_in(team.product, name, password)
        assert status == 200 and owner.id in head
    team.api.refused("POST", "/api/users", 409, body={"name": name.upper(), "password": PASSWORD})


def test_the_server_sets_passwords_and_makes_admins_of_the_installation(team):
    name = team.make_user(f"u-{team.id}", role="admin")
    account = next(user["id"] for user in team.api.get("/api/users")["items"] if user["name"] == name)
    client = team.listen(cookie=team.sign_in(name))
    code, out, err = team.product.cli("users", "password", account, input="a new passphrase\n")
    assert code == 0, err or out
    client.closed(4101)
    assert sign_in(team.product, name, PASSWORD)[0] == 401
    status, head = sign_in(team.product, name, "a new passphrase")
    assert status == 200
    with team.product.api(key=None, cookie=cookie(head, SESSION)) as person:
        person.refused("PATCH", "/api/config", 403, body={})
        assert team.product.cli("users", "installation", account)[0] == 0
        person.patch("/api/config", {})
        assert team.product.cli("users", "installation", account, "--revoke")[0] == 0
        person.refused("PATCH", "/api/config", 403, body={})
    for command in (["password", account], ["installation", account]):
        code, _, err = team.product.cli(
            "users", *command, *team.product.remote(team.key), state=False)
        assert code == 2 and "on the server itself" in err
