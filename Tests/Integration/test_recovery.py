"""Resuming with `since`: every missed publication, then live ones, no gap, no duplicate."""

import threading

import pytest

from support.client import Client
from support.waiting import eventually


def offsets(messages):
    return [message["offset"] for message in messages if "offset" in message]


def test_a_resuming_client_gets_what_it_missed_and_goes_on_live(team):
    first = team.listen()
    seen = team.api.publish(team.channel, "log_entry", {"n": 0})
    first.expect("log_entry")
    first.close()
    for n in range(1, 6):
        team.api.publish(team.channel, "log_entry", {"n": n})
    second = team.connect()
    subscribed = second.subscribe(team.channel, since=(seen["epoch"], seen["offset"]))
    assert subscribed["recovered"] is True
    team.api.publish(team.channel, "log_entry", {"n": 6})
    assert [m["payload"]["n"] for m in second.collect(6, "log_entry")] == [1, 2, 3, 4, 5, 6]
    assert offsets(second.messages) == [seen["offset"] + step for step in range(1, 7)]


def test_a_client_that_missed_nothing_recovers_to_nothing(team):
    seen = team.api.publish(team.channel, "log_entry", {})
    client = team.connect()
    subscribed = client.subscribe(team.channel, since=(seen["epoch"], seen["offset"]))
    assert subscribed["recovered"] is True and subscribed["offset"] == seen["offset"]
    assert client.until_pong() == []


def test_recovery_from_the_very_beginning(team):
    channel = f"session:{team.make_session()['id']}"
    for n in range(3):
        team.api.publish(channel, "usage", inputTokens=n, outputTokens=0)
    epoch = team.api.publish(channel, "usage", inputTokens=3, outputTokens=0)["epoch"]
    client = team.connect()
    assert client.subscribe(channel, since=(epoch, 0))["recovered"] is True
    assert [m["inputTokens"] for m in client.collect(4, "usage")] == [0, 1, 2, 3]


@pytest.mark.parametrize("wrong", ["another epoch", "an offset from the future"])
def test_what_cannot_be_recovered_says_so_and_starts_from_now(team, wrong):
    seen = team.api.publish(team.channel, "log_entry", {"n": 0})
    since = ("elsewhere", 0) if wrong == "another epoch" else (seen["epoch"], seen["offset"] + 100)
    client = team.connect()
    subscribed = client.subscribe(team.channel, since=since)
    assert subscribed["recovered"] is False
    assert (subscribed["epoch"], subscribed["offset"]) == (seen["epoch"], seen["offset"])
    team.api.publish(team.channel, "log_entry", {"n": 1})
    assert client.next()["payload"] == {"n": 1}


def test_without_since_nothing_old_is_sent(team):
    team.api.publish(team.channel, "log_entry", {"n": 0})
    client = team.listen()
    assert client.subscribed["recovered"] is False
    assert client.until_pong() == []


def test_history_joins_live_without_gap_or_duplicate_under_load(team):
    """Twelve clients resume from the same place while a producer never stops."""
    start = team.api.publish(team.channel, "log_entry", {"n": -1})
    last = []
    stop = threading.Event()

    def produce():
        with team.product.api(team.key) as producer:
            while not stop.is_set():
                events = [{"channel": team.channel, "type": "log_entry", "payload": {}}] * 5
                results = producer.post("/api/publish", {"events": events})["results"]
                last[:] = [results[-1]["offset"]]

    thread = threading.Thread(target=produce)
    thread.start()
    try:
        clients = []
        for _ in range(12):
            client = team.connect()
            client.send("subscribe", channel=team.channel,
                        since={"epoch": start["epoch"], "offset": start["offset"]})
            clients.append(client)
        for client in clients:
            client.expect("subscribed")
    finally:
        stop.set()
        thread.join()
    for client in clients:
        while not offsets(client.messages) or offsets(client.messages)[-1] < last[0]:
            client.next()
        assert offsets(client.messages) == list(range(start["offset"] + 1, last[0] + 1))
        assert client.messages[1]["payload"]["recovered"] is True


def test_the_cut_between_recovered_and_live_is_the_subscribed_offset(team):
    """Everything up to `subscribed.offset` is the recovered part, everything after it is live."""
    seen = team.api.publish(team.channel, "log_entry", {})
    for _ in range(3):
        team.api.publish(team.channel, "log_entry", {})
    client = team.connect()
    subscribed = client.subscribe(team.channel, since=(seen["epoch"], seen["offset"]))
    assert subscribed["offset"] == seen["offset"] + 3
    recovered = client.collect(3, "log_entry")
    assert offsets(recovered) == [seen["offset"] + n for n in (1, 2, 3)]


def test_a_held_channel_can_be_resumed_again(team):
    client = team.listen()
    seen = team.api.publish(team.channel, "log_entry", {"n": 1})
    client.expect("log_entry")
    again = client.subscribe(team.channel, since=(seen["epoch"], seen["offset"]))
    assert again["offset"] == seen["offset"]
    assert client.until_pong() == []


@pytest.mark.parametrize("limit", [
    {"historyBytes": 65_536, "ringBytes": 65_536}, {"historyAgeMs": 1000, "ringCount": 5}])
def test_history_is_bounded_by_bytes_and_by_age(own_product, limit):
    product = own_product(config={"hub": {"trimIntervalMs": 100, **limit}})
    channel = f"team:{product.ready['teamId']}"
    with product.api() as api:
        events = [{"channel": channel, "type": "log_entry", "payload": "x" * 1000}] * 200
        first = api.post("/api/publish", {"events": events})["results"][0]["offset"]

        def trimmed():
            api.publish(channel, "log_entry", {})
            return api.history(channel)[0]["offset"] > first + 50

        eventually(trimmed, within=20, what="the trimmed start of the history")


def test_a_history_limit_makes_old_positions_unrecoverable(own_product):
    """A hub told to keep 50 publications says `recovered: false` past them, and never a part."""
    product = own_product(config={"hub": {
        "historyCount": 50, "trimIntervalMs": 100, "ringCount": 50}})
    channel = f"team:{product.ready['teamId']}"
    with product.api() as api:
        first = api.publish(channel, "log_entry", {})
        events = [{"channel": channel, "type": "log_entry", "payload": {}}] * 400
        results = api.post("/api/publish", {"events": events})["results"]
    key = product.ready["apiKey"]

    def lost():
        with Client(product, key) as client:
            answer = client.subscribe(channel, since=(first["epoch"], first["offset"]))
            return not answer["recovered"]

    eventually(lost, within=20, what="the trimmed start of the history")
    recent = results[-20]
    with Client(product, key) as client:
        assert client.subscribe(channel, since=(recent["epoch"], recent["offset"]))["recovered"]
        assert offsets(client.collect(19, "log_entry")) == [r["offset"] for r in results[-19:]]
