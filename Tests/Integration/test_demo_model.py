"""The demo model satisfies Anthropic's own SDK, and does as it is asked."""

import os

import anthropic
import httpx
import pytest

from support.demo_model import DemoModel

WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer", "minimum": 3},
        },
        "required": ["city", "unit", "days"],
    },
}


@pytest.fixture(scope="module")
def demo_model(tmp_path_factory):
    running = DemoModel(tmp_path_factory.mktemp("demo"))
    yield running
    assert running.stop() == 0
    assert not running.ready_file.exists()


def client(model, **settings):
    return anthropic.Anthropic(
        base_url=model.url, api_key="any", **{"max_retries": 0, **settings})


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """The SDK would ask a proxy of the environment for this machine, too."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert "ANTHROPIC_AUTH_TOKEN" not in os.environ


def ask(prompt, **more):
    return {
        "model": "demo", "max_tokens": 2048, "messages": [{"role": "user", "content": prompt}],
        **more,
    }


@pytest.mark.filterwarnings("error")
def test_the_sdk_streams_text(demo_model):
    with client(demo_model).messages.stream(**ask("Hello, demo")) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(pieces) > 5
    assert "".join(pieces) == message.content[0].text
    assert "Hello, demo" in message.content[0].text
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0 and message.usage.output_tokens == len(pieces)


@pytest.mark.filterwarnings("error")
def test_the_sdk_streams_thinking(demo_model):
    thinking = {"type": "enabled", "budget_tokens": 1024}
    with client(demo_model).messages.stream(**ask("Think", thinking=thinking)) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].thinking and message.content[0].signature
    assert {"thinking", "signature", "text", "message_stop"} <= set(kinds)


@pytest.mark.filterwarnings("error")
def test_the_sdk_streams_a_tool_and_goes_on_with_its_result(demo_model):
    request = ask("The weather?", tools=[WEATHER])
    with client(demo_model).messages.stream(**request) as stream:
        snapshots = [event.snapshot for event in stream if event.type == "input_json"]
        message = stream.get_final_message()
    use = message.content[-1]
    assert message.stop_reason == "tool_use"
    assert use.name == "get_weather"
    assert use.input == {"city": "demo", "unit": "celsius", "days": 3} == snapshots[-1]

    result = {"type": "tool_result", "tool_use_id": use.id, "content": "sunny all day"}
    request["messages"] += [
        {"role": "assistant", "content": message.content},
        {"role": "user", "content": [result]},
    ]
    with client(demo_model).messages.stream(**request) as stream:
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn"
    assert "sunny all day" in final.content[0].text


@pytest.mark.filterwarnings("error")
def test_the_sdk_gets_a_whole_message_without_streaming(demo_model):
    message = client(demo_model).messages.create(**ask("Hello", tools=[WEATHER]))
    assert [block.type for block in message.content] == ["text", "tool_use"]
    assert message._request_id.startswith("req_demo")


@pytest.mark.filterwarnings("error")
def test_the_sdk_counts_tokens(demo_model):
    count = client(demo_model).messages.count_tokens(
        model="demo", messages=[{"role": "user", "content": "x" * 400}])
    assert count.input_tokens > 100


@pytest.mark.parametrize("status, error", [
    (400, anthropic.BadRequestError), (401, anthropic.AuthenticationError),
    (429, anthropic.RateLimitError), (529, anthropic.APIStatusError),
])
def test_an_error_on_request_is_the_sdks_own(demo_model, status, error):
    with pytest.raises(error) as raised:
        client(demo_model).messages.create(**ask(f"demo:error {status}"))
    assert raised.value.status_code == status
    assert raised.value.body["error"]["message"] == "As the prompt asked."


def test_an_error_in_mid_stream_reaches_the_sdk(demo_model):
    with pytest.raises(anthropic.APIStatusError) as raised:
        with client(demo_model).messages.stream(**ask("demo:error-midstream")) as stream:
            stream.get_final_message()
    assert raised.value.body["error"]["type"] == "overloaded_error"


def test_the_sdk_retries_as_the_answer_says(demo_model):
    message = client(demo_model, max_retries=2).messages.create(**ask("demo:retry-after 0 x2"))
    assert message.stop_reason == "end_turn"


def test_a_history_with_a_missing_result_is_refused(demo_model):
    request = ask("Hello")
    request["messages"] += [
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}]},
        {"role": "user", "content": "Go on"},
    ]
    with pytest.raises(anthropic.BadRequestError, match="toolu_1"):
        client(demo_model).messages.create(**request)


def test_a_client_without_a_key_is_refused(demo_model):
    answer = httpx.post(f"{demo_model.url}/v1/messages", json=ask("Hello"), trust_env=False)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"
