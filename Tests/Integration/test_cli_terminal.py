"""The CLI in a real terminal: colours, questions in place, Ctrl-C; and none of it in a pipe."""

import os
import signal

import pytest

from support.agent import Agent
from support.terminal import Terminal
from support.waiting import Stopwatch, eventually

ESCAPE = "\x1b["


@pytest.fixture
def agent(team):
    return Agent(team.api, team.make_session(name="in a terminal")["id"])


def test_listen_is_coloured_on_a_terminal(product, team):
    with Terminal("listen", team.channel, *product.remote(team.key)) as terminal:
        terminal.shows(f"listening to {team.channel} from ")
        team.api.publish(team.channel, "log_entry", {"line": "hello"})
        terminal.shows('{"line":"hello"}')
        assert f"{ESCAPE}1mlog_entry{ESCAPE}0m" in terminal.text
        terminal.press_ctrl_c()
        assert terminal.ends() == 130


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colours_gets_none(product, team, agent, env):
    with Terminal("listen", team.channel, *product.remote(team.key), env=env) as terminal:
        terminal.shows(f"listening to {team.channel} from ")
        team.api.publish(team.channel, "log_entry", {"line": "hello"})
        terminal.shows('{"line":"hello"}')
        assert ESCAPE not in terminal.text
    with Terminal("sessions", "show", agent.session, *product.remote(team.key), env=env) as terminal:
        assert terminal.ends() == 0
        assert "in a terminal" in terminal.text and ESCAPE not in terminal.text


def test_a_pipe_gets_no_colours(product, team, agent):
    for command in (["list"], ["show", agent.session]):
        code, out, _ = product.cli("sessions", *command, *product.remote(team.key), state=False)
        assert code == 0 and agent.session in out and ESCAPE not in out


def test_json_on_a_terminal_is_json(product, team, agent):
    with Terminal("sessions", "show", agent.session, "--json", *product.remote(team.key)) as terminal:
        assert terminal.ends() == 0
        assert ESCAPE not in terminal.text and terminal.text.startswith("{")


@pytest.mark.parametrize("way", ["state", "url"])
def test_send_shows_text_tools_and_questions_in_place(product, team, agent, way):
    options = product.remote(team.key) if way == "url" else ["--state", str(product.state)]
    with Terminal("send", agent.session, "Go", *options) as terminal:
        agent.is_asked("Go")
        agent.tell("text_delta", delta="Let me look.", turnId="t1")
        terminal.shows("Let me look.")
        agent.tell("text_complete", text="Let me look.", turnId="t1", isIntermediate=True)
        agent.tell("tool_start", toolName="Bash", toolUseId="u1", toolInput={"command": "ls"})
        terminal.shows("→ Bash ls")
        request = team.ask(agent.session)["requestId"]
        terminal.shows("Allow it? y = yes, n = no, a = always, which remembers git status, ")
        terminal.type("y\n")
        terminal.shows("allowed by")
        path = f"/api/sessions/{agent.session}/permissions"
        assert team.api.get(path)["items"] == [], request
        agent.tell("tool_result", toolUseId="u1", toolName="Bash", result="a")
        agent.tell("text_complete", text="Done.", turnId="t2")
        agent.tell("complete", reason="complete")
        assert terminal.ends() == 0
        assert f"{ESCAPE}2m→ Bash ls{ESCAPE}0m" in terminal.text
        assert terminal.text.endswith("← Bash: a" + f"{ESCAPE}0m\nDone.\n")


def test_ctrl_c_stops_the_run_first(product, team, agent):
    with Terminal("send", agent.session, "Go", *product.remote(team.key)) as terminal:
        agent.is_asked("Go")
        agent.tell("text_delta", delta="I am", turnId="t1")
        terminal.shows("I am")
        terminal.press_ctrl_c()
        assert terminal.ends() == 130
        assert "stopping; Ctrl-C again does not wait for it" in terminal.text
        assert "interrupted: aborted" in terminal.text
    assert team.api.get(f"/api/sessions/{agent.session}")["status"] == "interrupted"


def test_ctrl_c_quits_second(own_product):
    """Nothing answers the abort: the second Ctrl-C does not wait for it."""
    product = own_product()
    with product.api() as api:
        agent = Agent(api, api.post("/api/sessions", {"name": "s"}, status=201)["id"])
        with Terminal("send", agent.session, "Go", *product.remote()) as terminal:
            agent.is_asked("Go")
            agent.tell("text_delta", delta="I am", turnId="t1")
            terminal.shows("I am")
            fcgi = product.pid("fcgi")
            os.kill(fcgi, signal.SIGSTOP)
            try:
                terminal.press_ctrl_c()
                terminal.shows("stopping; Ctrl-C again does not wait for it")
                assert terminal.process.poll() is None
                watch = Stopwatch()
                terminal.press_ctrl_c()
                assert terminal.ends() == 130
                assert watch.seconds < 3
            finally:
                os.kill(fcgi, signal.SIGCONT)
        assert api.get(f"/api/sessions/{agent.session}")["status"] in ("running", "interrupted")


def test_a_session_is_shown_with_what_is_going_on(product, team, agent):
    team.api.post(f"/api/sessions/{agent.session}/messages", {"text": "What is here?"}, status=202)
    agent.tell("text_complete", text="Two files:\na and \x1b[2Jb", turnId="t1")
    agent.tell("usage", inputTokens=1200, outputTokens=80, contextTokens=500, contextWindow=1000)
    request = team.ask(agent.session, command="rm -rf build")["requestId"]
    remote = [*product.remote(team.key)]

    def shown():
        code, out, err = product.cli("sessions", "show", agent.session, *remote, state=False)
        assert code == 0, err
        return out
    out = eventually(lambda: (text := shown()) and "Two files" in text and text, within=10)
    assert f"in a terminal ({agent.session})" in out
    assert "mode      ask" in out and "status    waiting" in out
    assert "context 50 % of 1000" in out
    assert f"  {request} Bash rm -rf build" in out and "\x1b" not in out
    assert "  user: What is here?" in out and "  assistant: Two files: ⏎ a and " in out
    local = product.cli_json("sessions", "show", agent.session)
    assert local["id"] == agent.session and local["status"] == "waiting"
    assert [question["requestId"] for question in local["permissions"]] == [request]
    assert [message["role"] for message in local["messages"]] == ["user", "assistant"]
    few = product.cli_json("sessions", "show", agent.session, "--messages", "1")
    assert [message["role"] for message in few["messages"]] == ["assistant"]
    assert product.cli("sessions", "show", agent.session, "--messages", "900")[0] == 2
    assert product.cli("sessions", "show", "nobodys")[0] == 1
