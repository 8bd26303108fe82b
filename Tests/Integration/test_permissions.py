"""Permission questions: durable, on every device, first answer wins, silence is a denial."""

import threading
from datetime import datetime

import pytest

from support.rest import TIME
from support.waiting import Stopwatch, eventually


@pytest.fixture
def session(team):
    return team.make_session(name="asks")["id"]


def pending(team):
    return [item["requestId"] for item in team.api.get("/api/permissions")["items"]]


def test_a_question_reaches_every_device_list_and_snapshot(team, session):
    devices = [team.listen(f"session:{session}") for _ in range(2)]
    asked = team.ask(session, command="git push", description="Publish the branch")
    for device in devices:
        request = device.expect("permission_request")["request"]
        assert request["requestId"] == asked["requestId"]
        assert request["toolName"] == "Bash"
        assert request["command"] == "git push"
        assert request["description"] == "Publish the branch"
        assert TIME.match(request["expiresAt"])
    for path in ("/api/permissions", f"/api/sessions/{session}/permissions"):
        item = team.api.get(path)["items"][0]
        assert set(item) == {"requestId", "sessionId", "toolName", "command", "description",
                             "createdAt", "expiresAt"}
        assert item["sessionId"] == session and TIME.match(item["createdAt"])
    snapshot = team.connect().subscribe(f"session:{session}")["snapshot"]
    assert [p["requestId"] for p in snapshot["pendingPermissions"]] == [asked["requestId"]]
    shown = team.api.get(f"/api/sessions/{session}")
    assert shown["pendingPermissions"] == 1


def test_an_agent_outside_may_say_which_call_waits(team, session):
    device = team.listen(f"session:{session}")
    team.ask(session, toolUseId="toolu_1")
    assert device.expect("permission_request")["request"]["toolUseId"] == "toolu_1"
    assert team.api.get("/api/permissions")["items"][0]["toolUseId"] == "toolu_1"
    assert "inputDigest" not in team.api.get("/api/permissions")["items"][0]


def check_ended(team, session, request):
    """Gone from every list and snapshot, and answered for good."""
    assert request not in pending(team)
    assert team.api.get(f"/api/sessions/{session}/permissions")["items"] == []
    snapshot = team.connect().subscribe(f"session:{session}")["snapshot"]
    assert snapshot["pendingPermissions"] == []
    assert team.api.get(f"/api/sessions/{session}")["pendingPermissions"] == 0
    team.api.refused("POST", f"/api/sessions/{session}/permissions/{request}", 409,
                     "PERMISSION_ALREADY_RESOLVED", body={"allowed": True})


@pytest.mark.parametrize("way", ["websocket", "rest"])
@pytest.mark.parametrize("allowed", [True, False])
def test_an_answer_ends_the_question_for_everybody(team, session, way, allowed):
    first, second = (team.listen(f"session:{session}") for _ in range(2))
    request = team.ask(session)["requestId"]
    first.expect("permission_request")
    if way == "websocket":
        first.send("permission_response", sessionId=session, requestId=request, allowed=allowed)
    else:
        team.api.post(
            f"/api/sessions/{session}/permissions/{request}", {"allowed": allowed}, status=200)
    for device in (first, second):
        resolved = device.expect("permission_resolved")
        assert resolved["requestId"] == request
        assert resolved["allowed"] is allowed
        assert resolved["alwaysAllow"] is False
        assert isinstance(resolved["resolvedBy"], (str, dict)) and resolved["resolvedBy"]
    check_ended(team, session, request)
    second.send("permission_response", sessionId=session, requestId=request, allowed=not allowed)
    second.error("PERMISSION_ALREADY_RESOLVED")


def test_the_first_of_two_racing_answers_wins_and_the_other_is_told(team, session):
    """A device over WebSocket and another over REST answer the same question at once, 15 times."""
    watcher = team.listen(f"session:{session}")
    device = team.listen(f"session:{session}")
    with team.product.api(team.key) as phone:
        for _ in range(15):
            request = team.ask(session)["requestId"]
            device.expect("permission_request")
            start = threading.Barrier(2)
            statuses = []

            def answer_by_rest():
                start.wait()
                statuses.append(phone.request(
                    "POST", f"/api/sessions/{session}/permissions/{request}",
                    json={"allowed": False}))

            thread = threading.Thread(target=answer_by_rest)
            thread.start()
            start.wait()
            device.send("permission_response", sessionId=session, requestId=request, allowed=True)
            thread.join()
            resolved = watcher.expect("permission_resolved", requestId=request)
            if statuses[0].status_code == 200:
                assert resolved["allowed"] is False
                device.error("PERMISSION_ALREADY_RESOLVED")
            else:
                assert statuses[0].status_code == 409
                assert statuses[0].json()["error"]["code"] == "PERMISSION_ALREADY_RESOLVED"
                assert resolved["allowed"] is True
                device.expect("permission_resolved", requestId=request)
    ends = [m["requestId"] for m in watcher.messages if m["type"] == "permission_resolved"]
    assert len(ends) == len(set(ends)) == 15


def test_a_configured_second_without_an_answer_is_a_timeout(team, session):
    device = team.listen(f"session:{session}")
    watch = Stopwatch()
    request = team.ask(session, timeoutMs=1000)["requestId"]
    device.expect("permission_request")
    ended = device.expect("permission_timeout", within=5)
    assert ended["requestId"] == request and ended["sessionId"] == session
    assert 0.9 < watch.seconds < 2.5
    check_ended(team, session, request)
    assert not any(m["type"] == "permission_resolved" for m in device.messages)


def test_sixty_seconds_without_an_answer_are_a_timeout(unanswered_permission):
    """Asked when the test session began; looked at when everything else has been."""
    waiting = unanswered_permission
    ended = waiting.watcher.expect("permission_timeout", within=75)
    assert ended["requestId"] == waiting.permission["requestId"]
    asked = next(m for m in waiting.watcher.messages if m["type"] == "permission_request")
    assert 59 < seconds_between(asked["timestamp"], ended["timestamp"]) < 63
    check_ended(waiting.team, waiting.session, ended["requestId"])


def seconds_between(first, second):
    form = "%Y-%m-%dT%H:%M:%S.%fZ"
    return (datetime.strptime(second, form) - datetime.strptime(first, form)).total_seconds()


def test_a_question_that_may_wait_for_ever_has_no_end(team, session):
    device = team.listen(f"session:{session}")
    team.ask(session, timeoutMs=None)
    assert device.expect("permission_request")["request"]["expiresAt"] is None
    assert pending(team)


def test_the_agents_own_request_id_is_kept_and_idempotent(team, session):
    device = team.listen(f"session:{session}")
    assert team.ask(session, requestId="ask-1")["requestId"] == "ask-1"
    again = team.api.request("POST", f"/api/sessions/{session}/permissions", json={
        "requestId": "ask-1", "toolName": "Bash", "command": "git status", "description": "x"})
    assert again.status_code in (200, 201, 409)
    device.expect("permission_request")
    assert not any(m["type"] == "permission_request" for m in device.until_pong())
    assert pending(team) == ["ask-1"]


def test_an_unknown_question_is_not_found(team, session):
    team.api.refused("POST", f"/api/sessions/{session}/permissions/nothing", 404,
                     "PERMISSION_NOT_FOUND", body={"allowed": True})
    device = team.connect()
    device.send("permission_response", sessionId=session, requestId="nothing", allowed=True, id="p")
    answer = device.error("PERMISSION_NOT_FOUND")
    assert answer.get("id", answer["payload"].get("id")) == "p"


@pytest.mark.parametrize("body", [{}, {"allowed": "yes"}, {"allowed": 1}, {"allowed": None},
                                  {"allowed": True, "alwaysAllow": "yes"}])
def test_a_malformed_answer_leaves_the_question_open(team, session, body):
    request = team.ask(session)["requestId"]
    team.api.refused("POST", f"/api/sessions/{session}/permissions/{request}", 400,
                     "VALIDATION_ERROR", body=body)
    assert pending(team) == [request]


@pytest.mark.parametrize("change", [
    {"toolName": None}, {"toolName": 5}, {"command": {}}, {"timeoutMs": -1}, {"timeoutMs": "soon"},
    {"requestId": ""}, {"requestId": "a" * 200}, {"toolUseId": ""}, {"toolUseId": 7}])
def test_a_malformed_question_is_refused(team, session, change):
    body = {"toolName": "Bash", "command": "ls", "description": "x", **change}
    team.api.refused("POST", f"/api/sessions/{session}/permissions", 400, "VALIDATION_ERROR",
                     body=body)
    assert pending(team) == []


def test_deleting_the_session_ends_its_questions(team, session):
    request = team.ask(session)["requestId"]
    team.api.delete(f"/api/sessions/{session}")
    eventually(lambda: request not in pending(team), within=3)


def test_always_allow_is_remembered_listed_and_revocable(team, session):
    request = team.ask(session, command="git status --short")["requestId"]
    team.api.post(f"/api/sessions/{session}/permissions/{request}",
                  {"allowed": True, "alwaysAllow": True}, status=200)
    rules = team.api.get(f"/api/sessions/{session}/rules")["items"]
    assert len(rules) == 1
    device = team.listen(f"session:{session}")
    team.api.post(f"/api/sessions/{session}/permissions", {
        "toolName": "Bash", "command": "git status --short", "description": "again"})
    assert pending(team) == []
    team.api.delete(f"/api/sessions/{session}/rules")
    assert team.api.get(f"/api/sessions/{session}/rules")["items"] == []
    team.ask(session, command="git status --short")
    device.expect("permission_request")


@pytest.mark.parametrize("asked, later", [
    ("git status", "git push --force"), ("make", "make && rm -rf x"), ("ls; id", "ls; id"),
    ("rm -rf build", "rm -rf build"), ("bash -c ls", "bash -c ls"), ("echo $(id)", "echo $(id)"),
    ("sudo ls", "sudo ls"), ("curl x | sh", "curl x | sh"), ("git status", "git status; rm x"),
    ("python3 a.py", "python3 b.py")])
def test_always_allow_never_stretches_to_another_or_dangerous_command(team, session, asked, later):
    request = team.ask(session, command=asked)["requestId"]
    team.api.request("POST", f"/api/sessions/{session}/permissions/{request}",
                     json={"allowed": True, "alwaysAllow": True})
    again = team.ask(session, command=later)["requestId"]
    assert again in pending(team), team.api.get(f"/api/sessions/{session}/rules")


def test_a_timer_goes_on_after_the_hub_was_killed(own_product):
    product = own_product()
    with product.api() as api:
        session = api.post("/api/sessions", {})["id"]
        body = {"toolName": "Bash", "command": "ls", "description": "x"}
        path = f"/api/sessions/{session}/permissions"
        short = api.post(path, {**body, "timeoutMs": 4000})["requestId"]
        long = api.post(path, {**body, "timeoutMs": 600_000})["requestId"]
        old = product.kill("hub")
        product.restarted("hub", old)
        eventually(
            lambda: [p["requestId"] for p in api.get("/api/permissions")["items"]] == [long],
            within=10, what="the short question ended, the long one still open")
        channel = f"session:{session}"
        types = [(m["type"], m.get("requestId")) for m in api.history(channel)]
        assert ("permission_timeout", short) in types
        api.post(f"{path}/{long}", {"allowed": False}, status=200)
