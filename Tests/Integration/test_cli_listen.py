"""`switchboard listen`: lines as they come, resumed over reconnects, ended when it must be."""

import json
import signal
import subprocess
import threading

import pytest

from support.product import executables
from support.waiting import Stopwatch, eventually


class Running:
    """A CLI command under way; its lines come as they are printed."""

    def __init__(self, product, *arguments):
        self.process = subprocess.Popen(
            [executables() / "switchboard", *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.lines, self.errors = [], []
        self.readers = [
            threading.Thread(target=self.read, args=(self.process.stdout, self.lines)),
            threading.Thread(target=self.read, args=(self.process.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for reader in self.readers:
            reader.join(5)

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)


@pytest.mark.parametrize("way", ["state", "url"])
def test_listen_prints_each_publication_as_a_line(product, team, way):
    options = product.remote(team.key) if way == "url" else ["--state", str(product.state)]
    with Running(product, "listen", team.channel, "--json", *options) as listen:
        for n in range(1000):
            team.api.publish(team.channel, "log_entry", {"n": n})
            if any('"log_entry"' in line for line in listen.lines):
                break
        eventually(lambda: any('"log_entry"' in line for line in listen.lines), within=10)
        team.api.publish(team.channel, "task_completed", {"last": True})
        eventually(lambda: any("task_completed" in line for line in listen.lines), within=5)
        events = [json.loads(line) for line in listen.lines]
        offsets = [event["offset"] for event in events if "offset" in event]
        assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))
        assert listen.interrupt() == 130


def test_listen_since_the_beginning_prints_history_first(product, team):
    for n in range(3):
        last = team.api.publish(team.channel, "log_entry", {"n": n})
    options = ["--since", f"{last['epoch']}:0", "--json", *product.remote(team.key)]
    with Running(product, "listen", team.channel, *options) as listen:
        eventually(lambda: len([l for l in listen.lines if "log_entry" in l]) == 3, within=10)
        assert listen.interrupt() == 130


def test_listen_with_a_wrong_key_ends_at_once(product):
    """A peer that put "bad credential" into the reconnect range looped for ever."""
    watch = Stopwatch()
    with Running(product, "listen", "team:x", *product.remote("wrong")) as listen:
        assert listen.process.wait(10) == 1
        assert watch.seconds < 8
        eventually(lambda: listen.errors, within=2)
        assert "INVALID_API_KEY" in " ".join(listen.errors)


def test_listen_ends_when_its_key_is_revoked(product, team):
    made = team.make_key("channels:read")
    options = ["--json", *product.remote(made["key"])]
    with Running(product, "listen", team.channel, *options) as listen:
        for _ in range(1000):
            team.api.publish(team.channel, "log_entry", {})
            if listen.lines:
                break
        team.api.delete(f"/api/keys/{made['id']}")
        assert listen.process.wait(10) == 1


def test_listen_survives_the_death_of_every_process(own_product):
    """It reconnects and resumes: what came during the reconnect is printed, once, in order."""
    product = own_product()
    channel = f"team:{product.ready['teamId']}"
    with product.api() as api, Running(
            product, "listen", channel, "--json", *product.remote()) as listen:
        def publish(n):
            answer = None
            while answer != 200:
                answer = api.try_status("POST", "/api/publish", json={
                    "channel": channel, "type": "log_entry", "payload": {"n": n},
                    "eventId": f"n-{n}"})

        def numbers():
            entries = [line for line in listen.lines if "log_entry" in line]
            return [json.loads(line)["payload"]["n"] for line in entries]

        number = 0
        while not numbers() and number < 2000:
            publish(number)
            number += 1
        first = eventually(numbers, within=5)[0]
        for role in ("ws", "hub", "fcgi", "ws"):
            old = product.kill(role)
            for _ in range(5):
                publish(number)
                number += 1
            product.restarted(role, old)
        eventually(lambda: numbers() and numbers()[-1] == number - 1, within=30,
                   what="the last publication in the listener's output")
        assert numbers() == list(range(first, number))
        # What happened is said beside the messages, not among them.
        assert any(line.startswith("interrupted: ") for line in listen.errors)
        assert any(line.startswith(f"resumed {channel} at ") and line.endswith("nothing was missed")
                   for line in listen.errors)
        assert listen.interrupt() == 130


def test_listen_says_at_once_that_nobody_answers(product):
    """Only who was connected once comes back by itself."""
    with Running(product, "listen", "team:x", "--url", "https://localhost:1", "--key", "k") as listen:
        assert listen.process.wait(10) == 1
        eventually(lambda: listen.errors, within=2)
        assert "localhost" in " ".join(listen.errors)


def test_listen_to_a_foreign_channel_ends_with_the_reason(product, team, other_team):
    with Running(product, "listen", other_team.channel, *product.remote(team.key)) as listen:
        assert listen.process.wait(10) == 1
        eventually(lambda: "CHANNEL_FORBIDDEN" in " ".join(listen.errors), within=2)


def test_listen_follows_several_channels_and_changes_of_configuration(own_product):
    product = own_product()
    with product.api() as api:
        team = f"team:{product.ready['teamId']}"
        session = f"session:{api.post('/api/sessions', {'name': 's'}, status=201)['id']}"
        with Running(product, "listen", team, session, "--json", *product.remote()) as listen:
            eventually(lambda: len(listen.errors) == 2, within=10)
            api.publish(team, "log_entry", {})
            api.post(f"/api/sessions/{session.removeprefix('session:')}/messages",
                     {"text": "hi"}, status=202)
            product.theme_file.parent.mkdir(mode=0o700, exist_ok=True)
            product.theme_file.write_text("{}")

            def types():
                return {json.loads(line)["type"] for line in listen.lines}
            eventually(lambda: {"log_entry", "user_message", "config_changed"} <= types(),
                       within=10, what=f"all three, not {types()}")
            assert listen.interrupt() == 130
