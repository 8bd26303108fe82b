"""Every view at desktop and phone size, light and dark: kept as pictures, and checked with axe-core."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from person import DESKTOP, PHONE, connection, question
from scenes import conversation_of_everything, sessions_in_every_state
from support.product import REPOSITORY

pytestmark = pytest.mark.xdist_group("chromium-1")

PICTURES = REPOSITORY / ".build/screenshots"
SIZES = {"desktop": DESKTOP, "phone": PHONE}
SCHEMES = ("light", "dark")

each_look = pytest.mark.parametrize(
    ("size", "scheme"), [(size, scheme) for size in SIZES for scheme in SCHEMES])


@pytest.fixture
def look(request):
    """Keep a picture of the page as it is, and insist that axe-core finds nothing serious."""
    found = {}

    def take(page, name, size, scheme):
        assert page.evaluate("document.documentElement.dataset.scheme") == scheme
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}-{size}-{scheme}.png", animations="disabled")
        assert_fits(page)
        if serious := serious_findings(page):
            found[name] = serious

    yield take
    assert not found, json.dumps(found, indent=1)


def serious_findings(page):
    violations = Axe().run(page).response["violations"]
    return [
        {"rule": one["id"], "impact": one["impact"], "help": one["help"],
         "nodes": [f"{node['html'][:160]} — {node['failureSummary'][-300:]}"
                   for node in one["nodes"][:3]]}
        for one in violations if one["impact"] in ("serious", "critical")]


def assert_fits(page):
    """Nothing makes the page itself scroll sideways."""
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1], f"the page is {widths[0]} px wide in a window of {widths[1]}"


@each_look
def test_the_sign_in_page(team, visitor, look, size, scheme):
    page = visitor(team, cookie=None, size=SIZES[size], scheme=scheme).open("")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    look(page, "sign-in", size, scheme)


@each_look
def test_the_views_of_sessions(team, visitor, look, size, scheme):
    session = conversation_of_everything(team)
    sessions_in_every_state(team)
    person = visitor(team, size=SIZES[size], scheme=scheme)
    page = person.open()
    person.is_connected()
    expect(page.get_by_role("list", name="Sessions").get_by_role("listitem")).to_have_count(5)
    look(page, "sessions", size, scheme)

    page.get_by_role("button", name="New session").click()
    expect(page.get_by_role("dialog", name="New session")).to_be_visible()
    look(page, "new-session", size, scheme)
    page.keyboard.press("Escape")

    person.open_session(session)
    expect(question(page)).to_be_visible()
    expect(page.locator("code .hljs-keyword").first).to_be_attached()
    look(page, "question", size, scheme)
    edit = page.locator('[data-tool="t2"]')
    edit.scroll_into_view_if_needed()
    if not edit.locator('[data-part="diff"]').is_visible():
        edit.locator("summary").click()
    expect(edit.locator('[data-part="diff"] .added')).to_be_visible()
    look(page, "tools", size, scheme)

    page.get_by_role("button", name="Session menu").click()
    look(page, "session-menu", size, scheme)
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("dialog", name="Rename session")).to_be_visible()
    look(page, "rename", size, scheme)
    page.keyboard.press("Escape")

    person.context.set_offline(True)
    expect(connection(page)).to_have_attribute("data-state", "reconnecting")
    look(page, "reconnecting", size, scheme)
    person.context.set_offline(False)
    person.is_connected()


@each_look
def test_the_other_views(team, visitor, look, size, scheme):
    team.make_user(f"grace-{team.id}")
    team.make_key("publish")
    person = visitor(team, size=SIZES[size], scheme=scheme)
    page = person.open("#/events")
    person.is_connected()
    events = page.get_by_role("list", name="Events, newest first").get_by_role("listitem")
    expect(events.filter(has_text="subscribed")).to_be_visible()
    for number in range(3):
        team.api.publish(team.channel, "log_entry", {"line": f"line {number}"})
    expect(events.filter(has_text="line 2")).to_be_visible()
    look(page, "events", size, scheme)

    person.open("#/settings")
    expect(page.get_by_role("list", name="Users").get_by_role("listitem")).to_have_count(2)
    look(page, "settings", size, scheme)
    page.get_by_role("region", name="Users").scroll_into_view_if_needed()
    look(page, "settings-below", size, scheme)


def test_axe_does_find_what_is_serious(team, visitor):
    page = visitor(team, cookie=None).open("")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert not serious_findings(page)
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [one["rule"] for one in serious_findings(page)] == ["button-name"]


def test_the_console_can_be_installed_and_its_worker_controls_the_page(team, visitor):
    person = visitor(team)
    page = person.open()
    person.is_connected()
    manifest = page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then((one) => one.json())")
    assert manifest["display"] == "standalone" and manifest["start_url"]
    for icon in manifest["icons"]:
        size, kind = page.evaluate("""async (source) => {
            const answer = await fetch(source)
            return [answer.status, answer.headers.get('content-type')]
        }""", icon["src"])
        assert size == 200 and kind.startswith(icon["type"])
    assert page.evaluate("navigator.serviceWorker.ready.then((one) => one.active !== null)")
    page.reload()
    person.is_connected()
    assert page.evaluate("navigator.serviceWorker.controller !== null")
