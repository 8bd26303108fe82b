"""One case over real sockets: what each verb of a step does, and what it insists on (README.md)."""

import json
from contextlib import suppress

from websockets.exceptions import ConnectionClosed

ENVELOPE = {"timestamp": "2026-11-20T08:30:00.123Z", "encoding": "json"}


class CaseRun:
    """Plays a case's steps in order against one driver and the scripted server.

    What the app and the time do is the driver's; every other verb is a method here.
    """

    def __init__(self, case, server, driver):
        self.case, self.server, self.driver = case, server, driver
        self.reports = driver.reports
        self.ids = {}
        self.taken = {}
        self.events = 0

    def play(self):
        self.server.reset()
        self.driver.do({"start": {
            "url": self.server.url, "random": self.case.get("random", 0.5),
            "options": self.case.get("options", {})}})
        self.reports.clear()
        for number, step in enumerate([*self.case["steps"], {"end": {}}], 1):
            (verb, argument), = step.items()
            try:
                if act := getattr(self, f"_{verb}", None):
                    act(argument)
                else:
                    self.driver.do(step)
            except AssertionError as failure:
                raise AssertionError(
                    f"step {number}, {json.dumps(step)}: {failure}\n{self._story()}") from None

    # The server

    def _accept(self, _):
        self._known("opened", self.server.accept)

    def _refuse(self, argument):
        self._known("closed", lambda: self.server.refuse(
            argument["status"], argument.get("retryAfter")))

    def _send(self, message):
        self.events += 1
        self._sendText(json.dumps(
            {**ENVELOPE, "eventId": f"e{self.events}", **self._filled(message)}))

    def _sendText(self, text):
        self._known("message", lambda: self.server.send(text))

    def _close(self, argument):
        self._known("closed", lambda: self.server.close(
            argument["code"], argument.get("reason", "")))

    def _drop(self, _):
        self._known("closed", self.server.drop)

    def _establish(self, argument):
        self._attempt({})
        self._accept({})
        self._send({"type": "connected", "connectionId": "c", "heartbeatIntervalMs": 15_000,
                    **argument})
        while self._next_state()["state"] != "connected":
            pass

    def _known(self, event, act):
        """What the server does is over when the client has dealt with it, unless it has given up
        this connection before."""
        if self._socket()[-1:] == ["closing"]:
            with suppress(ConnectionClosed):
                act()
            return
        before = self.reports.count(event)
        act()
        self.reports.wait(lambda: self.reports.count(event) > before, f"the socket's '{event}'")

    def _socket(self):
        """What became of the client's newest socket, in order."""
        told = [line["socket"] for line in self.reports.lines if "socket" in line]
        return told[max(n for n, event in enumerate(told) if event == "created"):]

    # What must be seen

    def _attempt(self, argument):
        link = self._next("attempt", lambda: self.server.attempts, "an attempt to connect")
        self._match(argument.get("protocols", link.protocols), link.protocols)

    def _sent(self, argument):
        self._match(argument, self._next("sent", lambda: self.server.commands, "a command"))

    def _closed(self, argument):
        self._match(argument, self._next("closed", lambda: self.server.closings, "a close"))

    def _state(self, argument):
        self._match(argument, self._next_state())

    def _next_state(self):
        return self._next("state", lambda: self.reports.observed("state"), "a state")

    def _error(self, argument):
        self._match(argument, self._next("error", lambda: self.reports.observed("error"), "an error"))

    def _told(self, argument):
        handler = argument["to"]
        self._match(argument, self._next(handler, lambda: self._all_told(handler), "a message"))

    def _settled(self, argument):
        name = argument["as"]
        self._match(argument, self._next(
            f"settled {name}", lambda: self._all_settled(name), "the end of a promise"))

    def _noAttempt(self, _):
        created = self.reports.count("created")
        self.reports.wait(lambda: len(self.server.attempts) == created, "every attempt")
        self._nothing("attempt", self.server.attempts)

    def _sentNothing(self, _):
        self.reports.wait(self._has_every_command, "every command")
        self._nothing("sent", self.server.commands)

    def _has_every_command(self):
        links = self.server.links
        return (not links or links[-1].ended_by_server
                or links[-1].received == self._socket().count("sent"))

    def _toldNothing(self, handler):
        self._nothing(handler, self._all_told(handler))

    def _settledNothing(self, _):
        for name in {outcome["as"] for outcome in self.reports.observed("settled")}:
            self._nothing(f"settled {name}", self._all_settled(name))

    def _all_settled(self, name):
        return [outcome for outcome in self.reports.observed("settled") if outcome["as"] == name]

    def _all_told(self, handler):
        return [message for message in self.reports.observed("told") if message["to"] == handler]

    def _end(self, _):
        """Nothing may be left that no step has named."""
        self._noAttempt({})
        self._sentNothing({})
        self._settledNothing({})
        closed = self._accepted_and_closed()
        self.reports.wait(lambda: len(self.server.closings) == closed, "every close")
        self._nothing("closed", self.server.closings)
        for kind in ("state", "error"):
            self._nothing(kind, self.reports.observed(kind))
        for handler in {message["to"] for message in self.reports.observed("told")}:
            self._toldNothing(handler)

    def _accepted_and_closed(self):
        closed, is_open = 0, False
        for line in self.reports.lines:
            event = line.get("socket")
            closed += event == "closing" and is_open
            if event in ("created", "opened", "closing", "closed"):
                is_open = event == "opened"
        return closed

    # How

    def _next(self, kind, all, what):
        """The first of its kind that no step has taken yet."""
        position = self.taken.get(kind, 0)
        found = self.reports.wait(lambda: all()[position:], what)[0]
        self.taken[kind] = position + 1
        return found

    def _nothing(self, kind, all):
        extra = all[self.taken.get(kind, 0):]
        assert not extra, f"no more of '{kind}' was expected, and this came: {extra}"

    def _match(self, expected, actual, path=""):
        if isinstance(expected, dict) and set(expected) == {"$id"}:
            return self._match_id(expected["$id"], actual)
        if isinstance(expected, dict):
            assert isinstance(actual, dict), f"{path} is {actual}"
            for name, value in expected.items():
                if value == {"$absent": True}:
                    assert name not in actual, f"{path}{name} is there: {actual}"
                else:
                    assert name in actual, f"there is no {path}{name} in {actual}"
                    self._match(value, actual[name], f"{path}{name}.")
        elif isinstance(expected, list):
            assert isinstance(actual, list) and len(actual) == len(expected), f"{path} is {actual}"
            for one, other in zip(expected, actual):
                self._match(one, other, path)
        else:
            same = actual == expected and isinstance(actual, bool) == isinstance(expected, bool)
            assert same, f"{path} is {actual!r}, not {expected!r}"

    def _match_id(self, name, actual):
        assert isinstance(actual, str) and 1 <= len(actual) <= 64, f"{actual!r} is no id"
        if name not in self.ids:
            assert actual not in self.ids.values(), f"{actual} has another name: {self.ids}"
            self.ids[name] = actual
        assert actual == self.ids[name], f"{actual} is not {name}: {self.ids}"

    def _filled(self, value):
        if isinstance(value, dict) and set(value) == {"$id"}:
            return self.ids[value["$id"]]
        if isinstance(value, dict):
            return {name: self._filled(one) for name, one in value.items()}
        return [self._filled(one) for one in value] if isinstance(value, list) else value

    def _story(self):
        return "\n".join(json.dumps(line) for line in self.reports.lines[-25:])
