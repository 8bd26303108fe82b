"""A message becomes a run: streamed text, real tools, a question, a changed file, one end."""

import threading

from support.conversation import bash, tool
from support.waiting import eventually

TOUR = "switchboard-demo.md"


def test_a_prompt_streams_runs_a_tool_asks_and_changes_a_file(talk):
    session = talk(mode="ask", permissionTimeoutMs=None)
    (session.folder / "seen-by-ls.txt").write_text("")
    phone = session.team.connect()
    session.say("Show me what you can do")
    listing = session.asked()
    assert (listing["toolName"], listing["command"]) == ("Bash", "ls -la")
    session.answer(listing["requestId"])
    write = session.asked()
    assert write["toolName"] == "Write" and TOUR in write["command"]
    assert not (session.folder / TOUR).exists(), "changed before anybody allowed it"
    # Another device comes later, and still finds the question.
    pending = phone.subscribe(session.channel)["snapshot"]["pendingPermissions"]
    assert [request["requestId"] for request in pending] == [write["requestId"]]
    assert session.status() == "waiting"
    phone.send("permission_response", sessionId=session.id, requestId=write["requestId"],
               allowed=True)
    run = session.ended()
    assert run.reason == "complete"
    assert "Runs: 1" in (session.folder / TOUR).read_text()
    assert run.of("tool_start")[0]["toolInput"]["command"] == "ls -la"
    assert "seen-by-ls.txt" in run.results[0] and not run.of("tool_result")[0].get("isError")
    assert [event["allowed"] for event in run.of("permission_resolved")] == [True, True]
    check_order(run)
    session.is_idle()


def check_order(run):
    """Deltas before their text, a start before its result, one end."""
    open_tools = set()
    text = ""
    for event in run.events:
        if event["type"] == "text_delta":
            text += event["delta"]
        elif event["type"] == "text_complete":
            assert event["text"] == text, "the deltas are not the text"
            text = ""
        elif event["type"] == "tool_start":
            assert text == "", "a tool began before its turn's text was complete"
            assert isinstance(event["toolInput"], dict)
            open_tools.add(event["toolUseId"])
        elif event["type"] == "tool_result":
            open_tools.remove(event["toolUseId"])
    assert not open_tools and text == ""
    assert len(run.of("complete")) == 1
    offsets = [event["offset"] for event in run.events if "offset" in event]
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))


def test_the_next_message_goes_on_in_the_same_conversation(talk):
    session = talk()
    first, second = session.run("Hello"), session.run("Again")
    assert (first.reason, second.reason) == ("complete", "complete")
    assert "Runs: 2" in (session.folder / TOUR).read_text(), "it edited what it had written"
    assert [event["toolName"] for event in second.of("tool_start")] == ["Bash", "Read", "Edit"]
    check_order(second)


def test_the_transcript_over_rest_holds_every_turn_and_tool(talk):
    session = talk()
    run = session.run("Please", bash("echo to be kept"))
    items = session.messages()
    assert [item["role"] for item in items if item["role"] != "tool"] == [
        "user", "assistant", "assistant"]
    used = next(item for item in items if item["role"] == "tool")
    assert used["toolName"] == "Bash" and used["toolInput"]["command"] == "echo to be kept"
    assert "to be kept" in used["result"] and not used["isError"]
    assert used["toolUseId"] == run.only("tool_start")["toolUseId"]


def test_usage_is_told_by_turn_and_summed_by_session(talk):
    session = talk()
    first = session.run("demo:stream 30")
    assert first.of("usage")[-1]["outputTokens"] >= 30
    used = first.events[-1]["usage"]
    second = session.run("demo:stream 20").events[-1]["usage"]
    total = session.team.api.get(session.path)["usage"]
    for name in ("inputTokens", "outputTokens"):
        assert total[name] == used[name] + second[name]


def test_operators_hear_of_status_lines_and_ends(talk):
    session = talk(mode="ask")
    operator = session.team.listen()
    session.say(bash("echo a line for operators"))
    waiting = operator.expect("blocker_raised")["payload"]
    assert waiting["sessionId"] == session.id and waiting["reason"] == "permission"
    session.answer(waiting["requestId"])
    done = operator.expect("task_completed")["payload"]
    assert done["sessionId"] == session.id and done["toolCalls"] == 1
    told = operator.messages
    states = [m["payload"]["status"] for m in told if m["type"] == "agent_status_changed"]
    assert states[0] == "running" and "waiting" in states
    lines = [m["payload"]["message"] for m in told if m["type"] == "log_entry"]
    assert any("a line for operators" in line for line in lines), lines


# While busy

def test_messages_while_busy_wait_in_order_are_seen_and_can_be_removed(talk):
    session = talk()
    session.say("demo:stream 100000")
    session.expect("text_delta")
    sent = [session.say(f"demo:stream {n}", clientMessageId=f"q{n}") for n in (2, 3, 4)]
    assert {answer["status"] for answer in sent} == {"queued"}
    ids = [answer["messageId"] for answer in sent]
    assert queued(session) == ids
    session.team.api.delete(f"{session.path}/messages/{ids[1]}")
    assert queued(session) == [ids[0], ids[2]]
    assert session.abort()
    stopped = session.ended()
    assert stopped.reason == "interrupted"
    left = stopped.only("interrupted")["queuedMessages"]
    assert [message["messageId"] for message in left] == [ids[0], ids[2]]
    texts = [session.ended().only("text_complete")["text"] for _ in range(2)]
    assert texts == ["tok0 tok1", "tok0 tok1 tok2 tok3"]
    session.team.api.refused("DELETE", f"{session.path}/messages/{ids[0]}", 409)


def queued(session):
    return [message["messageId"] for message in session.snapshot()["queuedMessages"]]


def test_a_message_sent_again_runs_once(talk):
    session = talk()
    line = bash("echo ran >> count.txt")
    first = session.say(line, clientMessageId="once")
    again = session.say(line, clientMessageId="once")
    session.ended()
    late = session.say(line, clientMessageId="once")
    assert first["messageId"] == again["messageId"] == late["messageId"]
    session.is_well()
    assert (session.folder / "count.txt").read_text() == "ran\n"


def test_racing_resends_run_once(talk):
    session = talk()
    answers = []

    def send():
        with session.product.api(session.team.key) as api:
            answers.append(api.post(f"{session.path}/messages", {
                "text": bash("echo ran >> count.txt"), "clientMessageId": "raced"}, status=202))

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["messageId"] for answer in answers}) == 1
    session.ended()
    session.is_well()
    assert (session.folder / "count.txt").read_text() == "ran\n"


def test_two_sessions_of_one_team_run_at_the_same_time(talk):
    slow, quick = talk(), talk()
    slow.say("demo:stream 100000")
    slow.expect("text_delta")
    assert quick.run("demo:stream 3").reason == "complete"
    assert slow.status() == "running"
    assert slow.abort() and slow.ended().reason == "interrupted"


def test_a_device_that_joins_in_mid_stream_has_the_whole_text(talk):
    session = talk()
    session.say("demo:stream 600")
    session.expect("text_delta")
    late = session.team.connect()
    text = late.subscribe(session.channel)["snapshot"]["textInFlight"]
    late.expect("complete", within=30)
    text = str(text[0]["text"] if isinstance(text, list) else text)
    text += "".join(m["delta"] for m in late.messages if m["type"] == "text_delta")
    assert text == session.ended().only("text_complete")["text"]


def test_a_deleted_session_ends_its_run(talk, processes):
    session = talk()
    session.say(bash(f"sleep {processes.mark}"))
    eventually(processes.sleeping, what="the tool's process")
    session.team.api.delete(session.path)
    processes.gone()


# Tools on real files

def test_tools_read_search_and_change_real_files(talk):
    session = talk()
    (session.folder / "a.txt").write_text("one\ntwo\nthree\n")
    run = session.run(
        tool("Read", file_path="a.txt"), tool("Edit", file_path="a.txt", old_string="two",
                                             new_string="2"),
        tool("Grep", pattern="^2$", output_mode="content"), tool("Glob", pattern="*.txt"),
        tool("MultiEdit", file_path="a.txt", edits=[
            {"old_string": "one", "new_string": "1"}, {"old_string": "three", "new_string": "3"}]),
        tool("Write", file_path="b/c.txt", content="new\n"))
    assert not [event for event in run.of("tool_result") if event.get("isError")], run
    assert "two" in run.results[0] and "a.txt" in run.results[2] + run.results[3]
    assert (session.folder / "a.txt").read_text() == "1\n2\n3\n"
    assert (session.folder / "b/c.txt").read_text() == "new\n"


def test_a_file_is_read_before_it_is_edited(talk):
    session = talk()
    (session.folder / "a.txt").write_text("one\n")
    result = session.run(
        tool("Edit", file_path="a.txt", old_string="one", new_string="1")).result
    assert result["isError"] and "Read" in result["result"]
    assert (session.folder / "a.txt").read_text() == "one\n"


def test_a_tool_that_nobody_knows_and_input_that_is_none_are_answered(talk):
    session = talk()
    run = session.run(tool("Teleport", to="Mars"), 'demo:tool Bash {"command": 5}',
                      tool("Bash"), 'demo:tool Bash {"command": "tru')
    assert run.reason == "complete"
    assert all(event["isError"] for event in run.of("tool_result"))
    session.is_well()


def test_a_command_that_takes_too_long_is_ended(talk, processes):
    session = talk()
    result = session.run(bash(f"echo begun; sleep {processes.mark}", timeout=300)).result
    assert result["isError"] and "begun" in result["result"] and "imed out" in result["result"]
    processes.gone()
