"""Who reads what: teams, owners, scopes, and what a change does to connections that are open."""

import threading

from support.client import Client, Refused
from support.waiting import eventually


def test_a_change_of_owner_takes_effect_on_an_open_connection(team, other_team, unique):
    """The spec moves to another team: whoever read it stops, at once."""
    spec = unique("spec")
    team.own("spec", spec)
    client = team.listen(f"spec:{spec}")
    team.api.publish(f"spec:{spec}", "spec_updated", {"n": 1})
    assert client.expect("spec_updated")["payload"] == {"n": 1}
    team.api.delete(f"/api/specs/{spec}")
    assert client.error("CHANNEL_FORBIDDEN", within=2)["channel"] == f"spec:{spec}"
    other_team.own("spec", spec)
    other_team.api.publish(f"spec:{spec}", "spec_updated", {"secret": 2})
    assert client.until_pong() == []
    fresh = team.connect()
    fresh.send("subscribe", channel=f"spec:{spec}")
    fresh.error("CHANNEL_FORBIDDEN")
    assert other_team.listen(f"spec:{spec}").subscribed["channel"] == f"spec:{spec}"


def test_a_deleted_person_is_signed_out_everywhere(team):
    user = team.make_user(f"leaves-{team.name}")
    client = team.connect(cookie=team.sign_in(user))
    listed = team.product.cli_json("users", "list", "--team", team.id)
    id = next(row["id"] for row in listed if row["name"] == user)
    code, _, err = team.product.cli("users", "delete", id, "--team", team.id)
    assert code == 0, err
    assert client.closed(within=2) in (4101, 4103)


def test_a_new_owner_reads_nothing_of_the_time_before(team, other_team, unique):
    spec = unique("spec")
    team.own("spec", spec)
    old = team.api.publish(f"spec:{spec}", "spec_updated", {"secret": 1})
    team.api.delete(f"/api/specs/{spec}")
    other_team.own("spec", spec)
    with Client(team.product, other_team.key) as client:
        client.subscribe(f"spec:{spec}", since=(old["epoch"], 0))
        client.until_pong()
        assert not any(m.get("payload") == {"secret": 1} for m in client.messages)
    assert other_team.api.history(f"spec:{spec}") == []


def test_nothing_leaks_while_a_spec_changes_hands_again_and_again(team, other_team, unique):
    """Both teams try to follow it all the time; each sees only what was published as its own."""
    spec = unique("spec")
    stop = threading.Event()
    followers = [Follower(owner, f"spec:{spec}", stop) for owner in (team, other_team)]
    for follower in followers:
        follower.start()
    try:
        for turn in range(40):
            owner = (team, other_team)[turn % 2]
            owner.own("spec", spec)
            for n in range(5):
                owner.api.publish(f"spec:{spec}", "spec_updated", {"of": owner.id, "n": n})
            eventually(lambda: followers[turn % 2].seen > turn // 2, within=5,
                       what="the owner's own follower catching up")
            owner.api.delete(f"/api/specs/{spec}")
    finally:
        stop.set()
        for follower in followers:
            follower.join(20)
    for follower in followers:
        assert follower.failure is None, follower.failure
        assert follower.foreign == [], "a publication of the other team was delivered"


class Follower(threading.Thread):
    """A device that subscribes again whenever it loses the channel, from where it was."""

    def __init__(self, team, channel, stop):
        super().__init__()
        self.team, self.channel, self.stopping = team, channel, stop
        self.client = team.connect()
        self.since = None
        self.turns = set()
        self.foreign = []
        self.failure = None

    @property
    def seen(self):
        """In how many turns of ownership something arrived."""
        return len(self.turns)

    def run(self):
        try:
            self.ask()
            while not self.stopping.is_set():
                self.follow()
        except Exception as failure:
            self.failure = failure

    def ask(self):
        self.client.send("subscribe", channel=self.channel, since=self.since)

    def follow(self):
        try:
            message = self.client.next(within=0.2)
        except TimeoutError:
            return
        if message["type"] == "error":
            self.stopping.wait(0.02)
            self.ask()
        elif message["type"] == "subscribed":
            payload = message["payload"]
            self.since = {"epoch": payload["epoch"], "offset": 0}
            self.turns |= {payload["epoch"]} if payload["offset"] else set()
        elif message["payload"]["of"] == self.team.id:
            self.turns.add(self.since["epoch"])
        else:
            self.foreign.append(message)


def test_owners_are_put_read_listed_and_deleted(team, unique):
    for kind in ("spec", "agent"):
        id = unique(kind)
        path = f"/api/{kind}s/{id}"
        made = team.api.put(path, {"name": "first", "status": "draft"})
        assert made["id"] == id and made["teamId"] == team.id
        assert (made["name"], made["status"]) == ("first", "draft")
        team.api.put(path, {"name": "second"})
        assert team.api.get(path)["name"] == "second"
        listed = team.api.get(f"/api/{kind}s")["items"]
        assert [item["id"] for item in listed] == [id]
        team.api.delete(path)
        team.api.refused("GET", path, 404)
        assert team.api.get(f"/api/{kind}s")["items"] == []


def test_a_name_that_another_team_took_is_free_and_leads_to_nothing_of_theirs(
        team, other_team, unique):
    for kind in ("spec", "agent"):
        id = unique(kind)
        other_team.own(kind, id)
        for method in ("GET", "DELETE"):
            team.api.refused(method, f"/api/{kind}s/{id}", 404)
        team.api.put(f"/api/{kind}s/{id}", {"name": "ours"})
        assert team.api.get(f"/api/{kind}s/{id}")["teamId"] == team.id
        team.api.delete(f"/api/{kind}s/{id}")
        assert other_team.api.get(f"/api/{kind}s/{id}")["teamId"] == other_team.id


def test_a_foreign_id_answers_404_on_every_route(team, other_team):
    session = other_team.make_session()["id"]
    permission = other_team.ask(session)["requestId"]
    key = other_team.make_key("publish")["id"]
    message = other_team.api.post(
        f"/api/sessions/{session}/messages", {"text": "theirs"}, status=202)["messageId"]
    calls = [
        ("GET", f"/api/sessions/{session}", None),
        ("PATCH", f"/api/sessions/{session}", {"name": "x"}),
        ("DELETE", f"/api/sessions/{session}", None),
        ("GET", f"/api/sessions/{session}/messages", None),
        ("POST", f"/api/sessions/{session}/messages", {"text": "hello"}),
        ("DELETE", f"/api/sessions/{session}/messages/{message}", None),
        ("POST", f"/api/sessions/{session}/abort", {}),
        ("GET", f"/api/sessions/{session}/permissions", None),
        ("GET", f"/api/sessions/{session}/rules", None),
        ("POST", f"/api/sessions/{session}/permissions",
         {"toolName": "Bash", "command": "ls", "description": "x"}),
        ("POST", f"/api/sessions/{session}/permissions/{permission}", {"allowed": True}),
        ("DELETE", f"/api/keys/{key}", None),
    ]
    for method, path, body in calls:
        foreign = team.api.refused(method, path, 404, body=body)
        unknown = team.api.refused(
            method, path.replace(session, "nobodys").replace(key, "nobodys"), 404, body=body)
        assert foreign["code"] == unknown["code"], (method, path)
    assert other_team.api.get(f"/api/sessions/{session}")["id"] == session
    assert other_team.api.get("/api/permissions")["items"][0]["requestId"] == permission


def test_lists_show_the_own_team_only(team, other_team):
    other_team.make_session(name="theirs")
    other_team.own("spec", f"s-{other_team.id}")
    mine = team.make_session(name="mine")["id"]
    assert [s["id"] for s in team.api.get("/api/sessions")["items"]] == [mine]
    assert team.api.get("/api/specs")["items"] == []
    assert team.api.get("/api/permissions")["items"] == []
    assert [k["id"] for k in team.api.get("/api/keys")["items"]] == [team.key_id]


def test_each_route_insists_on_its_scope(team):
    session = team.make_session()["id"]
    nothing = team.make_key("publish")["key"]
    reader = team.make_key("sessions:read")["key"]
    refusals = {
        nothing: [("GET", "/api/sessions", None), ("GET", f"/api/sessions/{session}", None),
                  ("GET", f"/api/sessions/{session}/messages", None), ("GET", "/api/keys", None)],
        reader: [("POST", "/api/sessions", {}),
                 ("PATCH", f"/api/sessions/{session}", {"name": "x"}),
                 ("DELETE", f"/api/sessions/{session}", None),
                 ("POST", f"/api/sessions/{session}/messages", {"text": "x"}),
                 ("DELETE", f"/api/sessions/{session}/messages/m", None),
                 ("POST", f"/api/sessions/{session}/permissions",
                  {"toolName": "Bash", "command": "ls", "description": "x"}),
                 ("POST", "/api/keys", {"name": "x", "scopes": []}),
                 ("PATCH", "/api/config", {}), ("PUT", "/api/theme", {})],
    }
    for key, calls in refusals.items():
        with team.product.api(key) as caller:
            for method, path, body in calls:
                caller.refused(method, path, 403, body=body)
    with team.product.api(reader) as caller:
        assert caller.get(f"/api/sessions/{session}")["id"] == session


def test_answering_a_permission_needs_its_scope_over_websocket_too(team):
    session = team.make_session()["id"]
    permission = team.ask(session)["requestId"]
    reader = team.connect(team.make_key("sessions:read")["key"])
    reader.send("permission_response", sessionId=session, requestId=permission, allowed=True)
    answer = reader.expect("error")
    assert answer["payload"]["code"] in ("CHANNEL_FORBIDDEN", "PERMISSION_NOT_FOUND"), answer
    assert [p["requestId"] for p in team.api.get("/api/permissions")["items"]] == [permission]


def test_a_foreign_device_cannot_answer_a_permission(team, other_team):
    session = team.make_session()["id"]
    permission = team.ask(session)["requestId"]
    stranger = other_team.connect()
    stranger.send("permission_response", sessionId=session, requestId=permission, allowed=True)
    stranger.error("PERMISSION_NOT_FOUND")
    assert [p["requestId"] for p in team.api.get("/api/permissions")["items"]] == [permission]


def test_nothing_reaches_a_revoked_key_while_it_is_being_revoked(team):
    """Publish without a pause, revoke in the middle: after 4101 there is nothing, and a new
    connection is refused."""
    made = team.make_key("channels:read")
    client = team.listen(key=made["key"])
    stop = threading.Event()

    def produce():
        with team.product.api(team.key) as producer:
            while not stop.is_set():
                producer.publish(team.channel, "log_entry", {})

    thread = threading.Thread(target=produce)
    thread.start()
    try:
        client.expect("log_entry")
        team.api.delete(f"/api/keys/{made['id']}")
        client.closed(4101, within=2)

        def refused():
            try:
                Client(team.product, made["key"]).close()
            except Refused as answer:
                return answer.status == 401
            return False

        assert refused()
    finally:
        stop.set()
        thread.join()


def test_a_deleted_session_ends_its_subscriptions(team):
    session = team.make_session()["id"]
    client = team.listen(f"session:{session}")
    team.api.delete(f"/api/sessions/{session}")

    def forbidden():
        client.send("subscribe", channel=f"session:{session}")
        return client.expect("error")["payload"]["code"] == "CHANNEL_FORBIDDEN"

    assert eventually(forbidden, within=3)
