"""What people do at the console, each from end to end: browser, nginx, workers, hub, agent, model."""

import json
import re

import pytest
from playwright.sync_api import expect

from person import (
    answer, connection, conversation, has_ended, question, status, stop_button, unfolded)
from support.team import PASSWORD
from support.waiting import eventually

pytestmark = pytest.mark.xdist_group("chromium-1")

ASKS = 'demo:tool Bash {"command": "echo allowed > answer.txt && cat answer.txt"}'


@pytest.fixture
def opened(team, visitor):
    """Somebody with an open session: `opened(mode="ask")`."""

    def make(mode="allow-all", **fields):
        person = visitor(team)
        person.session = team.make_session(name="Conversation", mode=mode, **fields)["id"]
        person.open_session(person.session)
        return person

    return make


def test_signing_in_and_out(team, visitor):
    name = team.make_user(f"ada-{team.id}")
    person = visitor(team, cookie=None)
    page = person.open("")
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    page.get_by_label("User").fill(name)
    page.get_by_label("Password").fill("not it")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1, name="Sessions")).to_be_visible()
    person.is_connected()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def test_a_login_that_ends_leads_to_the_sign_in_page(team, visitor):
    person = visitor(team)
    page = person.open()
    person.is_connected()
    with team.product.api(cookie=person.cookie, key=None) as own:
        own.post("/api/auth/logout")
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def test_a_new_session_with_its_first_message_streams_an_answer(team, visitor):
    person = visitor(team)
    page = person.open()
    page.get_by_role("button", name="New session").click()
    dialog = page.get_by_role("dialog", name="New session")
    dialog.get_by_role("textbox", name="Name").fill("Made here")
    dialog.get_by_role("radio", name="Allow all").check()
    dialog.get_by_role("textbox", name="First message").fill("demo:stream 60")
    dialog.get_by_role("button", name="Create session").click()
    expect(page.get_by_role("heading", level=1, name="Made here")).to_be_visible()
    expect(stop_button(page)).to_be_visible()
    expect(status(page)).to_have_attribute("data-status", "running")
    has_ended(page)
    expect(answer(page)).to_have_text(" ".join(f"tok{n}" for n in range(60)))
    expect(conversation(page, "user")).to_contain_text("demo:stream 60")


def test_a_tool_is_shown_with_what_it_was_given_and_what_came_out(opened):
    person = opened()
    page = person.page
    command = "printf 'one\\ntwo\\n' | tee lines.txt"
    person.say(f"demo:tool Bash {json.dumps({'command': command})}")
    has_ended(page)
    tool = conversation(page, "tool")
    expect(tool.locator('[data-part="tool-state"]')).to_have_text("Done")
    expect(tool.locator('[data-part="duration"]')).not_to_be_empty()
    unfolded(tool)
    expect(tool.locator('[data-part="input"]')).to_contain_text("tee lines.txt")
    expect(tool.locator('[data-part="output"]')).to_have_text(re.compile(r"one\s+two"))


def test_an_edit_is_shown_as_a_difference(opened):
    person = opened()
    page = person.page
    person.say('demo:tool Write {"file_path": "plan.md", "content": "first\\nsecond\\n"}')
    expect(conversation(page, "tool")).to_have_count(1)
    has_ended(page)
    person.say(
        'demo:tool Read {"file_path": "plan.md"}\n'
        'demo:tool Edit {"file_path": "plan.md", "old_string": "second", "new_string": "third"}')
    expect(conversation(page, "tool")).to_have_count(3)
    has_ended(page)
    tool = conversation(page, "tool").last
    expect(tool.locator('[data-part="tool-state"]')).to_have_text("Done")
    unfolded(tool)
    expect(tool.locator('[data-part="diff"] .removed')).to_contain_text("second")
    expect(tool.locator('[data-part="diff"] .added')).to_contain_text("third")


def test_a_question_answered_in_one_tab_is_seen_as_answered_in_another(opened):
    person = opened(mode="ask")
    first = person.page
    second = person.open_session(person.session, person.new_tab())
    elsewhere = person.open("#/sessions", person.new_tab())
    person.is_connected(elsewhere)
    person.say(ASKS, first)
    for page in (first, second, elsewhere):
        expect(question(page)).to_be_visible()
        expect(question(page).locator('[data-part="command"]')).to_contain_text(
            "echo allowed > answer.txt && cat answer.txt")
        expect(question(page).locator('[data-part="countdown"]')).to_contain_text("left")
        expect(question(page).locator('[data-part="digest"]')).to_have_text(
            re.compile("^[0-9a-f]{16}$"))
        expect(page).to_have_title(re.compile(r"^\(1\) "))
    expect(status(second)).to_have_attribute("data-status", "waiting")
    for page in (first, second):
        expect(conversation(page, "tool").locator('[data-part="tool-state"]')).to_have_text(
            "Waits for an answer")
    question(second).get_by_role("button", name="Allow", exact=True).click()
    for page in (first, second, elsewhere):
        expect(question(page)).to_have_count(0)
        expect(page).not_to_have_title(re.compile(r"^\("))
    for page in (first, second):
        expect(conversation(page, "notice").filter(has_text="Allowed by")).to_be_visible()
        has_ended(page)
        output = unfolded(conversation(page, "tool")).locator('[data-part="output"]')
        expect(output).to_contain_text("allowed")


def test_a_denied_question_and_one_that_somebody_else_answers(opened):
    person = opened(mode="ask")
    page = person.page
    person.say(ASKS)
    question(page).get_by_role("button", name="Deny").click()
    expect(conversation(page, "notice").filter(has_text="Denied by")).to_be_visible()
    has_ended(page)
    expect(conversation(page, "tool").locator('[data-part="tool-state"]')).to_have_text("Failed")
    person.say(ASKS)
    expect(question(page)).to_be_visible()
    request = question(page).get_attribute("data-request")
    person.team.api.post(
        f"/api/sessions/{person.session}/permissions/{request}", {"allowed": True})
    expect(question(page)).to_have_count(0)
    has_ended(page)


def test_an_answer_given_without_a_network_arrives_when_it_is_back(opened):
    person = opened(mode="ask")
    page = person.page
    person.say(ASKS)
    expect(question(page)).to_be_visible()
    person.context.set_offline(True)
    question(page).get_by_role("button", name="Allow", exact=True).click()
    expect(connection(page)).to_have_attribute("data-state", "reconnecting")
    person.context.set_offline(False)
    person.is_connected()
    has_ended(page)
    expect(conversation(page, "tool").locator('[data-part="tool-state"]')).to_have_text("Done")


def test_stop_ends_a_run_and_keeps_what_was_said(opened):
    person = opened()
    page = person.page
    person.say("demo:stream 100000")
    expect(answer(page)).to_contain_text("tok30")
    stop_button(page).click()
    has_ended(page, "interrupted")
    shown = answer(page).text_content()
    assert " ".join(f"tok{n}" for n in range(5_000)).startswith(shown.rstrip())
    page.reload()
    expect(answer(page)).to_have_text(shown)
    person.say("demo:stream 5")
    expect(answer(page)).to_have_text("tok0 tok1 tok2 tok3 tok4")
    has_ended(page)


def test_what_is_said_meanwhile_waits_and_can_be_taken_back(opened):
    person = opened()
    page = person.page
    person.say("demo:stream 100000")
    expect(stop_button(page)).to_be_visible()
    person.say("demo:stream 2")
    person.say("taken back")
    waiting = page.get_by_role("list", name="Waiting messages")
    expect(waiting.get_by_role("listitem")).to_have_count(2)
    waiting.get_by_role("listitem").filter(has_text="taken back").get_by_role(
        "button", name="Take back").click()
    expect(waiting.get_by_role("listitem")).to_have_count(1)
    stop_button(page).click()
    eventually(lambda: not person.team.api.get(
        f"/api/sessions/{person.session}")["status"] == "running", within=10,
        what="the end of the run")


def test_the_mode_is_changed_and_everybody_sees_by_whom(opened, team, visitor):
    person, other = opened(), visitor(team)
    other.open_session(person.session)
    person.page.get_by_role("radio", name="Explore").check()
    expect(other.page.get_by_role("radio", name="Explore")).to_be_checked()
    expect(other.page.locator('[data-part="mode-note"]')).to_contain_text("Changed by")


def test_events_of_a_channel_are_seen_live(team, visitor):
    person = visitor(team)
    page = person.open("#/events")
    person.is_connected()
    spec = team.own("spec", f"spec-{team.id}")["id"]
    page.get_by_role("combobox", name="Channel", exact=True).fill(f"spec:{spec}")
    page.get_by_role("button", name="Watch", exact=True).click()
    watched = page.get_by_role("list", name="Watched channels")
    expect(watched.get_by_role("button", name=f"Stop watching spec:{spec}")).to_be_visible()
    events = page.get_by_role("list", name="Events, newest first").get_by_role("listitem")

    def published_is_seen():
        team.api.publish(f"spec:{spec}", "x_hello", {"says": "hello"})
        return events.filter(has_text="hello").count()

    eventually(published_is_seen, within=10, every=0.2, what="an event on the page")
    expect(events.first).to_have_attribute("data-type", "x_hello")
    expect(events.first).to_have_attribute("data-channel", f"spec:{spec}")


def test_an_admin_makes_a_key_that_works_and_revokes_it(team, visitor):
    person = visitor(team)
    page = person.open("#/settings")
    keys = page.get_by_role("region", name="API keys")
    keys.get_by_role("textbox", name="Name").fill("from the browser")
    keys.get_by_role("checkbox", name="sessions:read").check()
    keys.get_by_role("button", name="Create key").click()
    made = page.get_by_role("textbox", name="New key").input_value()
    with team.product.api(made) as caller:
        eventually(lambda: caller.try_status("GET", "/api/sessions") == 200, within=5)
    keys.get_by_role("button", name="Revoke from the browser").click()
    confirm = page.get_by_role("dialog")
    confirm.get_by_role("button", name=re.compile("^Revoke")).click()
    with team.product.api(made) as caller:
        eventually(lambda: caller.try_status("GET", "/api/sessions") == 401, within=5)


def test_a_theme_edit_changes_the_page(own_team, visitor):
    person = visitor(own_team())
    page = person.open()
    person.is_connected()
    theme = {"name": "Harbour", "colors": {"accent": "#8a1c7c"}}
    person.product.theme_file.write_text(json.dumps(theme))
    expect(page).to_have_title(re.compile("Harbour$"))
    page.wait_for_function(
        "() => getComputedStyle(document.documentElement).getPropertyValue('--accent') "
        "=== '#8a1c7c'")


def test_without_the_libraries_the_text_is_there_all_the_same(team, visitor):
    person = visitor(team)
    person.context.route("**/vendor/**", lambda route: route.abort())
    page = person.open_session(team.make_session(name="Plain", mode="allow-all")["id"])
    person.say("demo:stream 40")
    has_ended(page)
    expect(answer(page)).to_have_text(" ".join(f"tok{n}" for n in range(40)))


SHOWN = """navigator.serviceWorker.ready
    .then((worker) => worker.getNotifications())
    .then((shown) => shown.map(({ title, body }) => `${title} ${body}`))"""


def test_a_question_in_the_background_is_a_notification_until_it_is_answered(team, visitor):
    person = visitor(team)
    person.context.grant_permissions(["notifications"], origin=person.product.url)
    page = person.open("#/settings")
    page.get_by_role("button", name="Notify me about questions").click()
    expect(page.get_by_role("button", name="Stop notifying")).to_be_visible()
    # Headless pages are always in sight.
    page.add_init_script(
        "Object.defineProperty(Document.prototype, 'hidden', { get: () => true })")
    page.reload()
    person.is_connected()
    session = team.make_session(name="Behind")["id"]
    asked = team.ask(session, command="git push")
    shown = eventually(lambda: page.evaluate(SHOWN), within=15, every=0.1, what="a notification")
    assert len(shown) == 1 and "git push" in shown[0] and "Behind" in shown[0], shown
    team.api.post(
        f"/api/sessions/{session}/permissions/{asked['requestId']}", {"allowed": False})
    eventually(lambda: not page.evaluate(SHOWN), within=15, every=0.1, what="its end")
