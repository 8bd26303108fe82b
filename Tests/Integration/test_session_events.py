"""Session events pass with their flat fields; text deltas arrive batched, and never too late."""

import threading

import pytest

from support.waiting import Stopwatch

EVENTS = {
    "text_complete": dict(text="done", turnId="t1", isIntermediate=False, messageId="m2"),
    "tool_start": dict(toolName="Bash", toolUseId="u1", toolInput={"command": "ls"},
                       toolIntent="look", toolDisplayName="Shell", turnId="t1"),
    "tool_result": dict(toolUseId="u1", toolName="Bash", result="a\nb", isError=False),
    "interrupted": dict(reason="stopped"),
    "usage": dict(inputTokens=10, outputTokens=20, cacheReadTokens=5, contextWindow=200000),
    "error": dict(error="overloaded", code="OVERLOADED", canRetry=True),
    "complete": dict(reason="complete"),
}


def publish_session_event(team, session, type, **fields):
    return team.api.publish(f"session:{session}", type, **fields)


@pytest.fixture
def session(team):
    return team.make_session(name="watched")["id"]


@pytest.mark.parametrize("type", EVENTS)
def test_a_session_event_arrives_with_its_flat_fields(team, session, type):
    client = team.listen(f"session:{session}")
    result = publish_session_event(team, session, type, **EVENTS[type])
    received = client.next()
    assert received["type"] == type
    assert received["channel"] == f"session:{session}"
    assert received["sessionId"] == session
    assert received["offset"] == result["offset"]
    assert "payload" not in received
    for name, value in EVENTS[type].items():
        assert received[name] == value, name


def test_deltas_less_than_50_ms_apart_arrive_as_one(team, session):
    client = team.listen(f"session:{session}")
    words = ["The ", "train ", "enters ", "the ", "tunnel."]
    team.api.post("/api/publish", {"events": [
        {"channel": f"session:{session}", "type": "text_delta", "delta": word, "turnId": "t1"}
        for word in words]})
    received = client.next()
    assert received["type"] == "text_delta"
    assert received["delta"] == "".join(words)
    assert received["turnId"] == "t1"
    assert client.until_pong() == []


def test_deltas_of_separate_requests_are_sent_at_most_once_in_50_ms(team, session):
    client = team.listen(f"session:{session}")
    watch = Stopwatch()
    for n in range(12):
        publish_session_event(team, session, "text_delta", delta=f"{n},", turnId="t1")
    publish_session_event(team, session, "complete", reason="complete")
    most = watch.seconds / 0.05 + 2
    client.expect("complete")
    received = [m["delta"] for m in client.messages if m["type"] == "text_delta"]
    assert "".join(received) == "".join(f"{n}," for n in range(12))
    assert len(received) <= most, f"{len(received)} messages in {watch.seconds:.3f} s"


def test_a_lone_delta_arrives_soon_without_anything_behind_it(team, session):
    client = team.listen(f"session:{session}")
    watch = Stopwatch()
    publish_session_event(team, session, "text_delta", delta="alone", turnId="t1")
    assert client.next(within=2)["delta"] == "alone"
    assert watch.seconds < 1


def test_deltas_of_different_turns_and_parents_stay_apart(team, session):
    client = team.listen(f"session:{session}")
    keys = [("t1", None), ("t2", None), ("t1", "p1"), ("t1", None), ("t2", None), ("t1", "p1")]
    events = []
    for step, (turn, parent) in enumerate(keys):
        event = {"channel": f"session:{session}", "type": "text_delta", "turnId": turn,
                 "delta": f"{turn}{parent or ''}-{step};"}
        events.append(event | ({"parentToolUseId": parent} if parent else {}))
    team.api.post("/api/publish", {"events": events})
    received = {(m["turnId"], m.get("parentToolUseId")): m["delta"] for m in client.collect(3)}
    assert received == {
        ("t1", None): "t1-0;t1-3;", ("t2", None): "t2-1;t2-4;", ("t1", "p1"): "t1p1-2;t1p1-5;"}
    assert client.until_pong() == []


@pytest.mark.parametrize("type", EVENTS)
def test_a_delta_is_never_overtaken_by_a_later_event(team, session, type):
    client = team.listen(f"session:{session}")
    publish_session_event(team, session, "text_delta", delta="before", turnId="t1")
    publish_session_event(team, session, type, **EVENTS[type])
    first, second = client.collect(2)
    assert (first["type"], second["type"]) == ("text_delta", type)
    assert second["offset"] == first["offset"] + 1


def test_deltas_and_events_in_one_batch_keep_their_order(team, session):
    client = team.listen(f"session:{session}")
    channel = f"session:{session}"
    events = []
    for n in range(20):
        events += [{"channel": channel, "type": "text_delta", "delta": f"{n}a", "turnId": "t"},
                   {"channel": channel, "type": "text_delta", "delta": f"{n}b", "turnId": "t"},
                   {"channel": channel, "type": "usage", "inputTokens": n, "outputTokens": 0}]
    team.api.post("/api/publish", {"events": events})
    received = client.collect(40)
    assert [m.get("delta", m.get("inputTokens")) for m in received] == [
        value for n in range(20) for value in (f"{n}a{n}b", n)]
    offsets = [m["offset"] for m in received]
    assert offsets == list(range(offsets[0], offsets[0] + 40))


def test_no_delta_is_lost_when_the_session_is_deleted(team, session):
    client = team.listen(f"session:{session}")
    publish_session_event(team, session, "text_delta", delta="last words", turnId="t1")
    team.api.delete(f"/api/sessions/{session}")
    assert client.expect("text_delta")["delta"] == "last words"


def test_deltas_of_many_producers_add_up_to_the_whole_text(team, session):
    client = team.listen(f"session:{session}")
    def produce(turn):
        with team.product.api(team.key) as api:
            for n in range(25):
                api.publish(f"session:{session}", "text_delta", delta=f"{n},", turnId=turn)
    threads = [threading.Thread(target=produce, args=(f"t{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = {f"t{i}": "" for i in range(4)}
    whole = "".join(f"{n}," for n in range(25))
    count = 0
    while any(value != whole for value in text.values()):
        message = client.next()
        text[message["turnId"]] += message["delta"]
        count += 1
    assert count <= 100


def test_the_snapshot_tells_the_text_and_tools_in_flight(team, session):
    first = team.listen(f"session:{session}")
    publish_session_event(team, session, "text_delta", delta="so far", turnId="t1")
    publish_session_event(team, session, "tool_start", toolName="Bash", toolUseId="u9",
                          toolInput={"command": "ls"}, turnId="t1")
    started = first.expect("tool_start")
    late = team.connect().subscribe(f"session:{session}")
    assert late["offset"] == started["offset"]
    snapshot = late["snapshot"]
    assert {"status", "mode", "modeVersion", "textInFlight", "runningTools", "pendingPermissions",
            "queuedMessages"} <= set(snapshot)
    assert [tool["toolUseId"] for tool in snapshot["runningTools"]] == ["u9"]
    assert "so far" in str(snapshot["textInFlight"])
    publish_session_event(team, session, "tool_result", toolUseId="u9", toolName="Bash", result="")
    publish_session_event(team, session, "text_complete", text="so far", turnId="t1")
    publish_session_event(team, session, "complete", reason="complete")
    first.expect("complete")
    after = team.connect().subscribe(f"session:{session}")["snapshot"]
    assert after["runningTools"] == []
    assert "so far" not in str(after["textInFlight"])


@pytest.mark.parametrize("type, fields", [
    ("user_message", dict(messageId="m1", text="hello", status="accepted")),
    ("permission_request", dict(request={"requestId": "r", "toolName": "Bash", "command": "ls",
                                         "description": "x", "expiresAt": None})),
    ("permission_resolved", dict(requestId="r", allowed=True, alwaysAllow=False, resolvedBy="x")),
    ("permission_timeout", dict(requestId="r")),
    ("mode_changed", dict(mode="ask", previousMode="safe", modeVersion=2, changedBy="x"))])
def test_what_only_the_hub_may_say_is_refused(team, session, type, fields):
    """A message, a question, its answer and a mode are consequences of their own REST calls."""
    team.api.refused("POST", "/api/publish", 400, "VALIDATION_ERROR", body={
        "channel": f"session:{session}", "type": type, **fields})
    assert team.api.history(f"session:{session}") == []


def test_session_types_need_the_scope_to_run_sessions(team, session):
    narrow = team.make_key("publish", "sessions:read")
    with team.product.api(narrow["key"]) as caller:
        caller.refused("POST", "/api/publish", 403, body={
            "channel": f"session:{session}", "type": "text_delta", "delta": "x"})


def test_a_session_event_without_its_fields_is_refused(team, session):
    channel = f"session:{session}"
    for event in [
        {"type": "text_delta"}, {"type": "text_delta", "delta": 5},
        {"type": "tool_start", "toolName": "Bash", "toolUseId": "u", "toolInput": "not an object"},
        {"type": "complete", "reason": "bored"},
    ]:
        team.api.refused(
            "POST", "/api/publish", 400, "VALIDATION_ERROR", body={"channel": channel, **event})
