"""Whatever the model's endpoint does ends in a defined event, and the next message works."""

import pytest

from support.conversation import bash, tool
from support.endpoint import Endpoint
from support.waiting import Stopwatch


def failed(run, code, can_retry=None):
    """The run ended with this error, told once, before its end."""
    assert run.reason == "error"
    assert run.types[-2:] == ["error", "complete"]
    error = run.only("error")
    assert error["code"] == code, error
    assert error["error"] and isinstance(error["canRetry"], bool)
    if can_retry is not None:
        assert error["canRetry"] is can_retry
    return error


@pytest.mark.parametrize("word, code, can_retry", [
    ("demo:error 400", "MODEL_REJECTED_REQUEST", False),
    ("demo:error 401", "MODEL_AUTHENTICATION_FAILED", False),
    ("demo:error 403", "MODEL_AUTHENTICATION_FAILED", False),
    ("demo:error 404", "MODEL_REJECTED_REQUEST", False),
    ("demo:retry-after 3600 x99", "MODEL_RATE_LIMITED", True),
    ("demo:no-stream", "MODEL_PROTOCOL_ERROR", False),
    ("demo:refusal", "MODEL_REFUSED", False),
])
def test_what_no_retry_can_mend_is_told_at_once(talk, word, code, can_retry):
    session = talk()
    operator = session.team.listen()
    time = Stopwatch()
    failed(session.run(word, within=10), code, can_retry)
    assert time.seconds < 8
    blocker = operator.expect("blocker_raised")["payload"]
    assert (blocker["reason"], blocker["code"]) == ("failed", code)
    assert session.status() == "failed"
    session.is_well()


@pytest.mark.parametrize("word", [
    "demo:error 408 x1", "demo:error 429 x1", "demo:retry-after 0 x2", "demo:retry-after 1 x1",
    "demo:error 500 x2", "demo:error 502 x1", "demo:error 503 x1", "demo:error 529 x2"])
def test_what_passes_is_tried_again_and_nobody_is_troubled(talk, word):
    session = talk()
    run = session.run(word)
    assert run.reason == "complete" and not run.of("error")
    assert "everything is well" in run.only("text_complete")["text"]
    session.is_well()


def test_what_does_not_pass_ends_after_the_last_attempt(talk):
    """Several sessions at once, since each of them needs its half minute of patience."""
    expected = {
        "demo:error 429": "MODEL_RATE_LIMITED", "demo:error 500": "MODEL_UNAVAILABLE",
        "demo:error 529": "MODEL_OVERLOADED", "demo:drop": "MODEL_UNAVAILABLE",
        "demo:error-midstream": "MODEL_OVERLOADED"}
    sessions = {word: talk() for word in expected}
    for word, session in sessions.items():
        session.say(word)
    for word, session in sessions.items():
        failed(session.ended(within=60), expected[word], can_retry=True)
    for session in sessions.values():
        session.is_well()


def test_silence_ends_after_the_last_attempt_and_the_next_message_works(own_talk):
    """The default patience is 90 s an attempt; here it is as short as it may be."""
    session = own_talk(env={"AGENT_MODEL_IDLE_MS": "1000"})
    once = session.run("demo:silence x1")
    assert once.reason == "complete" and not once.of("error")
    error = failed(session.run("demo:silence", within=60), "MODEL_UNAVAILABLE", can_retry=True)
    assert "said nothing for 1.0 seconds" in error["error"]
    session.is_well()


@pytest.mark.parametrize("word", ["demo:drop x1", "demo:error-midstream x1"])
def test_a_stream_that_breaks_begins_again_and_the_final_text_is_whole(talk, word):
    session = talk()
    run = session.run(word)
    assert run.reason == "complete"
    assert "begins again" in run.text
    final = run.only("text_complete")["text"]
    assert final.startswith("This text is long enough") and final.endswith("and an end.")
    assert [m["text"] for m in session.messages() if m["role"] == "assistant"] == [final]
    session.is_well()


def test_characters_cut_by_packets_arrive_whole(talk):
    session = talk()
    run = session.run("demo:half-utf8")
    text = "Grüße, 世界, 👩🏽‍🚀 – ½ π ∎ naïve café"
    assert run.text == text == run.only("text_complete")["text"]
    session.is_well()


def test_unknown_events_are_passed_over(talk):
    session = talk()
    run = session.run("demo:unknown-event")
    assert run.reason == "complete" and run.text.endswith("and an end.")
    session.is_well()


def test_empty_text_is_an_answer(talk):
    session = talk()
    run = session.run("demo:empty-text")
    assert run.reason == "complete" and run.text == "" and not run.of("error")
    session.is_well()


def test_a_paused_turn_goes_on(talk):
    session = talk()
    run = session.run("demo:pause-turn")
    assert run.reason == "complete"
    texts = [event["text"] for event in run.of("text_complete")]
    assert texts == ["The turn pauses here.", "And here the paused turn goes on to its end."]
    session.is_well()


def test_a_tool_cut_by_the_limit_of_tokens_does_not_run(talk):
    session = talk()
    run = session.run("demo:max-tokens-tool")
    failed(run, "OUTPUT_LIMIT_REACHED", can_retry=True)
    assert not list(session.folder.iterdir())
    session.is_well()


def test_a_refusal_leaves_the_conversation_as_it_was(talk):
    session = talk()
    session.run("Hello")
    failed(session.run("demo:refusal"), "MODEL_REFUSED", can_retry=False)
    session.is_well()


def test_a_conversation_that_is_too_long_is_summarised_and_goes_on(talk):
    session = talk()
    session.run("Hello")
    run = session.run("demo:context-overflow")
    assert run.reason == "complete"
    texts = [event["text"] for event in run.of("text_complete")]
    assert "summarised" in texts[0] and "everything is well" in texts[-1]
    session.is_well()


def test_a_first_message_that_is_too_long_is_told(talk):
    session = talk()
    failed(session.run("demo:context-overflow x9"), "CONTEXT_TOO_LONG")
    session.is_well()


def test_an_answer_that_fills_the_context_is_given_again_or_told(talk):
    session = talk()
    session.run("Hello")
    run = session.run("demo:context-window", within=60)
    failed(run, "CONTEXT_TOO_LONG")
    session.is_well()


@pytest.mark.xdist_group("long")
def test_a_thousand_tools_in_one_turn(talk):
    session = talk()
    # A minute and a half alone; the other tests' products may take most of the machine meanwhile.
    run = session.run("demo:tools 1000", within=500)
    assert run.reason == "complete"
    assert run.results == [f"{n}\n" for n in range(1000)] or [
        result.strip() for result in run.results] == [str(n) for n in range(1000)]
    assert len(run.of("tool_start")) == 1000
    session.is_well()


def test_five_megabytes_of_output_are_kept_and_shown_in_part(talk):
    session = talk()
    run = session.run("demo:output 700000", within=60)
    assert run.reason == "complete"
    result = run.result["result"]
    assert len(result) < 32_000 and result.startswith("1\n2\n") and "700000" in result[-2_000:]
    session.is_well()


# An endpoint that a test writes itself

def endpoint_talk(own_talk, endpoint, **more):
    return own_talk(env={
        "ANTHROPIC_BASE_URL": endpoint.url, "ANTHROPIC_API_KEY": "sk-ant-of-this-test", **more})


def test_requests_are_as_the_api_wants_them_and_go_where_the_environment_says(own_talk):
    with Endpoint() as endpoint:
        session = endpoint_talk(own_talk, endpoint)
        endpoint.answers(("text", "one"), ("tool", "Bash", {"command": "echo two"}), ("text", "3"))
        session.run("First")
        run = session.run("Second")
        assert "two" in run.results[0]
        first, second, third = endpoint.requests
        for request in endpoint.requests:
            assert request.path == "/v1/messages"
            assert request.headers["x-api-key"] == "sk-ant-of-this-test"
            assert request.headers["anthropic-version"] == "2023-06-01"
            assert request.body["stream"] is True
        roles = [message["role"] for message in third.body["messages"]]
        assert roles == ["user", "assistant", "user", "assistant", "user"]
        assert third.body["messages"][-1]["content"][0]["type"] == "tool_result"
        names = {tool["name"] for tool in first.body["tools"]}
        assert names == {"Read", "Write", "Edit", "MultiEdit", "Bash", "Glob", "Grep", "TodoWrite",
                         "WebFetch"}
        assert str(third.body).count("cache_control") in range(1, 5)


def test_a_damaged_answer_is_asked_for_again_and_a_page_is_an_error(own_talk):
    """One product, since each of them ends one run only."""
    with Endpoint() as endpoint:
        session = endpoint_talk(own_talk, endpoint)
        for raw in (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
                    b"event: message_start\ndata: {not json}\n\n",
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
                    b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\","
                    b"\"index\":7,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"x\"}}\n\n"):
            endpoint.answers(("raw", raw), ("text", "asked again"))
            assert session.run("Hello").only("text_complete")["text"] == "asked again"
        endpoint.answers(("raw", b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n"
                          b"content-type: text/html\r\n\r\n<html></html>"))
        error = failed(session.run("Hello"), "MODEL_PROTOCOL_ERROR")
        assert "page" in error["error"]
        endpoint.answers(("text", "well again"))
        assert session.run("Hello").only("text_complete")["text"] == "well again"


def test_an_abort_closes_the_connection_to_the_model_at_once(own_talk):
    with Endpoint() as endpoint:
        session = endpoint_talk(own_talk, endpoint)
        endpoint.answers(("hang", "some text"))
        session.say("Hello")
        session.expect("text_delta")
        assert session.abort()
        assert session.ended().reason == "interrupted"
        endpoint.hung_up()
        endpoint.answers(("text", "well"))
        assert session.run("Hello").reason == "complete"


def test_what_a_tool_did_before_the_endpoint_failed_is_not_done_again(own_talk):
    with Endpoint() as endpoint:
        session = endpoint_talk(own_talk, endpoint)
        endpoint.answers(("tool", "Bash", {"command": "echo done >> count.txt"}),
                         ("status", 500), ("status", 529), ("text", "fine"))
        assert session.run("Hello", within=40).reason == "complete"
        assert (session.folder / "count.txt").read_text() == "done\n"
