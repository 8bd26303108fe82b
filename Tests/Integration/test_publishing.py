"""POST /api/publish and the history: idempotent, validated, scoped, durable before the answer."""

import json
import threading

import pytest


def test_the_same_event_id_again_is_accepted_and_not_delivered_twice(team):
    client = team.listen()
    first = team.api.publish(team.channel, "log_entry", {"n": 1}, eventId="once")
    again = team.api.publish(team.channel, "log_entry", {"n": 2}, eventId="once")
    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert again["offset"] == first["offset"] and again["epoch"] == first["epoch"]
    team.api.publish(team.channel, "log_entry", {"n": 3})
    assert [m["payload"]["n"] for m in client.collect(2)] == [1, 3]
    assert [item["payload"]["n"] for item in team.api.history(team.channel)] == [1, 3]


def test_the_same_event_id_twice_in_one_batch_counts_once(team):
    event = {"channel": team.channel, "type": "log_entry", "payload": {}, "eventId": "twin"}
    results = team.api.post("/api/publish", {"events": [event, event]})["results"]
    assert [result["duplicate"] for result in results] == [False, True]
    assert len(team.api.history(team.channel)) == 1


def test_the_same_event_id_on_another_channel_is_another_event(team, unique):
    spec = unique("spec")
    team.own("spec", spec)
    assert team.api.publish(team.channel, "log_entry", {}, eventId="e")["duplicate"] is False
    assert team.api.publish(f"spec:{spec}", "log_entry", {}, eventId="e")["duplicate"] is False


def test_racing_producers_with_one_event_id_publish_once(team):
    results = []

    def produce():
        with team.product.api(team.key) as api:
            results.append(api.publish(team.channel, "log_entry", {}, eventId="race"))

    threads = [threading.Thread(target=produce) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result["duplicate"] for result in results) == [False] + [True] * 7
    assert len({result["offset"] for result in results}) == 1


def test_history_answers_what_came_after_an_offset(team):
    offsets = [team.api.publish(team.channel, "log_entry", {"n": n})["offset"] for n in range(7)]
    path = f"/api/channels/{team.channel}/history"
    items = team.api.history(team.channel, since=offsets[2])
    assert [item["payload"]["n"] for item in items] == [3, 4, 5, 6]
    assert [item["offset"] for item in items] == offsets[3:]
    page = team.api.get(path, params={"since": offsets[0], "limit": 2})
    assert [item["payload"]["n"] for item in page["items"]] == [1, 2]
    assert page["nextCursor"]
    following = team.api.get(path, params={"cursor": page["nextCursor"], "limit": 2})
    assert [item["payload"]["n"] for item in following["items"]] == [3, 4]


def test_history_shows_the_very_envelope_that_was_delivered(team):
    client = team.listen()
    team.api.publish(team.channel, "spec_updated", {"a": [1, 2, {"b": "c"}]}, eventId="same")
    assert team.api.history(team.channel) == [client.next()]


@pytest.mark.parametrize("type", [
    "connected", "subscribed", "unsubscribed", "pong", "draining", "config_changed",
    "session_created", "session_updated", "session_deleted", "", "X_upper", "x_", "x_A", "unknown",
    "x_" + "a" * 61, "x_a-b"])
def test_types_that_are_not_a_producers_are_refused(team, type):
    team.api.refused("POST", "/api/publish", 400, "VALIDATION_ERROR", body={
        "channel": team.channel, "type": type, "payload": {}})


@pytest.mark.parametrize("change", [
    {"channel": None}, {"channel": 5}, {"channel": "team"}, {"channel": "team: x"},
    {"channel": "room:1"}, {"type": None}, {"type": ["log_entry"]}, {"eventId": ""},
    {"eventId": "a" * 129}, {"eventId": 7}, {"eventId": "tab\there"}, {"timestamp": "yesterday"},
    {"timestamp": 1767322800}])
def test_a_bad_field_is_refused_with_its_path(team, change):
    event = {"channel": team.channel, "type": "log_entry", "payload": {}, **change}
    error = team.api.refused("POST", "/api/publish", 400, body=event)
    assert error["code"] in ("VALIDATION_ERROR", "CHANNEL_INVALID")
    assert next(iter(change)) in str(error.get("details")), error


def test_one_bad_event_of_a_batch_refuses_all_of_it(team):
    good = {"channel": team.channel, "type": "log_entry", "payload": {}}
    error = team.api.refused(
        "POST", "/api/publish", 400, body={"events": [good, {**good, "type": "nonsense"}]})
    assert "1" in str(error["details"])
    assert team.api.history(team.channel) == []


@pytest.mark.parametrize("body", [{"events": []}, {"events": {}}, {"events": [5]}, {}, [], 5, None])
def test_a_body_of_the_wrong_shape_is_refused(team, body):
    team.api.refused(
        "POST", "/api/publish", 400, "VALIDATION_ERROR", content=json.dumps(body),
        headers={"content-type": "application/json"})


def test_a_batch_of_1001_is_refused(team):
    event = {"channel": team.channel, "type": "log_entry", "payload": {}}
    team.api.refused("POST", "/api/publish", 400, body={"events": [event] * 1001})
    assert team.api.history(team.channel) == []


def test_publishing_needs_its_scope(team):
    narrow = team.make_key("sessions:read")
    with team.product.api(narrow["key"]) as caller:
        caller.refused("POST", "/api/publish", 403, body={
            "channel": team.channel, "type": "log_entry", "payload": {}})


def test_a_foreign_or_unknown_channel_is_not_found(team, other_team, unique):
    spec = unique("spec")
    other_team.own("spec", spec)
    session = other_team.make_session()["id"]
    published = set()
    for channel in [other_team.channel, f"spec:{spec}", f"session:{session}", "spec:nobodys",
                    "session:nobodys", "team:nobodys"]:
        event = {"channel": channel, "type": "log_entry", "payload": {}}
        answer = team.api.request("POST", "/api/publish", json=event)
        assert answer.status_code in (403, 404), (channel, answer.text)
        published.add((answer.status_code, answer.json()["error"]["code"]))
        team.api.refused("GET", f"/api/channels/{channel}/history", 404, "NOT_FOUND")
    assert len(published) == 1, f"a foreign channel can be told from an unknown one: {published}"
    assert all(item["type"].startswith("session_")
               for item in other_team.api.history(other_team.channel))


def test_a_malformed_channel_in_the_path_is_refused(team):
    for channel in ["team", "team:a:b", "room:1", "team:%20x", "team:" + "a" * 129]:
        status = team.api.request("GET", f"/api/channels/{channel}/history").status_code
        assert status in (400, 404), channel


@pytest.mark.parametrize("size", [100_000, 250_000])
def test_a_large_publication_arrives_in_one_piece(team, size):
    client = team.listen()
    team.api.publish(team.channel, "log_entry", "é" * (size // 2))
    assert client.next()["payload"] == "é" * (size // 2)
    assert team.api.history(team.channel)[0]["payload"] == "é" * (size // 2)


def test_a_publication_over_256_kib_is_refused(team):
    client = team.listen()
    answer = team.api.request("POST", "/api/publish", json={
        "channel": team.channel, "type": "log_entry", "payload": "a" * 300_000})
    assert answer.status_code in (400, 413), answer.text[:300]
    assert client.until_pong() == []


def test_an_event_too_large_for_the_body_limit_is_413(team):
    error = team.api.refused("POST", "/api/publish", 413, body={
        "channel": team.channel, "type": "log_entry", "payload": "a" * (5 * 1024 * 1024)})
    assert error["code"]


def test_a_body_of_another_type_is_415_and_broken_json_400(team):
    answer = team.api.request(
        "POST", "/api/publish", content=b"channel=team", headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    answer = team.api.request(
        "POST", "/api/publish", content=b'{"channel": ',
        headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_JSON"
