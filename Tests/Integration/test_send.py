"""`switchboard send`: an answer on the terminal, its questions, its end. The test plays the agent."""

import json
import os
import pty
import signal
import subprocess
import threading

import pytest

from support.agent import Agent
from support.product import executables
from support.waiting import eventually


class Send:
    """`switchboard send` under way, with standard input and error on a terminal or not."""

    def __init__(self, product, *arguments, terminal=False):
        self.product, self.output, self.errors = product, bytearray(), bytearray()
        self.master = stdin = None
        errors_read, errors_write = os.pipe()
        if terminal:
            self.master, stdin = pty.openpty()
            os.close(errors_read)
            os.close(errors_write)
            errors_read, errors_write = self.master, stdin
        self.process = subprocess.Popen(
            [executables() / "switchboard", "send", *arguments], stdout=subprocess.PIPE,
            stdin=stdin if terminal else subprocess.DEVNULL, stderr=errors_write)
        os.close(errors_write)
        self.readers = [
            threading.Thread(target=self.read, args=(self.process.stdout.fileno(), self.output)),
            threading.Thread(target=self.read, args=(errors_read, self.errors))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(descriptor, into):
        try:
            while data := os.read(descriptor, 65536):
                into.extend(data)
        except OSError:
            pass  # A terminal whose other side is closed.

    @property
    def text(self):
        return self.output.decode()

    def says(self, words, within=10):
        eventually(lambda: words in self.errors.decode(), within=within,
                   what=f"{words!r} in {self.errors.decode()!r}")

    def shows(self, text, within=10):
        eventually(lambda: self.text == text, within=within, what=f"{text!r}, not {self.text!r}")

    def type(self, line):
        os.write(self.master, f"{line}\n".encode())

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def ends(self, within=15):
        status = self.process.wait(within)
        for reader in self.readers:
            reader.join(5)
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


@pytest.fixture
def agent(team):
    return Agent(team.api, team.make_session(name="sent to")["id"])


@pytest.mark.parametrize("way", ["state", "url"])
def test_an_answer_streams_to_standard_output(product, team, agent, way):
    options = product.remote(team.key) if way == "url" else ["--state", str(product.state)]
    with Send(product, agent.session, "Hello?", *options) as send:
        agent.is_asked("Hello?")
        agent.tell("text_delta", delta="Let me ", turnId="t1")
        send.shows("Let me ")
        agent.tell("text_delta", delta="look.", turnId="t1")
        agent.tell("text_complete", text="Let me look.", turnId="t1", isIntermediate=True)
        agent.tell("tool_start", toolName="Bash", toolUseId="u1", toolInput={"command": "ls"})
        agent.tell("tool_result", toolUseId="u1", toolName="Bash", result="a\nb")
        agent.tell("text_complete", text="Done.", turnId="t2")
        agent.tell("complete", reason="complete")
        assert send.ends() == 0
        assert send.text == "Let me look.\nDone.\n"
        assert send.errors.decode() == "→ Bash ls\n← Bash: a (and 1 more line)\n"


def test_with_json_each_event_is_a_line(product, team, agent):
    with Send(product, agent.session, "Hello?", "--json", *product.remote(team.key)) as send:
        agent.is_asked("Hello?")
        agent.tell("text_complete", text="Hi", turnId="t1")
        agent.tell("complete", reason="error")
        assert send.ends() == 1
    events = [json.loads(line) for line in send.text.splitlines()]
    assert [e["type"] for e in events] == ["user_message", "text_complete", "complete"]
    offsets = [e["offset"] for e in events]
    assert offsets == list(range(offsets[0], offsets[0] + 3))


def test_without_a_session_one_is_made(product, team):
    with Send(product, "Hi", "--name", "made by send", "--mode", "safe",
              *product.remote(team.key)) as send:
        send.says("session ")
        session = send.errors.decode().split()[1]
        found = team.api.get(f"/api/sessions/{session}")
        assert (found["name"], found["mode"]) == ("made by send", "safe")
        send.interrupt()
        assert send.ends() == 130


@pytest.mark.parametrize("line, allowed, always", [("y", True, False), ("n", False, False)])
def test_a_question_is_asked_on_the_terminal(product, team, agent, line, allowed, always):
    with Send(product, agent.session, "Go", *product.remote(team.key), terminal=True) as send:
        agent.is_asked("Go")
        watcher = team.listen(f"session:{agent.session}")
        request = team.ask(agent.session)["requestId"]
        send.says("Allow it?")
        send.type("maybe")
        eventually(lambda: send.errors.decode().count("Allow it?") == 2, within=10)
        send.type(line)
        resolved = watcher.expect("permission_resolved")
        assert (resolved["requestId"], resolved["allowed"]) == (request, allowed)
        assert resolved["alwaysAllow"] == always
        send.says("allowed by" if allowed else "denied by")
        agent.tell("complete", reason="complete")
        assert send.ends() == 0


def test_a_line_typed_before_a_question_does_not_answer_it(product, team, agent):
    with Send(product, agent.session, "Go", *product.remote(team.key), terminal=True) as send:
        agent.is_asked("Go")
        send.type("y")
        request = team.ask(agent.session)["requestId"]
        send.says("Allow it?")
        path = f"/api/sessions/{agent.session}/permissions"
        assert [p["requestId"] for p in team.api.get(path)["items"]] == [request]
        # Somebody else may answer, and then it is not asked any more.
        team.api.post(f"{path}/{request}", {"allowed": False})
        send.says("denied by")


def test_without_a_terminal_somebody_else_answers(product, team, agent):
    with Send(product, agent.session, "Go", *product.remote(team.key)) as send:
        agent.is_asked("Go")
        request = team.ask(agent.session)["requestId"]
        send.says(f"waiting for permission {request}")
        team.api.post(f"/api/sessions/{agent.session}/permissions/{request}", {"allowed": True})
        send.says("allowed by")
        agent.tell("complete", reason="complete")
        assert send.ends() == 0


def test_ctrl_c_stops_the_run_and_ends_with_130(product, team, agent):
    with Send(product, agent.session, "Go", *product.remote(team.key)) as send:
        agent.is_asked("Go")
        agent.tell("text_delta", delta="I am", turnId="t1")
        send.shows("I am")
        send.interrupt()
        assert send.ends() == 130
        assert "interrupted: aborted" in send.errors.decode()
    assert team.api.get(f"/api/sessions/{agent.session}")["status"] == "interrupted"


def test_ctrl_c_takes_a_waiting_message_back_and_leaves_the_run_alone(product, team, agent):
    agent.tell("text_delta", delta="busy", turnId="t0")
    with Send(product, agent.session, "Later", *product.remote(team.key)) as send:
        send.says("waits for its turn")
        send.interrupt()
        assert send.ends() == 130
    assert team.api.get(f"/api/sessions/{agent.session}")["status"] == "running"
    path = f"/api/sessions/{agent.session}/messages"
    assert [m for m in team.api.get(path)["items"] if m["role"] == "user"] == []


def test_a_message_that_no_agent_takes_up_says_so_and_waits(own_product):
    product = own_product()
    supervisor = product.process.pid
    os.kill(supervisor, signal.SIGSTOP)
    try:
        product.kill("agent")
        options = ["--state", str(product.state)]
        with product.api() as api:
            session = api.post("/api/sessions", {"name": "s"}, status=201)["id"]
        with Send(product, session, "Anybody?", *options) as send:
            send.says("no agent has begun to answer")
            code, out, err = product.cli("doctor", within=60)
            assert code == 0 and "no agent worker is connected" in out, out + err
            send.interrupt()
            assert send.ends() == 130
    finally:
        os.kill(supervisor, signal.SIGCONT)


def test_what_cannot_be_sent_is_said(product, team):
    with Send(product, "nobodys", "Hi", *product.remote(team.key)) as send:
        assert send.ends() == 1
        assert "CHANNEL_FORBIDDEN" in send.errors.decode()
    assert product.cli("send", "a", "b", "c")[0] == 2
    assert product.cli("send", "a", "b", "--mode", "ask")[0] == 2


def test_a_deleted_session_ends_it(product, team, agent):
    for options in (product.remote(team.key), ["--state", str(product.state)]):
        session = team.make_session()["id"]
        theirs = Agent(team.api, session)
        with Send(product, session, "Hi", *options) as send:
            theirs.is_asked("Hi")
            team.api.delete(f"/api/sessions/{session}")
            assert send.ends() == 1


@pytest.mark.parametrize("way", ["state", "url"])
def test_the_answer_is_whole_after_the_death_of_every_process(own_product, way):
    """Nothing is lost and nothing repeated, whatever dies while it is written."""
    product = own_product()
    options = product.remote() if way == "url" else ["--state", str(product.state)]
    with product.api() as api:
        agent = Agent(api, api.post("/api/sessions", {"name": "s"}, status=201)["id"])
        with Send(product, agent.session, "Count", *options) as send:
            agent.is_asked("Count")
            written = ""
            for role in ("ws", "hub", "fcgi", "hub"):
                old = product.kill(role)
                for _ in range(4):
                    word = f"{len(written)} "
                    agent.tell("text_delta", delta=word, turnId="t1")
                    written += word
                product.restarted(role, old)
            agent.tell("text_complete", text=written, turnId="t1")
            agent.tell("complete", reason="complete")
            assert send.ends(40) == 0
            assert send.text == written + "\n"
