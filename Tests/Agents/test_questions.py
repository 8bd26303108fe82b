"""Modes, questions and rules, with tools that would really change something."""

import pytest

from support.conversation import bash, tool
from support.demo_model import MODEL_KEY
from support.waiting import eventually

WRITE = tool("Write", file_path="out.txt", content="written\n")


@pytest.mark.parametrize("way", ["websocket", "rest"])
def test_a_denial_is_the_tools_result_and_the_agent_goes_on(talk, way):
    session = talk(mode="ask")
    session.say(WRITE)
    request = session.asked()["requestId"]
    if way == "rest":
        session.answer(request, allowed=False)
    else:
        phone = session.team.connect()
        phone.send("permission_response", sessionId=session.id, requestId=request, allowed=False)
    run = session.ended()
    assert run.only("permission_resolved")["allowed"] is False
    assert run.result["isError"] and "denied" in run.result["result"]
    assert run.reason == "complete" and "was not done" in run.of("text_complete")[-1]["text"]
    assert not (session.folder / "out.txt").exists()
    session.is_well()


def test_a_question_names_the_call_that_waits_and_its_exact_input(talk):
    session = talk(mode="ask")
    session.say(WRITE, tool("Write", file_path="out.txt", content="else\n"))
    digests = set()
    for _ in range(2):
        asked = session.asked()
        starts = [event for event in session.history() if event["type"] == "tool_start"]
        assert asked["toolUseId"] == starts[-1]["toolUseId"]
        assert len(bytes.fromhex(asked["inputDigest"])) == 32
        digests.add(asked["inputDigest"])
        listed, = session.team.api.get(f"{session.path}/permissions")["items"]
        pending, = session.snapshot()["pendingPermissions"]
        assert pending == asked == {key: listed[key] for key in asked}
        session.answer(asked["requestId"], allowed=False)
    assert len(digests) == 2, "another content is another call"
    session.ended()


def test_silence_is_a_denial_and_the_agent_goes_on(talk):
    session = talk(mode="ask", permissionTimeoutMs=1_000)
    run = session.run(WRITE)
    request = run.only("permission_request")["request"]["requestId"]
    assert run.only("permission_timeout")["requestId"] == request
    assert run.result["isError"] and run.reason == "complete"
    assert not (session.folder / "out.txt").exists()
    session.team.api.refused(
        "POST", f"{session.path}/permissions/{request}", 409, body={"allowed": True})
    session.is_well()


def test_a_question_that_waits_for_ever_waits(talk):
    session = talk(mode="ask", permissionTimeoutMs=None)
    session.say(WRITE)
    assert session.asked()["expiresAt"] is None
    assert session.status() == "waiting"
    assert session.abort() and session.ended().reason == "interrupted"


# Modes

def test_safe_mode_reads_and_refuses_to_write(talk):
    session = talk(mode="safe")
    (session.folder / "a.txt").write_text("to be read\n")
    run = session.run(tool("Read", file_path="a.txt"), bash("cat a.txt; echo no > out.txt"), WRITE)
    read, command, write = run.of("tool_result")
    assert "to be read" in read["result"] and not read.get("isError")
    assert "to be read" in command["result"] and command["isError"], "it could write"
    assert write["isError"] and "safe mode" in write["result"]
    assert not run.of("permission_request")
    assert not (session.folder / "out.txt").exists()


def test_safe_mode_has_no_network_and_no_secrets(talk):
    session = talk(mode="safe")
    result = session.run(
        bash("exec 3<>/dev/tcp/127.0.0.1/%d" % session.product.port),
        bash("env; cat /proc/*/environ"), bash("ls /root /home /work 2>&1; ls %s 2>&1"
                                               % session.product.state))
    connect, environment, folders = result.of("tool_result")
    assert connect["isError"]
    assert "ANTHROPIC" not in environment["result"] and MODEL_KEY not in environment["result"]
    assert "config" not in folders["result"]


def test_allow_all_does_not_ask(talk):
    session = talk(mode="allow-all")
    run = session.run(WRITE, bash("echo more >> out.txt"))
    assert not run.of("permission_request")
    assert (session.folder / "out.txt").read_text() == "written\nmore\n"


def test_a_change_to_safe_in_mid_run_holds_for_the_next_tool(talk):
    session = talk(mode="ask", permissionTimeoutMs=None)
    session.say(bash("echo one > one.txt"), bash("echo two > two.txt"), WRITE)
    first = session.asked()["requestId"]
    phone = session.team.listen(session.channel)
    version = session.change_mode("safe")["modeVersion"]
    assert phone.expect("mode_changed")["modeVersion"] == version
    # An approval does not outrank the mode: the command runs, and may not write.
    session.answer(first)
    run = session.ended()
    assert len(run.of("permission_request")) == 1
    assert all(event["isError"] for event in run.of("tool_result")), run
    assert not list(session.folder.iterdir())
    assert run.reason == "complete"


def test_a_change_to_allow_all_in_mid_run_asks_no_more(talk):
    session = talk(mode="ask", permissionTimeoutMs=None)
    session.say(bash("echo one > one.txt"), bash("echo two > two.txt"), WRITE)
    first = session.asked()["requestId"]
    session.change_mode("allow-all")
    session.answer(first)
    run = session.ended()
    assert len(run.of("permission_request")) == 1
    assert {file.name for file in session.folder.iterdir()} == {"one.txt", "two.txt", "out.txt"}


# Rules

def test_always_allow_is_remembered_listed_and_revocable(talk):
    session = talk(mode="ask", permissionTimeoutMs=None)
    line = bash("ls -la")
    session.say(line)
    session.answer(session.asked()["requestId"], alwaysAllow=True)
    assert session.ended().only("permission_resolved")["alwaysAllow"] is True
    rules = session.team.api.get(f"{session.path}/rules")["items"]
    assert len(rules) == 1 and rules[0]["toolName"] == "Bash"
    assert not session.run(line).of("permission_request"), "asked again after always"
    session.team.api.delete(f"{session.path}/rules")
    assert session.team.api.get(f"{session.path}/rules")["items"] == []
    session.say(line)
    session.answer(session.asked()["requestId"], allowed=False)
    assert session.ended().result["isError"]


def test_a_rule_holds_within_the_run_that_made_it(talk):
    session = talk(mode="ask", permissionTimeoutMs=None)
    session.say(bash("ls -la"), bash("ls -la"))
    session.answer(session.asked()["requestId"], alwaysAllow=True)
    run = session.ended()
    assert len(run.of("permission_request")) == 1
    assert not [event for event in run.of("tool_result") if event.get("isError")]


@pytest.mark.parametrize("allowed, tried", [
    ("git status", "git push"),
    ("git status", "git status && rm -rf x"),
    ("git status", "git -c core.fsmonitor='touch pwned' status"),
    ("make", "make && rm -rf x"),
    ("make", "make; touch pwned"),
    ("make", "make $(touch pwned)"),
    ("make", "make > pwned"),
    ("ls -la", "ls -la | sh"),
    ("ls", "ls `touch pwned`"),
    ("ls", "PATH=. ls"),
])
def test_always_allow_does_not_stretch(talk, allowed, tried):
    """After "always" to one command, another one that begins alike still asks."""
    session = talk(mode="ask", permissionTimeoutMs=None)
    session.say(bash(allowed))
    session.answer(session.asked()["requestId"], alwaysAllow=True)
    session.ended()
    session.say(bash(tried))
    request = session.asked()
    assert request["command"] == tried
    session.answer(request["requestId"], allowed=False)
    session.ended()
    assert not list(session.folder.iterdir())


@pytest.mark.parametrize("command", [
    "bash -c 'touch x' --help", "find . -fprint x", "sed -n 1w/f a",
    "rm -rf x", "sh x", "env ls", "ls && ls", "ls; ls", "sudo ls", "python3 -c 1", "xargs touch"])
def test_always_allow_remembers_nothing_dangerous(talk, command):
    session = talk(mode="ask", permissionTimeoutMs=None)
    for _ in range(2):
        session.say(bash(command))
        session.answer(session.asked()["requestId"], alwaysAllow=True)
        session.ended()
    assert session.team.api.get(f"{session.path}/rules")["items"] == []


# The list of the issue: what tries to get out

OUTSIDE = [
    tool("Read", file_path="../secret.txt"),
    tool("Write", file_path="../secret.txt", content="x"),
    tool("Read", file_path="/etc/passwd"),
    tool("Write", file_path="/tmp/switchboard-escape.txt", content="x"),
    tool("Read", file_path="/proc/self/environ"),
    tool("Read", file_path="link/secret.txt"),
    tool("Write", file_path="link/new.txt", content="x"),
    tool("Edit", file_path="../secret.txt", old_string="secret", new_string="x"),
    tool("Glob", pattern="../*"),
    tool("Grep", pattern="secret", path=".."),
]


def test_no_file_tool_leaves_the_workspace(talk, tmp_path):
    session = talk()
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret\n")
    (session.folder / "link").symlink_to(tmp_path)
    run = session.run(*OUTSIDE)
    for line, event in zip(OUTSIDE, run.of("tool_result"), strict=True):
        assert "the secret" not in event["result"] and "root:" not in event["result"], line
        assert event["isError"] or "No " in event["result"], (line, event)
    assert secret.read_text() == "the secret\n"
    assert not (tmp_path / "new.txt").exists()


@pytest.mark.parametrize("mode", ["safe", "allow-all"])
def test_no_command_leaves_the_workspace(talk, tmp_path, mode):
    session = talk(mode=mode)
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret\n")
    commands = [
        f"cat {secret}", f"echo x > {secret}", f"cat ../{secret.name}",
        "cat /proc/1/environ /proc/self/environ", "touch /usr/pwned",
        "ln -s / root && ls root/work",
        f"find / -name {secret.name} 2>/dev/null; sed -n 'w{tmp_path}/new.txt' /etc/group",
        f"sort -o {tmp_path}/new.txt /etc/group", f"find /etc -fprint {tmp_path}/new.txt",
    ]
    run = session.run(*map(bash, commands))
    for command, result in zip(commands, run.results, strict=True):
        assert "the secret" not in result, command
        assert MODEL_KEY not in result and "ANTHROPIC" not in result, command
    assert secret.read_text() == "the secret\n"
    assert not (tmp_path / "new.txt").exists()


def test_background_processes_do_not_outlive_their_call(talk, processes):
    session = talk()
    mark = processes.mark
    run = session.run(
        bash(f"sleep {mark} & setsid sleep {mark} & (setsid nohup sleep {mark} &) ; echo away"))
    assert "away" in run.results[0]
    processes.gone()


def test_a_file_that_is_too_large_is_cut_off(talk):
    session = talk()
    result = session.run(
        bash("truncate -s 10G big && echo made; dd if=/dev/zero of=big bs=1 count=1 seek=10G"))
    assert result.result["isError"] or "made" not in result.results[0]
    big = session.folder / "big"
    assert not big.exists() or big.stat().st_size <= 1 << 30
    eventually(lambda: session.status() == "idle")
