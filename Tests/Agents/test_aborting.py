"""An abort is true at any point of a run, and the next message works."""

import pytest

from support.conversation import bash, tool
from support.waiting import Stopwatch, eventually


def stopped(session, within=10):
    run = session.ended(within)
    assert run.reason == "interrupted"
    assert run.only("interrupted")["reason"] == "aborted"
    assert run.types[-2:] == ["interrupted", "complete"]
    return run


def test_in_mid_stream(talk):
    session = talk()
    session.say("demo:stream 100000")
    session.expect("text_delta")
    assert session.abort()
    run = stopped(session)
    assert run.text.startswith("tok0 tok1"), "what people had read stays"
    assert run.only("text_complete")["text"] == run.text
    session.is_well()


def test_while_the_model_is_silent(talk):
    session = talk()
    session.say("demo:silence")
    session.expect("text_delta")
    time = Stopwatch()
    assert session.abort()
    stopped(session)
    assert time.seconds < 5
    session.is_well()


def test_while_a_failed_request_waits_for_its_next_attempt(talk):
    session = talk()
    operator = session.team.listen()
    session.say("demo:retry-after 50")
    assert "tried again" in operator.expect("log_entry")["payload"]["message"]
    assert session.abort()
    stopped(session)
    session.is_well()


def test_in_mid_tool_the_whole_tree_is_gone(talk, processes):
    session = talk()
    mark = processes.mark
    session.say(bash(
        f"sleep {mark} & setsid sleep {mark} & (trap '' TERM INT HUP; sleep {mark}; sleep {mark}) &"
        f" wait"))
    eventually(lambda: len(processes.sleeping()) == 3, what="three processes of the tool")
    assert session.abort()
    run = stopped(session)
    assert not processes.sleeping(), "the run ended before its tool was gone"
    processes.gone()
    assert run.result["isError"] and "nterrupted" in run.result["result"]
    session.is_well()


def test_the_tools_behind_it_never_run(talk, processes):
    session = talk()
    session.say(bash(f"sleep {processes.mark}"), bash("touch later.txt"))
    eventually(processes.sleeping, what="the first tool's process")
    assert session.abort()
    stopped(session)
    session.is_well()
    assert not (session.folder / "later.txt").exists()


def test_while_a_question_is_pending(talk):
    session = talk(mode="ask", permissionTimeoutMs=None)
    session.say(tool("Write", file_path="out.txt", content="x"))
    request = session.asked()["requestId"]
    assert session.abort()
    run = stopped(session)
    assert run.only("permission_resolved")["allowed"] is False
    session.team.api.refused("POST", f"{session.path}/permissions/{request}", 409,
                             "PERMISSION_ALREADY_RESOLVED", body={"allowed": True})
    session.is_well()
    assert not (session.folder / "out.txt").exists()


def test_between_runs_it_says_that_there_was_nothing(talk):
    session = talk()
    assert session.abort() is False
    session.run("demo:stream 1")
    assert session.abort() is False
    session.is_well()


def test_twice_and_from_two_devices_is_one_end(talk):
    session = talk()
    session.say("demo:stream 100000")
    session.expect("text_delta")
    assert session.abort()
    with session.product.api(session.team.key) as phone:
        assert phone.post(f"{session.path}/abort")["aborted"] in (True, False)
    stopped(session)
    session.is_well()


@pytest.mark.parametrize("round", range(3))
def test_at_any_moment(talk, round):
    """Runs with text and tools are aborted after ever more events: always one end, always well."""
    session = talk()
    for count in range(round, 15, 3):
        session.say("Hello", bash("echo 1"), tool("Read", file_path="none"))
        for _ in range(count + 1):
            if session.device.next()["type"] == "complete":
                break
        session.abort()
        run = session.ended()
        assert len(run.of("complete")) == 1
        assert run.reason == ("interrupted" if run.of("interrupted") else "complete")
        starts = [event["toolUseId"] for event in run.of("tool_start")]
        assert starts == [event["toolUseId"] for event in run.of("tool_result")]
    session.is_well()
