"""Somebody at a browser, who finds things by the names that assistive technology knows."""

import itertools
import re

from playwright.sync_api import expect

WITHIN_MS = 20_000
expect.set_options(timeout=WITHIN_MS)

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

_numbers = itertools.count()


class Person:
    """A browser context of its own, and in it a page with the console.

    `cookie` is a login's; by default that of a new user with this `role`.
    """

    def __init__(self, chromium, team, cookie="", role="admin", size=DESKTOP, scheme="light"):
        self.team, self.product = team, team.product
        self.context = chromium.new_context(
            viewport=size, color_scheme=scheme, reduced_motion="reduce")
        self.context.set_default_timeout(WITHIN_MS)
        self.complaints = []
        if cookie == "":
            cookie = team.sign_in(
                team.make_user(f"person-{team.id}-{next(_numbers)}", role=role))
        self.cookie = cookie
        if cookie:
            self.context.add_cookies([{
                "name": "__Host-switchboard.sid", "value": cookie, "url": self.product.url,
                "httpOnly": True, "secure": True, "sameSite": "Strict"}])
        self.page = self.new_tab()

    def leave(self):
        self.context.close()
        assert not self.complaints, self.complaints

    def new_tab(self):
        """One more page of the same browser, empty as yet."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{error.message}\n{error.stack}"))
        page.on("console", self._listen)
        return page

    def _listen(self, message):
        """What the network refuses is told there too; only the page's own faults count."""
        text = message.text
        if message.type == "error" and re.search(r"Content Security Policy|Trusted|Uncaught", text):
            self.complaints.append(text)

    def open(self, route="#/sessions", page=None):
        """Go to a view by its address."""
        page = page or self.page
        page.goto(f"{self.product.url}/{route}")
        return page

    def open_session(self, session, page=None):
        page = self.open(f"#/sessions/{session}", page)
        expect(page.get_by_role("textbox", name="Message")).to_be_editable()
        self.is_connected(page)
        return page

    def say(self, text, page=None):
        page = page or self.page
        page.get_by_role("textbox", name="Message").fill(text)
        page.get_by_role("button", name="Send", exact=True).click()

    def is_connected(self, page=None):
        page = page or self.page
        expect(connection(page)).to_have_attribute("data-state", "connected")


# Where things are on a page; names and attributes are the console's promise.

def connection(page):
    return page.get_by_role("status", name="Connection")


def conversation(page, kind=None):
    """Items of the open session's conversation."""
    items = page.get_by_role("list", name="Conversation")
    return items.locator(f'[data-kind="{kind}"]') if kind else items


def answer(page):
    """The text of the newest answer."""
    return conversation(page, "assistant").last.locator('[data-part="text"]')


def stop_button(page):
    return page.get_by_role("button", name="Stop", exact=True)


def status(page):
    """The open session's, not those in the list beside it."""
    return page.locator('main [data-part="status"]:not(li *)')


def question(page, tool="Bash"):
    return page.get_by_role("group", name=re.compile(f"^Permission question: {tool}"))


def unfolded(tool):
    """A tool's item with its details open."""
    if tool.locator("details").get_attribute("open") is None:
        tool.locator("summary").first.click()
    expect(tool.locator("details")).to_have_attribute("open", "")
    return tool


def has_ended(page, status_is="idle"):
    """The run is over; a long answer takes its time on a busy machine."""
    expect(status(page)).to_have_attribute("data-status", status_is, timeout=90_000)
    expect(stop_button(page)).to_have_count(0)
    expect(page.locator("[data-streaming]")).to_have_count(0)
