"""What a key may read: a scope for each kind of channel, over every way to read one."""

import pytest

from support import fastcgi
from support.product import EVERY_SCOPE
from support.raw import Raw

READERS = {"team": "channels:read", "spec": "channels:read", "agent": "channels:read",
           "session": "sessions:read"}


@pytest.fixture
def channels(team):
    """One channel of each kind, with a publication in its history."""
    session = team.make_session()["id"]
    team.own("spec", f"s-{team.id}")
    team.own("agent", f"a-{team.id}")
    names = {"team": team.channel, "spec": f"spec:s-{team.id}", "agent": f"agent:a-{team.id}",
             "session": f"session:{session}"}
    for name in names.values():
        team.api.publish(name, "x_secret", {"prompt": "for readers"})
    return names


@pytest.mark.parametrize("scope", EVERY_SCOPE.split(","))
def test_a_single_scope_reads_the_channels_that_it_names(team, channels, scope):
    key = team.make_key(scope)["key"]
    client = team.connect(key)
    with team.product.api(key) as caller:
        for kind, name in channels.items():
            history = caller.request("GET", f"/api/channels/{name}/history")
            epoch = team.listen(name).subscribed["epoch"]
            if READERS[kind] == scope:
                assert history.status_code == 200, (scope, name, history.text)
                client.subscribe(name, since=(epoch, 0))
                continue
            assert history.status_code == 403, (scope, name, history.text)
            assert history.json()["error"]["code"] == "SCOPE_REQUIRED"
            assert "for readers" not in history.text
            for more in ({}, {"since": {"epoch": epoch, "offset": 0}}):
                client.send("subscribe", channel=name, **more)
                assert client.error("CHANNEL_FORBIDDEN")["channel"] == name
    assert all(message.get("type") != "x_secret" or READERS[message["channel"].partition(":")[0]]
               == scope for message in client.messages)


def test_who_may_not_read_learns_nothing_of_what_exists(team, other_team):
    """The same answer for an own, a foreign and an unknown session."""
    own, foreign = (each.make_session()["id"] for each in (team, other_team))
    for scope in ("publish", "sessions:run", "channels:read"):
        with team.product.api(team.make_key(scope)["key"]) as caller:
            answers = []
            for session in (own, foreign, "nobodys"):
                answer = caller.request("GET", f"/api/channels/session:{session}/history")
                error = answer.json()["error"]
                answers.append((answer.status_code, error["code"], error["message"]))
            assert len(set(answers)) == 1 and answers[0][0] == 403, (scope, answers)


def test_an_agent_outside_reads_the_session_that_it_runs(team):
    session, other = (team.make_session()["id"] for _ in range(2))
    key = team.make_key("sessions:run")["key"]
    client = team.connect(key)
    client.send("subscribe", sessionId=session)
    client.error("CHANNEL_FORBIDDEN")
    with team.product.api(key) as agent:
        agent.post(f"/api/sessions/{session}/permissions", {
            "toolName": "Bash", "command": "ls", "description": "Look"}, status=201)
        assert agent.get(f"/api/channels/session:{session}/history")["items"]
        client.subscribe(f"session:{session}")
        client.send("subscribe", sessionId=other)
        client.error("CHANNEL_FORBIDDEN")
        agent.refused("GET", f"/api/sessions/{session}/messages", 403, "SCOPE_REQUIRED")


def test_the_command_line_is_told_which_scope_it_lacks(team):
    key = team.make_key("publish")["key"]
    code, out, err = team.product.cli(
        "listen", team.channel, *team.product.remote(key), state=False)
    assert code == 1 and not out
    assert "channels:read" in err, err


def test_measurements_need_the_scope_admin_away_from_the_machine(team):
    """Spoken to directly, because behind the test's nginx everybody is on this machine."""
    def status(key, address):
        with Raw.unix(team.product.ready["sockets"]["fcgi"]) as raw:
            raw.send(b"".join(fastcgi.request("/metrics", extra={
                "HTTP_X_API_KEY": key, "REMOTE_ADDR": address})))
            return int(fastcgi.answer(raw).split()[1])

    for scope in EVERY_SCOPE.split(","):
        key = team.make_key(scope)["key"]
        assert status(key, "192.0.2.1") == (200 if scope == "admin" else 403), scope
        assert status(key, "127.0.0.1") == 200
