"""What a team owns, made when it is asked for, and the requests that name it."""

import itertools

from support.team import PASSWORD

_numbers = itertools.count()


class Things:
    """One team's things: a standing one of each kind, and fresh ones for calls that use them up."""

    def __init__(self, team, folder):
        self.team = team
        self.folder = folder
        self.standing = {}

    def request(self, rule, path, whose, is_fresh):
        """The path and body of a call on one of these things, or on what nobody has."""
        thing = {}
        if rule.ids:
            thing = self.unknown(rule.ids) if whose == "unknown" else self.thing(rule.ids, is_fresh)
        body = self.body(rule.body, thing) if rule.body else None
        return path.format(**{**self.unknown(""), **thing}), body

    def command(self, kind, whose):
        """The fields that name a thing in a WebSocket command."""
        if kind == "nothing":
            return {}
        if kind == "question":
            thing = self.unknown(kind) if whose == "unknown" else self.thing(kind, is_fresh=True)
            return {"sessionId": thing["id"], "requestId": thing["requestId"], "allowed": False}
        name = "nobodys" if whose == "unknown" else {
            "team": lambda: self.team.id}.get(kind, lambda: self.thing(kind)["id"])()
        return {"channel": f"{kind}:{name}"}

    def thing(self, kind, is_fresh=False):
        kind = kind.removesuffix(" to claim")
        if is_fresh:
            return self.make(kind)
        if kind not in self.standing:
            self.standing[kind] = self.make(kind)
        return self.standing[kind]

    def unknown(self, kind):
        name = f"nobodys-{next(_numbers)}" if kind.endswith("to claim") else "nobodys"
        return {"id": name, "messageId": name, "requestId": name, "channel": {
            "channel": "spec:nobodys"}.get(kind, "session:nobodys")}

    def make(self, kind):
        api, number = self.team.api, next(_numbers)
        if kind == "key":
            return {"id": self.team.make_key("publish")["id"]}
        if kind == "user":
            return {"id": api.post("/api/users", self.body("user", {}), status=201)["id"]}
        if kind == "workspace":
            return {"id": api.post("/api/workspaces", self.body("workspace", {}), status=201)["id"]}
        if kind in ("spec", "agent"):
            return {"id": self.team.own(kind, f"{kind}-{number}-{self.team.id}")["id"]}
        if kind == "channel":
            return {"channel": self.team.channel}
        # Of an agent outside, so that no worker runs it.
        session = self.team.make_session()["id"]
        asked = self.team.ask(session, timeoutMs=600_000)["requestId"]
        if kind == "question":
            return {"id": session, "requestId": asked}
        if kind == "message":
            path = f"/api/sessions/{session}/messages"
            return {"id": session, "messageId": api.post(path, {"text": "x"})["messageId"]}
        return {"id": session, "channel": f"session:{session}"}

    def body(self, kind, thing):
        number = next(_numbers)
        if kind == "workspace":
            folder = self.folder / f"w-{number}"
            folder.mkdir()
            return {"name": "w", "path": str(folder)}
        if kind == "login":
            if "login" not in self.standing:
                self.standing["login"] = self.team.make_user(f"signs-in-{self.team.id}")
            return {"user": self.standing["login"], "password": PASSWORD}
        return {
            "empty": {}, "name": {"name": f"n-{number}"}, "message": {"text": "x"},
            "key": {"name": "k", "scopes": ["publish"]}, "answer": {"allowed": False},
            "user": {"name": f"u-{number}-{self.team.id}", "password": PASSWORD},
            "question": {"toolName": "Bash", "command": "ls", "description": "Look"},
            "event": {"channel": thing.get("channel"), "type": "x_matrix", "payload": 1},
        }[kind]
