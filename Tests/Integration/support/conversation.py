"""A session with an agent as people see it: what they say, and what each run tells them."""

import json


class Conversation:
    """A session whose agent works in `folder`, and a device that watches it from the beginning.

    `ended()` reads one run after the other, so that a test sees exactly what belongs to each.
    """

    def __init__(self, team, folder, mode="allow-all", **fields):
        self.team, self.folder, self.product = team, folder, team.product
        self.workspace = team.api.post(
            "/api/workspaces", {"name": folder.name, "path": str(folder)}, status=201)["id"]
        self.id = team.make_session(workspaceId=self.workspace, mode=mode, **fields)["id"]
        self.path = f"/api/sessions/{self.id}"
        self.channel = f"session:{self.id}"
        self.device = team.listen(self.channel)
        self.read = len(self.device.messages)

    # What people do

    def say(self, *lines, **more):
        """Send a message; returns the hub's answer {messageId, status}."""
        return self.team.api.post(
            f"{self.path}/messages", {"text": "\n".join(lines), **more}, status=202)

    def run(self, *lines, within=30, **more):
        """Send a message and wait for the end of its run."""
        self.say(*lines, **more)
        return self.ended(within)

    def abort(self):
        return self.team.api.post(f"{self.path}/abort")["aborted"]

    def answer(self, request, allowed=True, **more):
        return self.team.api.post(
            f"{self.path}/permissions/{request}", {"allowed": allowed, **more}, status=200)

    def change_mode(self, mode):
        return self.team.api.patch(self.path, {"mode": mode})

    # What they see

    def expect(self, type, within=20, **fields):
        """Read on until such an event; it stays part of its run."""
        return self.device.expect(type, within, **fields)

    def asked(self, within=20):
        """Read on until a question; returns its request."""
        return self.expect("permission_request", within)["request"]

    def ended(self, within=30):
        """Read on until the end of the next run that was not read yet."""
        seen = self.device.messages[self.read:]
        if not any(event["type"] == "complete" for event in seen):
            self.device.expect("complete", within)
        seen = self.device.messages[self.read:]
        end = next(n for n, event in enumerate(seen) if event["type"] == "complete")
        self.read += end + 1
        return Run([event for event in seen[:end + 1] if event.get("channel") == self.channel])

    def snapshot(self):
        with self.team.product.connect(self.team.key) as device:
            return device.subscribe(self.channel)["snapshot"]

    def status(self):
        return self.team.api.get(self.path)["status"]

    def messages(self):
        """Every message over REST, over as many pages as it takes."""
        found, more = [], {"limit": 200}
        while True:
            page = self.team.api.get(f"{self.path}/messages", params=more)
            found += page["items"]
            if not page["nextCursor"]:
                return found
            more = {"limit": 200, "cursor": page["nextCursor"]}

    def history(self):
        """Every event of the session, as it is kept."""
        return self.team.api.history(self.channel)

    def is_well(self):
        """The next message works, and nothing of an earlier run is left over."""
        self.drain()
        run = self.run("demo:stream 5")
        assert run.reason == "complete", run
        assert run.text == "tok0 tok1 tok2 tok3 tok4", run
        assert len(run.of("text_complete")) == 1, run
        self.is_idle()

    def is_idle(self):
        snapshot = self.snapshot()
        assert snapshot["status"] in ("idle", "interrupted", "failed"), snapshot
        for left in ("textInFlight", "runningTools", "pendingPermissions", "queuedMessages"):
            assert not snapshot[left], snapshot
        completes = [event for event in self.history() if event["type"] == "complete"]
        answered = [m for m in self.messages() if m["role"] == "user"]
        assert len(completes) == len(answered), "not exactly one `complete` for each message"

    def drain(self):
        """Read what has come already: nothing of it may belong to a run after its end."""
        late = [m for m in self.device.until_pong() if m.get("channel") == self.channel]
        assert not [m for m in late if m["type"] not in ("mode_changed",)], late
        self.read = len(self.device.messages)


class Run:
    """The events of one run, its `complete` last."""

    def __init__(self, events):
        self.events = events

    def __repr__(self):
        return "\n".join(json.dumps(event)[:400] for event in self.events[-12:])

    @property
    def reason(self):
        return self.events[-1]["reason"]

    @property
    def types(self):
        """The types in order, repetitions of text left out."""
        kept = []
        for event in self.events:
            if event["type"] != "text_delta" or kept[-1:] != ["text_delta"]:
                kept.append(event["type"])
        return kept

    def of(self, type):
        return [event for event in self.events if event["type"] == type]

    def only(self, type):
        found = self.of(type)
        assert len(found) == 1, f"{len(found)} {type}:\n{self}"
        return found[0]

    @property
    def text(self):
        return "".join(event["delta"] for event in self.of("text_delta"))

    @property
    def results(self):
        """Text of every tool's result, in order."""
        return [event["result"] for event in self.of("tool_result")]

    @property
    def result(self):
        return self.only("tool_result")


def tool(name, **input):
    """A line that makes the demo model use this tool with this input."""
    return f"demo:tool {name} {json.dumps(input)}"


def bash(command, **more):
    return tool("Bash", command=command, **more)
