"""Any process may die in mid-run: the session ends truthfully or goes on, and nothing is left."""

import os
import signal

import pytest

from support.conversation import bash, tool
from support import processes as machine
from support.trickle import Resumer
from support.waiting import Stopwatch, eventually

WRITE = tool("Write", file_path="out.txt", content="written\n")


def lost(session, within=30):
    run = session.ended(within)
    assert run.reason == "interrupted"
    assert run.only("interrupted")["reason"] == "agent_lost"
    return run


def well_again(session):
    """A new agent worker takes the next message, with the whole conversation before it."""
    eventually(lambda: session.status() in ("interrupted", "idle"))
    session.is_well()


def test_a_killed_agent_worker_in_mid_stream(own_talk):
    session = own_talk()
    session.say("demo:stream 100000")
    session.expect("text_delta")
    session.product.kill("agent")
    lost(session)
    well_again(session)


def test_a_killed_agent_worker_in_mid_tool_leaves_no_process(own_talk, processes):
    session = own_talk()
    mark = processes.mark
    session.say(bash(f"echo began > began.txt; sleep {mark} & setsid sleep {mark} & wait"))
    eventually(lambda: len(processes.sleeping()) == 2, what="the tool's processes")
    session.product.kill("agent")
    run = lost(session)
    processes.gone()
    assert run.result["isError"] and "unknown" in run.result["result"]
    assert (session.folder / "began.txt").exists()
    well_again(session)


def test_a_killed_agent_worker_with_a_question_pending(own_talk):
    session = own_talk(mode="ask", permissionTimeoutMs=None)
    session.say(WRITE)
    request = session.asked()["requestId"]
    session.product.kill("agent")
    run = lost(session)
    assert run.only("permission_resolved")["allowed"] is False
    session.team.api.refused("POST", f"{session.path}/permissions/{request}", 409,
                             body={"allowed": True})
    session.change_mode("allow-all")
    well_again(session)
    assert not (session.folder / "out.txt").exists()


def test_messages_behind_a_lost_run_are_run_by_the_next_worker(own_talk):
    session = own_talk()
    session.say("demo:stream 100000")
    session.expect("text_delta")
    session.say(bash("echo ran >> count.txt"), clientMessageId="next")
    session.product.kill("agent")
    lost(session)
    run = session.ended()
    assert run.reason == "complete"
    assert (session.folder / "count.txt").read_text() == "ran\n"
    session.is_well()


def test_a_stopped_agent_worker_drains(own_talk, processes):
    session = own_talk()
    session.say(bash(f"sleep {processes.mark}"))
    eventually(processes.sleeping, what="the tool's process")
    old = session.product.kill("agent", number=signal.SIGTERM)
    run = session.ended()
    assert run.reason == "interrupted" and run.only("interrupted")["reason"] == "restart"
    assert run.result["isError"]
    eventually(lambda: not machine.alive(old), within=10, what="the end of the old agent worker")
    processes.gone()
    session.product.restarted("agent", old)
    well_again(session)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_hub_that_ends_in_mid_stream_loses_nothing_that_counts(own_talk, end):
    session = own_talk()
    with Resumer(session.product, session.channel, session.team.key) as resumer:
        session.say("demo:stream 300")
        eventually(lambda: "tok20" in resumer.text, what="some text")
        old = session.product.kill("hub", number=end)
        session.product.restarted("hub", old)
        eventually(lambda: complete(session), within=30, what="the end of the run")
        events = session.history()
        eventually(lambda: resumer.position[1] == events[-1]["offset"], what="the last event")
    ids = {event["eventId"] for event in events}
    assert {event for _, event in resumer.received} <= ids, "seen, and not kept"
    offsets = [offset for offset, _ in resumer.received]
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))
    ends = [event for event in events if event["type"] == "complete"]
    assert len(ends) == 1
    assert ends[0]["reason"] == "complete", "the run went on without the hub"
    whole = [f"tok{n}" for n in range(300)]
    text = [event["text"].split() for event in events if event["type"] == "text_complete"]
    assert text == [whole]
    preview = "".join(event["delta"] for event in events if event["type"] == "text_delta").split()
    # What is streamed while nobody can be told, or was held when the hub died, comes later.
    assert preview == whole
    reconnected(session)
    session.is_well()


def complete(session):
    with session.product.api(session.team.key) as api:
        if api.try_status("GET", session.path) != 200:
            return False
        return [e for e in api.history(session.channel) if e["type"] == "complete"]


def reconnected(session):
    """The device of the conversation comes back, as a browser would."""
    session.device = session.team.listen(session.channel)
    session.read = len(session.device.messages)


def test_a_killed_hub_with_a_question_pending(own_talk):
    session = own_talk(mode="ask", permissionTimeoutMs=None)
    session.say(WRITE)
    request = session.asked()["requestId"]
    old = session.product.kill("hub")
    session.product.restarted("hub", old)
    reconnected(session)
    pending = session.team.api.get(f"{session.path}/permissions")["items"]
    assert [item["requestId"] for item in pending] == [request], "the question is still there"
    session.answer(request)
    assert session.ended().reason == "complete"
    assert (session.folder / "out.txt").read_text() == "written\n"
    session.is_well()


def test_a_killed_hub_in_mid_tool_runs_it_once(own_talk):
    session = own_talk()
    session.say(bash("echo ran >> count.txt; until test -e go.txt; do sleep 0.05; done"))
    eventually(lambda: (session.folder / "count.txt").exists(), what="the tool at work")
    old = session.product.kill("hub")
    session.product.restarted("hub", old)
    (session.folder / "go.txt").write_text("go\n")
    eventually(lambda: complete(session), within=40, what="the end of the run")
    assert (session.folder / "count.txt").read_text() == "ran\n"
    reconnected(session)
    session.is_well()


def test_a_run_outlives_a_hub_that_is_away_for_long(own_talk):
    """Nobody can have been given its session meanwhile."""
    session = own_talk()
    with Resumer(session.product, session.channel, session.team.key):
        session.say(bash("echo ran >> count.txt; until test -e go.txt; do sleep 0.05; done"))
        eventually(lambda: (session.folder / "count.txt").exists(), what="the tool at work")
        session.product.process.send_signal(signal.SIGSTOP)
        try:
            old = session.product.kill("hub")
            passed(12)
            (session.folder / "go.txt").write_text("go\n")
        finally:
            session.product.process.send_signal(signal.SIGCONT)
        session.product.restarted("hub", old)
        eventually(lambda: complete(session), within=30, what="the end of the run")
    assert complete(session)[0]["reason"] == "complete"
    assert (session.folder / "count.txt").read_text() == "ran\n"
    reconnected(session)
    session.is_well()


def test_every_worker_killed_at_once_in_mid_run(own_talk, processes):
    session = own_talk()
    session.say(bash(f"sleep {processes.mark}"))
    eventually(processes.sleeping, what="the tool's process")
    old = session.product.pids()
    for role in ("agent", "hub", "fcgi", "ws"):
        os.kill(session.product.pid(role), signal.SIGKILL)
    for role in ("agent", "hub", "fcgi"):
        session.product.restarted(role, old[role])
    processes.gone()
    eventually(lambda: complete(session), within=40, what="the end of the run")
    reconnected(session)
    session.is_well()


def test_a_frozen_agent_worker_is_given_up_and_writes_nothing_when_it_thaws(own_talk):
    """Its link stays up, so nothing but the lease's own time, 20 s, tells that it is gone."""
    session = own_talk()
    session.say("demo:stream 100000")
    session.expect("text_delta")
    agent = session.product.pid("agent")
    os.kill(agent, signal.SIGSTOP)
    try:
        lost(session, within=45)
        session.say("demo:stream 4")
    finally:
        os.kill(agent, signal.SIGCONT)
    run = session.ended()
    assert run.reason == "complete" and run.text == "tok0 tok1 tok2 tok3"
    session.is_well()
    assert session.product.pid("agent") == agent


def passed(seconds):
    time = Stopwatch()
    eventually(lambda: time.seconds > seconds, seconds + 5, every=0.005, what=f"{seconds} s")


def test_an_agent_worker_that_stood_still_for_a_moment_goes_on(own_talk):
    """Longer than the hub may leave it without an answer: the answers wait in its socket."""
    session = own_talk()
    agent = session.product.pid("agent")
    session.say("demo:stream 600")
    session.expect("text_delta")
    passed(seconds=0.03)  # in the middle of a batch, whose reports have no answer yet
    os.kill(agent, signal.SIGSTOP)
    try:
        passed(seconds=6)
    finally:
        os.kill(agent, signal.SIGCONT)
    run = session.ended(within=60)
    assert run.reason == "complete"
    assert run.text.split() == [f"tok{n}" for n in range(600)]
    assert "hub link is down" not in session.product.log()
    session.is_well()


def test_without_an_agent_worker_a_message_waits(own_talk):
    session = own_talk()
    agent = session.product.pid("agent")
    os.kill(agent, signal.SIGSTOP)
    try:
        session.say("demo:stream 3")
        assert session.status() in ("idle", "running")
    finally:
        os.kill(agent, signal.SIGCONT)
    assert session.ended().reason == "complete"
    session.is_well()


def test_a_product_that_ends_in_mid_run_leaves_nothing(own_talk, processes):
    session = own_talk()
    session.say(bash(f"setsid sleep {processes.mark} & sleep {processes.mark}"))
    eventually(lambda: len(processes.sleeping()) == 2, what="the tool's processes")
    assert session.product.stop() == []
    processes.gone()
