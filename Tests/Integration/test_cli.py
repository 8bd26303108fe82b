"""The command line: what it does, what it prints, and its exit codes 0, 1, 2 and 130."""

import json
import os
import signal

import pytest

from support.rest import TIME
from support.team import PASSWORD, sign_in


# Usage

def test_help_and_version_are_exit_0(product):
    for arguments in (["--help"], ["keys", "--help"], ["publish", "--help"], ["dev", "--help"]):
        code, out, _ = product.cli(*arguments, state=False)
        assert code == 0 and "USAGE" in out.upper(), arguments


@pytest.mark.parametrize("arguments, path, there", [
    (["sesions", "list", "--state", "x"], "switchboard", "sessions"),
    (["keys", "crate"], "switchboard keys", "create")])
def test_a_misspelt_command_is_named_with_those_that_there_are(product, arguments, path, there):
    code, out, err = product.cli(*arguments, state=False)
    assert code == 2 and not out
    assert f"{path} has no command" in err and there in err


@pytest.mark.parametrize("arguments", [
    ["keys", "create"], ["keys", "create", "--no-such-option"], ["publish"],
    ["users", "create"], ["dev", "--port", "x"], ["dev", "--port", "70000"],
    ["dev", "--ws-workers", "0"], ["dev", "extra"]])
def test_wrong_usage_is_exit_2_and_says_how(product, arguments):
    code, out, err = product.cli(*arguments, state=False)
    assert code == 2, (code, out, err)
    assert "usage" in err.lower() and not out


def test_no_hub_is_exit_1_and_says_what_to_do(product, tmp_path):
    socket = str(tmp_path / "none.sock")
    code, _, err = product.cli("teams", "list", "--socket", socket, state=False)
    assert code == 1
    assert "none.sock" in err


# Teams, users, keys

def test_a_team_a_user_and_a_key_from_nothing(product, unique):
    name = unique("team")
    team = product.cli_json("teams", "create", name)
    assert team["name"] == name
    user = unique("user")
    code, out, err = product.cli(
        "users", "create", user, "--team", team["id"], input=PASSWORD + "\n")
    assert code == 0, err
    cookie = sign_in(product, user, PASSWORD)
    with product.api(key=None, cookie=cookie) as person:
        assert person.get("/api/auth/me")["teamId"] == team["id"]
    key = product.cli_json(
        "keys", "create", "--team", team["id"], "--scopes", "publish,sessions:read",
        "--expires", "30d")
    assert sorted(key["scopes"]) == ["publish", "sessions:read"]
    assert TIME.match(key["expiresAt"])
    with product.api(key["key"]) as caller:
        assert caller.get("/api/auth/me")["teamId"] == team["id"]
    assert name in json.dumps(product.cli_json("teams", "list"))
    listed = product.cli_json("keys", "list", "--team", team["id"])
    assert key["id"] in json.dumps(listed) and key["key"] not in json.dumps(listed)
    assert user in json.dumps(product.cli_json("users", "list", "--team", team["id"]))


def test_a_key_revoked_by_the_cli_closes_its_connections(product, team):
    made = team.make_key("sessions:read")
    client = team.connect(made["key"])
    code, _, err = product.cli("keys", "revoke", made["id"], "--team", team.id)
    assert code == 0, err
    client.closed(4101, within=2)


@pytest.mark.parametrize("arguments", [
    ["keys", "create", "--team", "nobodys"], ["keys", "revoke", "nobodys"],
    ["users", "create", "x", "--team", "nobodys"]])
def test_what_does_not_exist_is_exit_1_with_a_sentence(product, arguments):
    code, out, err = product.cli(*arguments, input=PASSWORD + "\n")
    assert code in (1, 2) and err.strip() and not out.strip()


def test_a_scope_that_does_not_exist_is_refused_by_name(product, team):
    code, _, err = product.cli("keys", "create", "--team", team.id, "--scopes", "publish,fly")
    assert code in (1, 2) and "fly" in err


def test_a_password_never_shows_up(product, team, unique):
    user = unique("user")
    code, out, err = product.cli(
        "users", "create", user, "--team", team.id, input="hunter2 hunter2\n")
    assert code == 0, err
    assert "hunter2" not in out + err + product.log()


# Sessions, publish, listen

def test_sessions_are_listed(product, team):
    made = team.make_session(name="seen by the cli")
    out = product.cli_json("sessions", "list", *product.remote(team.key), state=False)
    assert made["id"] in json.dumps(out)


def test_publish_reaches_a_client(product, team):
    client = team.listen()
    done = product.cli_json(
        "publish", team.channel, "log_entry", '{"line": 1}', *product.remote(team.key),
        state=False)
    received = client.expect("log_entry")
    assert received["payload"] == {"line": 1}
    assert str(received["offset"]) in json.dumps(done)


def test_publish_takes_a_batch_from_standard_input(product, team):
    client = team.listen()
    events = {"events": [
        {"channel": team.channel, "type": "log_entry", "payload": {"n": n}} for n in range(3)]}
    done = product.cli_json(
        "publish", "-", *product.remote(team.key), state=False, input=json.dumps(events))
    assert [result["duplicate"] for result in done["results"]] == [False] * 3
    assert [m["payload"]["n"] for m in client.collect(3)] == [0, 1, 2]


def test_sessions_are_made_and_deleted_from_the_command_line(product, team):
    client = team.listen()
    made = product.cli_json("sessions", "create", "--name", "by hand", "--team", team.id)
    assert client.expect("session_created")["session"]["id"] == made["id"]
    code, _, err = product.cli("sessions", "delete", made["id"], "--team", team.id)
    assert code == 0, err
    assert client.expect("session_deleted")["session"]["id"] == made["id"]


@pytest.mark.parametrize("url, code", [("http://localhost:1", 2), ("https://localhost:1", 1)])
def test_an_installation_that_does_not_answer_is_said(product, url, code):
    exit_code, out, err = product.cli(
        "publish", "team:x", "log_entry", "{}", "--url", url, "--key", "k", state=False)
    assert exit_code == code and not out and err.strip()


def test_a_certificate_that_is_not_trusted_is_refused(product, team):
    code, _, err = product.cli(
        "sessions", "list", "--url", product.url, "--key", team.key, state=False)
    assert code == 1
    assert "certificate" in err.lower()


def test_publish_with_the_sockets_uid_as_credential(product, team):
    client = team.listen()
    code, _, err = product.cli("publish", team.channel, "log_entry", '{"line": 2}')
    assert code == 0, err
    assert client.expect("log_entry")["payload"] == {"line": 2}


def test_a_payload_that_is_no_json_is_refused(product, team):
    code, _, err = product.cli("publish", team.channel, "log_entry", "{nonsense")
    assert code in (1, 2) and err.strip()


def test_a_refused_publication_is_exit_1_with_the_code(product, team, other_team):
    code, _, err = product.cli(
        "publish", other_team.channel, "log_entry", "{}", *product.remote(team.key), state=False)
    assert code == 1
    assert "FORBIDDEN" in err or "NOT_FOUND" in err


# Config and doctor

def test_config_prints_what_is_in_force_without_secrets(product):
    shown = product.cli_json("config")
    text = json.dumps(shown)
    assert "heartbeatIntervalMs" in text and "15000" in text
    assert product.ready["apiKey"] not in text
    code, out, _ = product.cli("config")
    assert code == 0 and "heartbeatIntervalMs" in out


def test_doctor_finds_nothing_wrong_with_a_healthy_product(product):
    code, out, err = product.cli("doctor", within=60)
    assert code == 0, out + err


def test_doctor_tells_what_is_wrong(own_product):
    product = own_product()
    supervisor = product.process.pid
    os.kill(supervisor, signal.SIGSTOP)
    try:
        pid = product.kill("fcgi")
        code, out, err = product.cli("doctor", within=60)
        assert code == 1, out + err
        assert "fcgi" in (out + err).lower()
    finally:
        os.kill(supervisor, signal.SIGCONT)
    product.restarted("fcgi", pid)
