"""Sessions and messages over REST, and what they announce on the team's channel."""

import threading

import pytest

from support.rest import TIME

FIELDS = {
    "id", "teamId", "name", "status", "mode", "modeVersion", "agent", "model", "workspaceId",
    "workingDirectory", "createdAt", "updatedAt", "lastMessageAt", "messageCount", "usage",
    "pendingPermissions"}


def test_a_session_is_made_read_changed_and_deleted(team):
    made = team.make_session(name="first", mode="ask")
    assert set(made) >= FIELDS
    assert made["name"] == "first" and made["mode"] == "ask" and made["teamId"] == team.id
    assert made["status"] == "idle" and made["messageCount"] == 0
    assert made["pendingPermissions"] == 0
    assert TIME.match(made["createdAt"]) and TIME.match(made["updatedAt"])
    path = f"/api/sessions/{made['id']}"
    assert team.api.get(path) == made
    changed = team.api.patch(path, {"name": "second"})
    assert changed["name"] == "second" and changed["updatedAt"] >= made["updatedAt"]
    assert team.api.get(path) == changed
    team.api.delete(path)
    team.api.refused("GET", path, 404)
    team.api.refused("DELETE", path, 404)
    assert team.api.get("/api/sessions")["items"] == []


def test_an_empty_body_makes_a_session_with_defaults(team):
    made = team.make_session()
    assert made["mode"] in ("safe", "ask", "allow-all")
    assert made["id"]


def test_the_teams_channel_hears_of_every_change(team):
    client = team.listen()
    made = team.make_session(name="told")
    created = client.expect("session_created")
    assert created["channel"] == team.channel
    assert created["session"] == made
    team.api.patch(f"/api/sessions/{made['id']}", {"name": "renamed"})
    assert client.expect("session_updated")["session"]["name"] == "renamed"
    team.api.delete(f"/api/sessions/{made['id']}")
    assert client.expect("session_deleted")["session"]["id"] == made["id"]
    offsets = [m["offset"] for m in client.messages if "offset" in m]
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))


def test_a_change_of_mode_is_announced_with_its_version(team):
    made = team.make_session(mode="safe")
    client = team.listen(f"session:{made['id']}")
    changed = team.api.patch(f"/api/sessions/{made['id']}", {"mode": "allow-all"})
    assert changed["modeVersion"] == made["modeVersion"] + 1
    event = client.expect("mode_changed")
    assert (event["mode"], event["previousMode"]) == ("allow-all", "safe")
    assert event["modeVersion"] == changed["modeVersion"]
    assert event["changedBy"]
    snapshot = team.connect().subscribe(f"session:{made['id']}")["snapshot"]
    assert (snapshot["mode"], snapshot["modeVersion"]) == ("allow-all", changed["modeVersion"])


@pytest.mark.parametrize("body", [
    {"name": 5}, {"mode": "yolo"}, {"mode": 5}, {"name": "a" * 100_000}, {"model": {}},
    {"workspaceId": 7}, {"workingDirectory": ["x"]}])
def test_a_session_of_the_wrong_shape_is_refused(team, body):
    error = team.api.refused("POST", "/api/sessions", 400, "VALIDATION_ERROR", body=body)
    assert next(iter(body)) in str(error["details"])
    session = team.make_session()["id"]
    team.api.refused("PATCH", f"/api/sessions/{session}", 400, "VALIDATION_ERROR", body=body)


def test_sessions_are_filtered_by_status_and_text(team):
    one = team.make_session(name="green apple")["id"]
    two = team.make_session(name="red apple")["id"]
    found = lambda query: {s["id"] for s in team.api.get("/api/sessions", params=query)["items"]}
    assert found({"q": "green"}) == {one}
    assert found({"q": "apple"}) == {one, two}
    assert found({"q": "100%_"}) == set()
    assert found({"status": "idle"}) == {one, two}
    assert found({"status": "running"}) == set()
    team.api.refused("GET", "/api/sessions", 400, "VALIDATION_ERROR", params={"status": "bored"})


# Messages

def test_a_message_is_durable_announced_and_listed(team):
    session = team.make_session()["id"]
    client = team.listen(f"session:{session}")
    sent = team.api.post(f"/api/sessions/{session}/messages", {"text": "Grüße 🚂"}, status=202)
    assert sent["messageId"] and sent["status"] in ("accepted", "queued")
    event = client.expect("user_message")
    assert event["messageId"] == sent["messageId"] and event["text"] == "Grüße 🚂"
    assert event["status"] in ("accepted", "queued", "processing")
    items = team.api.get(f"/api/sessions/{session}/messages")["items"]
    mine = next(item for item in items if item["id"] == sent["messageId"])
    assert mine["role"] == "user" and mine["text"] == "Grüße 🚂"
    assert TIME.match(mine["createdAt"])
    assert team.api.get(f"/api/sessions/{session}")["messageCount"] >= 1
    assert TIME.match(team.api.get(f"/api/sessions/{session}")["lastMessageAt"])


def test_the_same_client_message_id_is_one_message(team):
    session = team.make_session()["id"]
    client = team.listen(f"session:{session}")
    body = {"text": "once", "clientMessageId": "c-1"}
    path = f"/api/sessions/{session}/messages"
    first = team.api.post(path, body, status=202)
    again = team.api.post(path, body, status=202)
    assert again["messageId"] == first["messageId"]
    event = client.expect("user_message")
    assert event["clientMessageId"] == "c-1"
    later = [m["status"] for m in client.until_pong() if m["type"] == "user_message"]
    assert set(later) <= {"processing"}, "announced twice"
    assert len([m for m in team.api.get(path)["items"] if m["role"] == "user"]) == 1


def test_racing_resends_are_one_message(team):
    session = team.make_session()["id"]
    path = f"/api/sessions/{session}/messages"
    answers = []

    def send():
        with team.product.api(team.key) as api:
            answers.append(api.post(path, {"text": "x", "clientMessageId": "same"}, status=202))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["messageId"] for answer in answers}) == 1
    assert len([m for m in team.api.get(path)["items"] if m["role"] == "user"]) == 1


def test_a_message_to_an_unknown_session_is_404(team):
    team.api.refused("POST", "/api/sessions/nobodys/messages", 404, body={"text": "x"})


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": 5}, {"text": None},
                                  {"text": "x", "clientMessageId": 5},
                                  {"text": "x", "clientMessageId": ""}])
def test_a_malformed_message_is_refused(team, body):
    session = team.make_session()["id"]
    path = f"/api/sessions/{session}/messages"
    team.api.refused("POST", path, 400, "VALIDATION_ERROR", body=body)
    assert team.api.get(path)["items"] == []


def test_stopping_a_session_that_does_nothing_is_told_truthfully(team):
    session = team.make_session()["id"]
    assert team.api.post(f"/api/sessions/{session}/abort") == {"aborted": False}
    assert team.api.get(f"/api/sessions/{session}")["id"] == session


# Workspaces

def test_workspaces_are_made_read_changed_and_deleted(team, other_team):
    made = team.api.post("/api/workspaces", {"name": "site", "path": "/srv/site"}, status=201)
    path = f"/api/workspaces/{made['id']}"
    assert team.api.get(path)["name"] == "site"
    assert team.api.patch(path, {"name": "shop"})["name"] == "shop"
    assert [w["id"] for w in team.api.get("/api/workspaces")["items"]] == [made["id"]]
    other_team.api.refused("GET", path, 404)
    other_team.api.refused("DELETE", path, 404)
    session = team.make_session(workspaceId=made["id"])
    assert session["workspaceId"] == made["id"]
    team.api.delete(path)
    team.api.refused("GET", path, 404)


def test_a_session_in_an_unknown_workspace_is_refused(team, other_team):
    foreign = other_team.api.post("/api/workspaces", {"name": "x", "path": "/srv/site"})["id"]
    for id in (foreign, "nobodys"):
        answer = team.api.request("POST", "/api/sessions", json={"workspaceId": id})
        assert answer.status_code in (400, 404), answer.text


# Lists

@pytest.mark.parametrize("kind", ["sessions", "specs", "agents", "keys", "messages", "permissions"])
def test_every_list_pages_with_limit_and_cursor(team, unique, kind):
    if kind in ("sessions", "messages", "permissions"):
        session = team.make_session()["id"]
    path = f"/api/sessions/{session}/messages" if kind == "messages" else f"/api/{kind}"
    made = []
    for n in range(7):
        if kind == "sessions":
            made.append(team.make_session(name=str(n))["id"])
        elif kind == "keys":
            made.append(team.make_key("publish")["id"])
        elif kind == "messages":
            made.append(team.api.post(path, {"text": str(n)})["messageId"])
        elif kind == "permissions":
            made.append(team.ask(session)["requestId"])
        else:
            id = unique(kind)
            team.own(kind[:-1], id)
            made.append(id)
    name = "requestId" if kind == "permissions" else "id"
    found, cursor, pages = [], None, 0
    while pages < 20:
        page = team.api.get(path, params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
        assert set(page) >= {"items", "nextCursor"}
        assert len(page["items"]) <= 3
        found += [item[name] for item in page["items"]]
        cursor, pages = page["nextCursor"], pages + 1
        if cursor is None:
            break
    assert len(found) == len(set(found)), "an item came twice"
    assert set(made) <= set(found)
    assert pages >= 3


@pytest.mark.parametrize("query", [
    {"limit": "0"}, {"limit": "201"}, {"limit": "-1"}, {"limit": "x"}, {"limit": "1.5"},
    {"limit": "99999999999999999999"}, {"cursor": "!!!"}, {"cursor": "%00"}, {"cursor": "ä"}])
def test_a_malformed_limit_or_cursor_is_refused(team, query):
    for path in ("/api/sessions", "/api/keys", f"/api/channels/{team.channel}/history"):
        team.api.refused("GET", path, 400, "VALIDATION_ERROR", params=query)


def test_a_cursor_of_another_team_shows_nothing_of_it(team, other_team):
    for _ in range(3):
        other_team.make_session(name="theirs")
    cursor = other_team.api.get("/api/sessions", params={"limit": 1})["nextCursor"]
    answer = team.api.request("GET", "/api/sessions", params={"cursor": cursor})
    assert answer.status_code == 400 or answer.json()["items"] == []
