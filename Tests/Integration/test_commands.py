"""Commands on an open connection: answers, errors with their codes, order, caps. It stays open."""

import json

import pytest

from support.raw import Raw, TEXT, frame
from support.team import Team


@pytest.fixture
def client(team):
    return team.connect()


def refuses(client, code, text=None, **command):
    """Send one command (or raw text) and insist on its error; the connection stays open."""
    if text is not None:
        client.send_text(text)
    else:
        client.send_text(json.dumps(command))
    message = client.error(code)
    assert client.until_pong() == []
    return message


@pytest.mark.parametrize("text", ["", " ", "{", "nonsense", "{'a': 1}", '{"type": "ping"', "\u0000",
                                  '{"type":"ping"} trailing', "[" * 100, "NaN", "+1"])
def test_what_is_not_json_is_invalid_message(client, text):
    refuses(client, "INVALID_MESSAGE", text=text)


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b'{"type":"ping"}', b"\xff" * 1000])
def test_a_binary_message_is_invalid_message(client, data):
    client.send_binary(data)
    client.error("INVALID_MESSAGE")
    assert client.until_pong() == []


@pytest.mark.parametrize("text", ["null", "5", '"ping"', "[]", "{}", "true"])
def test_json_that_is_no_command_is_invalid_command(client, text):
    refuses(client, "INVALID_COMMAND", text=text)


@pytest.mark.parametrize("command", [
    {"type": "unknown"}, {"type": 5}, {"type": None}, {"type": ""}, {"type": "PING"},
    {"type": "subscribe"}, {"type": "subscribe", "channel": 5},
    {"type": "subscribe", "channel": None},
    {"type": "subscribe", "sessionId": 5}, {"type": "subscribe", "channel": ["team:x"]},
    {"type": "unsubscribe"}, {"type": "ping", "id": 5}, {"type": "ping", "id": ""},
    {"type": "ping", "id": "a" * 65},
    {"type": "permission_response"},
    {"type": "permission_response", "sessionId": "s", "requestId": "r"},
    {"type": "permission_response", "sessionId": "s", "requestId": "r", "allowed": "yes"},
    {"type": "permission_response", "sessionId": "s", "allowed": True},
    {"type": "permission_response", "requestId": "r", "allowed": True},
    {"type": "permission_response", "sessionId": "s", "requestId": "r", "allowed": True,
     "alwaysAllow": 1},
])
def test_a_command_of_the_wrong_shape_is_invalid_command(client, command):
    refuses(client, "INVALID_COMMAND", **command)


@pytest.mark.parametrize("since", [
    5, "x", [], {}, {"epoch": "e"}, {"offset": 1}, {"epoch": 1, "offset": 1},
    {"epoch": "e", "offset": "1"}, {"epoch": "e", "offset": 1.5}, {"epoch": "", "offset": 1},
    {"epoch": "e", "offset": 1e300}])
def test_a_malformed_since_is_invalid_command(team, client, since):
    refuses(client, "INVALID_COMMAND", type="subscribe", channel=team.channel, since=since)


@pytest.mark.parametrize("channel", [
    "", "team", ":", "team:", ":x", "team: x", "team:x ", " team:x", "team:x:y", "team::x",
    "room:x",
    "Team:x", "session:ä", "team:" + "a" * 129, "team:x\n", "team:x\u0000", "team:x/y", "team:*"])
def test_a_malformed_channel_is_channel_invalid(client, channel):
    message = refuses(client, "CHANNEL_INVALID", type="subscribe", channel=channel, id="c1")
    assert message["id"] == "c1" or message["payload"].get("id") == "c1"


def test_errors_name_the_channel_that_they_are_about(client, other_team):
    message = refuses(
        client, "CHANNEL_FORBIDDEN", type="subscribe", channel=other_team.channel, id="c2")
    assert message.get("channel", message["payload"].get("channel")) == other_team.channel
    assert message.get("id", message["payload"].get("id")) == "c2"


def test_foreign_and_unknown_channels_get_the_same_answer(client, other_team, unique):
    spec, agent = unique("spec"), unique("agent")
    other_team.own("spec", spec)
    other_team.own("agent", agent)
    session = other_team.make_session()["id"]
    texts = set()
    for channel in [f"spec:{spec}", f"agent:{agent}", f"session:{session}", "spec:unknown-one",
                    "agent:unknown-one", "session:unknown-one", other_team.channel, "team:unknown"]:
        message = refuses(client, "CHANNEL_FORBIDDEN", type="subscribe", channel=channel)
        texts.add(message["payload"]["message"].replace(channel, "CHANNEL"))
    assert len(texts) == 1, texts


def test_a_refused_channel_delivers_nothing(client, other_team):
    refuses(client, "CHANNEL_FORBIDDEN", type="subscribe", channel=other_team.channel)
    other_team.api.publish(other_team.channel, "log_entry", {"secret": True})
    assert client.until_pong() == []


def test_each_reply_echoes_the_commands_id(team, client):
    client.send("subscribe", channel=team.channel, id="first")
    assert client.expect("subscribed")["id"] == "first"
    client.send("ping", id="a" * 64)
    pong = client.expect("pong")
    assert pong["id"] == "a" * 64 and pong["payload"] == {"ok": True}
    client.send("unsubscribe", channel=team.channel, id="last")
    assert client.expect("unsubscribed")["id"] == "last"


def test_unknown_keys_are_ignored(team, client):
    client.send("subscribe", channel=team.channel, colour="red", nested={"a": [1]})
    assert client.expect("subscribed")["payload"]["channel"] == team.channel


def test_unsubscribing_what_is_not_held_removes_nothing(team, client):
    assert client.unsubscribe(team.channel) == {"channel": team.channel, "removed": False}
    client.subscribe(team.channel)
    assert client.unsubscribe(team.channel)["removed"] is True
    assert client.unsubscribe(team.channel)["removed"] is False


def test_after_unsubscribed_nothing_of_the_channel_arrives(team, client):
    client.subscribe(team.channel)
    client.unsubscribe(team.channel)
    team.api.publish(team.channel, "log_entry", {})
    assert client.until_pong() == []


def test_subscribing_again_is_idempotent_and_delivers_once(team, client):
    first = client.subscribe(team.channel)
    again = client.subscribe(team.channel)
    assert (again["epoch"], again["offset"]) == (first["epoch"], first["offset"])
    team.api.publish(team.channel, "log_entry", {"n": 1})
    assert client.expect("log_entry")["payload"] == {"n": 1}
    assert client.until_pong() == []


def test_unsubscribe_right_behind_subscribe_wins(team, client):
    for _ in range(10):
        client.send("subscribe", channel=team.channel)
        client.send("unsubscribe", channel=team.channel)
    replies = client.collect(20)
    assert [m["type"] for m in replies] == ["subscribed", "unsubscribed"] * 10
    assert all(m["payload"]["removed"] for m in replies[1::2])
    team.api.publish(team.channel, "log_entry", {})
    assert client.until_pong() == []


def test_commands_in_one_tcp_segment_take_effect_in_order(team):
    with Raw.unix(team.product.ready["sockets"]["ws"][0]) as raw:
        raw.upgrade(team.key)
        raw.message()
        commands = []
        for n in range(12):
            kind = "subscribe" if n % 2 == 0 else "unsubscribe"
            commands.append({"type": kind, "channel": team.channel, "id": str(n)})
        commands.append({"type": "ping", "id": "12"})
        raw.send(b"".join(frame(TEXT, json.dumps(command).encode()) for command in commands))
        assert [raw.message()["id"] for _ in range(13)] == [str(n) for n in range(13)]


# The cap on subscriptions

@pytest.fixture(scope="module")
def hundred(shared_product):
    """A team that owns 101 specs, and their channels."""
    with Team(shared_product, name="hundred") as team:
        for n in range(102):
            team.own("spec", f"hundred-{n}")
        yield team, [f"spec:hundred-{n}" for n in range(102)]


def test_the_101st_subscription_is_refused_and_the_connection_stays(product, hundred):
    team, channels = hundred
    with team.product.connect(team.key) as client:
        for channel in channels[:100]:
            client.send("subscribe", channel=channel)
        assert len(client.collect(100, "subscribed")) == 100
        client.send("subscribe", channel=channels[100], id="over")
        assert client.error("MAX_SUBSCRIPTIONS_REACHED")["id"] == "over"
        again = client.subscribe(channels[0])
        assert again["channel"] == channels[0]
        client.unsubscribe(channels[1])
        assert client.subscribe(channels[100])["channel"] == channels[100]
        team.api.publish(channels[100], "log_entry", {})
        assert client.expect("log_entry")["channel"] == channels[100]


def test_subscribes_in_flight_do_not_pass_the_cap(product, hundred):
    team, channels = hundred
    with team.product.connect(team.key) as client:
        for channel in channels[:99]:
            client.send("subscribe", channel=channel)
        assert len(client.collect(99, "subscribed")) == 99
        client.send_text(json.dumps({"type": "subscribe", "channel": channels[99]}))
        client.send_text(json.dumps({"type": "subscribe", "channel": channels[100]}))
        client.send_text(json.dumps({"type": "subscribe", "channel": channels[101]}))
        kinds = sorted(m["type"] for m in client.collect(3))
        assert kinds == ["error", "error", "subscribed"]


def test_a_refused_subscription_does_not_count(team, client):
    for n in range(99):
        client.send("subscribe", channel=f"spec:nobodys-{n}")
        client.error("CHANNEL_FORBIDDEN")
    client.send("subscribe", channel="spec:nobodys-99")
    client.error("CHANNEL_FORBIDDEN")
    client.subscribe(team.channel)
