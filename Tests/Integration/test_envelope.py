"""What a producer publishes over REST arrives in the contract's envelope, through nginx and TLS."""

import json
import subprocess

import pytest

from support.rest import TIME

DOMAIN_TYPES = [
    "agent_status_changed", "log_entry", "spec_updated", "task_completed", "blocker_raised"]


def check_domain_event(received, result, channel, type, payload):
    assert received["type"] == type
    assert received["channel"] == channel
    assert received["payload"] == payload
    assert received["encoding"] == "json"
    assert TIME.match(received["timestamp"])
    assert received["eventId"] == result["eventId"]
    assert received["offset"] == result["offset"]
    assert set(received) == {
        "type", "channel", "timestamp", "eventId", "encoding", "offset", "payload"}


@pytest.mark.parametrize("credential", ["key", "cookie"])
def test_each_domain_type_arrives_with_all_fields(team, credential):
    if credential == "key":
        client, producer = team.connect(), team.api
    else:
        cookie = team.sign_in()
        client, producer = team.connect(cookie=cookie), team.product.api(key=None, cookie=cookie)
    subscribed = client.subscribe(team.channel)
    assert subscribed["channel"] == team.channel
    for step, type in enumerate(DOMAIN_TYPES, start=1):
        payload = {"of": type, "text": "Grüße 🚂", "deep": {"list": [1, 2.5, None, True]}}
        result = producer.publish(team.channel, type, payload)
        assert result["channel"] == team.channel
        assert result["epoch"] == subscribed["epoch"]
        assert result["offset"] == subscribed["offset"] + step
        assert result["duplicate"] is False
        check_domain_event(client.next(), result, team.channel, type, payload)


def test_connected_comes_first_and_tells_the_heartbeat(team):
    client = team.connect()
    assert client.connected["type"] == "connected"
    body = client.connected.get("payload", client.connected)
    assert isinstance(body["connectionId"], str) and body["connectionId"]
    assert body["heartbeatIntervalMs"] == 15_000
    assert client.subscribe(team.channel)["recovered"] is False
    second = team.connect()
    other = second.connected.get("payload", second.connected)
    assert other["connectionId"] != body["connectionId"]


def test_curl_publishes_with_the_printed_key(product):
    ready = product.ready
    channel = f"team:{ready['teamId']}"
    with product.connect() as client:
        client.subscribe(channel)
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--fail-with-body", "--cacert", ready["caFile"],
             "-H", f"x-api-key: {ready['apiKey']}", "-H", "content-type: application/json",
             "-d", json.dumps({"channel": channel, "type": "log_entry", "payload": {"line": "hi"}}),
             f"{product.url}/api/publish"],
            capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr + done.stdout
        result = json.loads(done.stdout)["results"][0]
        check_domain_event(
            client.expect("log_entry"), result, channel, "log_entry", {"line": "hi"})


@pytest.mark.parametrize("type", ["x_deploy", "x_1", "x_" + "a" * 60])
def test_application_types_pass(team, type):
    client = team.listen()
    result = team.api.publish(team.channel, type, {"n": 1})
    check_domain_event(client.next(), result, team.channel, type, {"n": 1})


@pytest.mark.parametrize(
    "payload", [None, False, 0, -1, 1.5, "", "text", [], [1, [2]], {}, {"a": {"b": {"c": None}}}])
def test_the_payload_may_be_any_json(team, payload):
    client = team.listen()
    team.api.post(
        "/api/publish", {"channel": team.channel, "type": "log_entry", "payload": payload})
    assert client.next()["payload"] == payload


def test_numbers_and_characters_survive_unchanged(team):
    client = team.listen()
    payload = {
        "big": 9007199254740993, "least": -9223372036854775808, "small": 1e-9, "zero": 0,
        "controls": "\u0001\t\n\"\\/", "nul": "a\u0000b", "wide": "𝄞 é \u2028", "": "empty key"}
    team.api.publish(team.channel, "log_entry", payload)
    assert client.next()["payload"] == payload


def test_a_producers_own_event_id_and_time_are_kept(team):
    client = team.listen()
    team.api.publish(
        team.channel, "log_entry", {}, eventId="mine-1", timestamp="2026-01-02T03:04:05.678Z")
    received = client.next()
    assert received["eventId"] == "mine-1"
    assert received["timestamp"] == "2026-01-02T03:04:05.678Z"


def test_each_publication_has_its_own_event_id(team):
    client = team.listen()
    for _ in range(20):
        team.api.publish(team.channel, "log_entry", {})
    ids = [message["eventId"] for message in client.collect(20)]
    assert len(set(ids)) == 20


def test_every_subscriber_gets_the_same_publications_in_the_same_order(team):
    clients = [team.listen() for _ in range(4)]
    for n in range(30):
        team.api.publish(team.channel, "log_entry", {"n": n})
    streams = [[(m["offset"], m["payload"]["n"]) for m in c.collect(30)] for c in clients]
    start = clients[0].subscribed["offset"] + 1
    assert streams[0] == [(start + n, n) for n in range(30)]
    assert all(stream == streams[0] for stream in streams)


@pytest.mark.parametrize("kind", ["spec", "agent"])
def test_spec_and_agent_channels_carry_publications(team, unique, kind):
    id = unique(kind)
    team.own(kind, id)
    client = team.listen(f"{kind}:{id}")
    result = team.api.publish(f"{kind}:{id}", "agent_status_changed", {"status": "busy"})
    check_domain_event(
        client.next(), result, f"{kind}:{id}", "agent_status_changed", {"status": "busy"})


def test_session_id_works_like_the_channel(team):
    session = team.make_session(name="one")["id"]
    by_id, by_channel = team.connect(), team.connect()
    first = by_id.subscribe(session=session)
    second = by_channel.subscribe(f"session:{session}")
    assert first["channel"] == second["channel"] == f"session:{session}"
    assert (first["epoch"], first["offset"]) == (second["epoch"], second["offset"])
    team.api.publish(f"session:{session}", "usage", inputTokens=1, outputTokens=2)
    assert by_id.next() == by_channel.next()
    by_id.send("unsubscribe", sessionId=session)
    assert by_id.expect("unsubscribed")["payload"] == {
        "channel": f"session:{session}", "removed": True}


def test_a_batch_is_published_in_its_order(team):
    client = team.listen()
    events = [
        {"channel": team.channel, "type": "log_entry", "payload": {"n": n}} for n in range(1000)]
    results = team.api.post("/api/publish", {"events": events})["results"]
    offsets = [result["offset"] for result in results]
    assert offsets == list(range(offsets[0], offsets[0] + 1000))
    received = client.collect(1000)
    assert [m["payload"]["n"] for m in received] == list(range(1000))
    assert [m["offset"] for m in received] == offsets
