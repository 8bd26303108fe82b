"""Words and characters of a model that try to break the page, or to show something else than they are."""

import json

import pytest
from playwright.sync_api import expect

from person import answer, conversation, question, unfolded

pytestmark = pytest.mark.xdist_group("chromium-1")

NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]


@pytest.fixture
def told(team, visitor):
    """Somebody with an open session in which an agent outside said this: `told(events, name=…)`."""

    def make(events, **fields):
        person = visitor(team)
        person.session = team.make_session(mode="ask", **fields)["id"]
        if events:
            team.api.post("/api/publish", {"events": [
                {"channel": f"session:{person.session}", "type": type, **event}
                for type, event in events]})
        person.open_session(person.session)
        return person

    return make


def tool(name, input, result):
    return [("tool_start", {"toolName": name, "toolUseId": f"use-{name}", "toolInput": input}),
            ("tool_result", {"toolName": name, "toolUseId": f"use-{name}", "result": result})]


def test_tools_with_names_that_every_object_has_are_drawn_with_all_that_follows(told):
    input = json.loads('{"__proto__": "of the input", "constructor": "too"}')
    events = [event for name in NAMES for event in tool(name, input, f"out of {name}")]
    person = told([*events, ("text_complete", {"text": "the last word", "turnId": "__proto__"})])
    page = person.page
    expect(conversation(page, "tool")).to_have_count(len(NAMES))
    expect(answer(page)).to_have_text("the last word")
    for index, name in enumerate(NAMES):
        item = unfolded(conversation(page, "tool").nth(index))
        expect(item.locator("strong").first).to_have_text(name)
        expect(item.locator('[data-part="input"]')).to_contain_text("__proto__: of the input")
        expect(item.locator('[data-part="output"]')).to_have_text(f"out of {name}")
    page.reload()
    expect(conversation(page, "tool")).to_have_count(len(NAMES))
    for name in NAMES:
        person.team.api.publish(f"session:{person.session}", "interrupted", reason=name)
    expect(conversation(page, "notice").last).to_contain_text(f"Interrupted: {NAMES[-1]}")


def test_a_question_shows_what_hides_in_it(told):
    person = told([], name="Invoice \u202efdp.exe")
    page = person.page
    expect(page.get_by_role("heading", level=1, name="Invoice \\u{202e}fdp.exe")).to_be_visible()
    person.team.ask(
        person.session, toolName="Ba\u200bsh", timeoutMs=600_000,
        command=f"ls{' ' * 7000}; rm\u202e -rf ~\n\n\n\n\n\nhalt",
        description="Lists\u2066 the\u3164 files \U000e0041")
    asked = question(page, r"Ba\\u\{200b\}sh")
    expect(asked.locator('[data-part="command"]')).to_have_text(
        "ls ⟨7000 blanks⟩ ; rm\\u{202e} -rf ~\n⟨5 empty lines⟩\nhalt")
    expect(asked.locator('[data-part="description"]')).to_have_text(
        "Lists\\u{2066} the\\u{3164} files \\u{e0041}")
    expect(asked.locator("strong")).to_have_text("Ba\\u{200b}sh")


def test_what_an_agent_says_and_a_tool_gives_is_shown_as_it_is(told):
    family = "👨\u200d👩\u200d👧"
    person = told([
        *tool("Read", {"file_path": "notes\u202etxt.sh"}, "one\r\n\x1b[31mtwo\u2028\u200b"),
        ("text_complete", {"text": f"plain `co\u202ede` **bo\u2066ld** {family} می\u200cخواهم שלום\n\n"
                                   "```sh\necho a\u200bb\n```\n"}),
    ])
    page = person.page
    item = unfolded(conversation(page, "tool").first)
    expect(item.locator("summary")).to_contain_text("notes\\u{202e}txt.sh")
    expect(item.locator('[data-part="output"]')).to_have_text(
        "one\n\\u{1b}[31mtwo\\u{2028}\\u{200b}")
    text = answer(page)
    expect(text.locator("p").first).to_have_text(
        f"plain co\\u{{202e}}de bo\\u{{2066}}ld {family} می\u200cخواهم שלום")
    expect(text.locator("pre code")).to_have_text("echo a\\u{200b}b")
