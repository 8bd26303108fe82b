"""What a page may cost: time to its first paint, bytes of our own, and how long it may be busy."""

import gzip
import json
import threading
import time

import pytest
from playwright.sync_api import expect

from person import answer, question
from scenes import conversation_of_everything
from support.product import REPOSITORY

pytestmark = pytest.mark.xdist_group("chromium-2")

FIRST_PAINT_MS = 1_000
OWN_BYTES = 150_000
LONG_TASK_MS = 100
DELTAS_A_SECOND = 50
DELTAS = 400
# A shared machine has slow moments that are not ours.
ATTEMPTS = 3


def first_paint(page):
    page.wait_for_function(
        "() => performance.getEntriesByName('first-contentful-paint').length > 0")
    return page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_the_first_paint_comes_within_a_second_of_a_cold_start(team, visitor, is_signed_in):
    cookie = team.sign_in() if is_signed_in else None
    times = []
    for _ in range(ATTEMPTS):
        times.append(first_paint(visitor(team, cookie=cookie).open("")))
    assert min(times) < FIRST_PAINT_MS, times


# What the page has loaded of ours: the path of each file and its bytes over the network.
LOADED = """() => performance.getEntriesByType('resource')
    .filter(({ name }) => /^[^?]*[.](js|css)$/.test(name) && !name.includes('/vendor/'))
    .map((one) => [new URL(one.name).pathname, one.encodedBodySize])"""


def test_own_code_and_styles_are_small(team, visitor):
    """As budgets of pages are counted: what crosses the network, for every view there is."""
    person = visitor(team)
    session = conversation_of_everything(team)
    page = person.open(f"#/sessions/{session}")
    expect(question(page)).to_be_visible()
    expect(page.locator("code .hljs-keyword").first).to_be_attached()
    page.get_by_role("link", name="Events").click()
    expect(page.get_by_role("heading", level=1, name="Events")).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("list", name="Users")).to_be_visible()
    sent = dict(page.evaluate(LOADED))
    assert len(sent) > 20 and sum(sent.values()) < OWN_BYTES, sent


def test_so_they_are_with_what_no_view_has_loaded():
    packed = {file.name: len(gzip.compress(file.read_bytes(), 1))  # nginx's level
              for folder in ("Console", "BrowserClient")
              for file in (REPOSITORY / "Sources" / folder).rglob("*")
              if file.suffix in (".js", ".css")}
    assert sum(packed.values()) < OWN_BYTES, packed


@pytest.fixture
def long_session(own_team):
    """A session of 2,000 messages, in a product that passes each delta on at once."""
    team = own_team(config={"hub": {"deltaBatchMs": 0}})
    session = team.make_session(name="Long", mode="allow-all")["id"]
    for start in range(0, 1_000, 250):
        team.api.post("/api/publish", {"events": [
            {"channel": f"session:{session}", **event}
            for number in range(start, start + 250) for event in two_messages(number)]})
    team.api.publish(f"session:{session}", "complete", reason="complete")
    assert team.api.get(f"/api/sessions/{session}")["messageCount"] == 2_000
    return team, session


def two_messages(number):
    of = {"turnId": f"turn-{number}"}
    tool = {"toolName": "Bash", "toolUseId": f"toolu_{number}", **of}
    yield {"type": "tool_start", "toolInput": {"command": f"make test-{number}"}, **tool}
    yield {"type": "tool_result", "result": f"{number} tests passed\n" * 5, **tool}
    yield {"type": "text_complete", **of, "text": (
        f"All **{number}** tests pass, see `Makefile`:\n\n```swift\nlet tests = {number}\n```\n")}


def test_no_task_is_long_while_text_streams_into_a_long_session(
        long_session, visitor, chromium):
    team, session = long_session
    person = visitor(team)
    page = person.open_session(session)
    # A loop in the page: the button moves with everything that it brings. Both at one moment, because
    # what is far above a growing end is let go of again.
    page.wait_for_function("""() => {
        const earlier = document.querySelector('.earlier')
        earlier?.click()
        return earlier?.hidden && document.querySelectorAll('main [data-kind]').length >= 2_000
    }""", polling=20, timeout=90_000)
    seen = []
    for attempt in range(ATTEMPTS):
        chromium.start_tracing(page=page, categories=[TASKS])
        text, rate = stream(team, session, f"turn of attempt {attempt}")
        expect(answer(page)).to_have_text(text)
        seen.append((longest_task_ms(chromium.stop_tracing()), rate))
        if seen[-1][0] < LONG_TASK_MS and rate > 0.7 * DELTAS_A_SECOND:
            return
    raise AssertionError(f"longest task in ms, deltas a second: {seen}")


TASKS = "disabled-by-default-devtools.timeline"


def longest_task_ms(trace):
    """The longest task of a page's main thread, in time that it had the processor.

    A long-task observer counts what other processes did meanwhile: beside other tests it told of
    156 ms where the task had had the processor for 59.
    """
    events = json.loads(trace)["traceEvents"]
    pages = {(event["pid"], event["tid"]) for event in events
             if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"}
    tasks = [event["tdur"] for event in events if event["name"] == "RunTask"
             and "tdur" in event and (event["pid"], event["tid"]) in pages]
    assert len(tasks) > DELTAS / 4, "no tasks were traced"
    return max(tasks) / 1_000


def stream(team, session, turn):
    """An agent's answer in deltas, at their rate as far as it can be had; returns its
    text and the rate."""
    words = [f"word{number} " for number in range(DELTAS)]
    begun, pause = time.monotonic(), threading.Event()
    for number, word in enumerate(words):
        pause.wait(max(0, begun + number / DELTAS_A_SECOND - time.monotonic()))
        team.api.publish(f"session:{session}", "text_delta", delta=word, turnId=turn)
    text = "".join(words).rstrip()
    team.api.publish(f"session:{session}", "text_complete", text=text, turnId=turn)
    team.api.publish(f"session:{session}", "complete", reason="complete")
    return text, DELTAS / (time.monotonic() - begun)
