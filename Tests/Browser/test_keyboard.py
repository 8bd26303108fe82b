"""The console without a mouse: everything is reached in a sensible order, and can be done."""

import pytest
from playwright.sync_api import expect

from person import answer, connection, conversation, has_ended, question, status, stop_button
from support.team import PASSWORD

pytestmark = pytest.mark.xdist_group("chromium-1")

ASKS = 'demo:tool Bash {"command": "echo by keyboard"}'

FOCUSED = """() => {
    const one = document.activeElement
    if (one === document.body) return 'nothing'
    const label = one.labels?.[0]?.textContent ?? one.getAttribute('aria-label') ?? one.textContent
    return `${one.tagName.toLowerCase()} ${label.trim().replace(/\\s+/g, ' ')}`
}"""


def focused(page):
    """Where the keyboard is: the element's kind and its name."""
    return page.evaluate(FOCUSED)


def tab_to(page, wanted, key="Tab", steps=40):
    """Press Tab until the keyboard is there; returns what was passed on the way."""
    passed = []
    for _ in range(steps):
        page.keyboard.press(key)
        passed.append(focused(page))
        if wanted in passed[-1]:
            return passed
    raise AssertionError(f"{wanted!r} is not reached by {key}: {passed}")


def test_from_signing_in_to_stopping_a_run_without_a_mouse(team, visitor):
    name = team.make_user(f"keys-{team.id}", role="admin")
    session = team.make_session(name="By keyboard", mode="ask")["id"]
    page = visitor(team, cookie=None).open("")
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    assert focused(page) == "input User"
    page.keyboard.type(name)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1, name="Sessions")).to_be_focused()
    expect(connection(page)).to_have_attribute("data-state", "connected")
    tab_to(page, "By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="By keyboard")).to_be_focused()

    tab_to(page, "textarea Message")
    page.keyboard.type(ASKS)
    page.keyboard.press("Enter")
    expect(question(page)).to_be_visible()
    page.keyboard.press("F8")
    expect(page.locator("[data-request]:focus-within")).to_have_count(1)
    page.keyboard.press("y")
    expect(question(page)).to_have_count(0)
    has_ended(page)
    expect(conversation(page, "tool").locator('[data-part="tool-state"]')).to_have_text("Done")

    tab_to(page, "textarea Message")
    page.keyboard.type("demo:stream 100000")
    page.keyboard.press("Enter")
    expect(answer(page)).to_contain_text("tok10")
    tab_to(page, "Stop", key="Shift+Tab")
    page.keyboard.press("Enter")
    has_ended(page, "interrupted")
    assert session in page.url


def test_a_question_is_denied_by_its_button_and_the_keyboard_stays_in_the_page(team, visitor):
    person = visitor(team)
    page = person.open_session(team.make_session(name="Denied", mode="ask")["id"])
    person.say(ASKS)
    expect(question(page)).to_be_visible()
    page.keyboard.press("F8")
    tab_to(page, "Deny")
    page.keyboard.press("Enter")
    expect(question(page)).to_have_count(0)
    has_ended(page)
    assert focused(page) != "nothing", "the keyboard is lost with the question"


def test_the_first_stop_skips_to_the_content(team, visitor):
    page = visitor(team).open()
    expect(page.get_by_role("heading", level=1, name="Sessions")).to_be_visible()
    page.reload()
    expect(connection(page)).to_have_attribute("data-state", "connected")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert focused(page) == "a Skip to content"
    page.keyboard.press("Enter")
    expect(page.locator("main:focus, main :focus")).to_have_count(1)


def test_the_order_of_the_stops_is_that_of_the_page(team, visitor):
    team.make_session(name="The only one")
    page = visitor(team).open()
    expect(page.get_by_role("link", name="The only one")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    passed = tab_to(page, "The only one")
    order = ["Skip to content", "Sessions", "Events", "Settings", "Sign out", "New session",
             "Search sessions", "All", "The only one"]
    stops = iter(passed)
    missing = [name for name in order if not any(name in stop for stop in stops)]
    assert not missing, f"{missing[0]} does not come in its order: {passed}"
    positions = page.evaluate("""() => [...document.querySelectorAll('[tabindex]')]
        .map((one) => one.tabIndex).filter((index) => index > 0)""")
    assert not positions, "a positive tabindex tears the order apart"


def test_a_dialog_keeps_the_keyboard_and_gives_it_back(team, visitor):
    page = visitor(team).open()
    opener = page.get_by_role("button", name="New session")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="New session")
    expect(dialog.locator(":focus")).to_have_count(1)
    for _ in range(25):
        page.keyboard.press("Tab")
        # Beyond the last stop is the browser's own frame, where the page has no focus.
        assert dialog.locator(":focus").count() or focused(page)== "nothing"
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_the_mode_is_a_group_of_radios_under_the_arrow_keys(team, visitor):
    person = visitor(team)
    page = person.open_session(team.make_session(name="Modes", mode="ask")["id"])
    page.get_by_role("radio", name="Ask").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Explore")).to_be_checked()
    expect(status(page)).to_have_attribute("data-status", "idle")
    expect(stop_button(page)).to_have_count(0)
