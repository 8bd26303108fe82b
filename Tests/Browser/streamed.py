"""A long answer whose every character is known, watched at each change of the page."""

import os

from playwright.sync_api import expect

from person import answer, connection
from support.waiting import Overdue, eventually

WATCH = """
(() => {
  const seen = globalThis.watched = { faults: [], longest: 0, states: [] }
  const check = (expected) => {
    const texts = document.querySelectorAll('[data-kind="assistant"] [data-part="text"]')
    const text = (texts[texts.length - 1]?.textContent ?? '').trimEnd()
    const fault = (what) => { if (seen.faults.length < 5) seen.faults.push(what) }
    if (!expected.startsWith(text)) fault(text.slice(-120))
    if (text.length < seen.longest) fault(`from ${seen.longest} to ${text.length} characters`)
    seen.longest = Math.max(seen.longest, text.length)
    const state = document.querySelector('[aria-label="Connection"]')?.dataset.state
    if (state && state !== seen.states.at(-1)) seen.states.push(state)
  }
  const expected = EXPECTED
  new MutationObserver(() => check(expected)).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true })
})()
"""


class StreamedAnswer:
    """`demo:stream N` says "tok0 tok1 … tokN-1": what is lost or doubled shows at once.

    From the moment of asking, every text that the page ever shows must be a beginning of that, and
    never become shorter; also in each new document after a reload.
    """

    def __init__(self, person, tokens):
        self.person, self.page = person, person.page
        self.prompt = f"demo:stream {tokens}"
        self.text = " ".join(f"tok{number}" for number in range(tokens))
        watch = WATCH.replace("EXPECTED", f"'{self.text}'")
        self.page.add_init_script(watch)
        self.page.evaluate(watch)

    def begin(self):
        """Ask, and wait until the answer is under way."""
        self.person.say(self.prompt)
        self.has_reached(20)
        return self

    def has_reached(self, token):
        self.page.wait_for_function(
            "length => globalThis.watched.longest >= length",
            arg=self.text.index(f"tok{token} "))

    def shown(self):
        return answer(self.page).text_content()

    def is_shown_whole(self):
        """The answer on the page is the model's, every character of it once."""
        try:
            eventually(lambda: self.shown() == self.text, within=20, every=0.1)
        except Overdue:
            shown = self.shown()
            same = len(os.path.commonprefix([shown, self.text]))
            raise AssertionError(
                f"{len(shown)} of {len(self.text)} characters; from {same} on it is "
                f"{shown[same:same + 60]!r}, not {self.text[same:same + 60]!r}") from None

    def is_under_way(self):
        shown = self.shown().rstrip()
        assert self.text.startswith(shown) and len(shown) < len(self.text), (
            f"not in mid-stream: {len(shown)} of {len(self.text)} characters")

    def check(self):
        """So far nothing was shown that is not the answer."""
        faults = self.page.evaluate("globalThis.watched.faults")
        assert not faults, faults

    def states(self):
        """What the connection was shown to be, one after the other."""
        return self.page.evaluate("globalThis.watched.states")

    def waits_for(self, state):
        self.page.wait_for_function(
            "state => document.querySelector('[aria-label=\"Connection\"]').dataset.state === state",
            arg=state, timeout=45_000)

    def reconnects(self):
        """Wait until the connection was lost and is there again."""
        self.page.wait_for_function(
            "() => /reconnecting.*connected$/.test(globalThis.watched.states.join(' '))",
            timeout=45_000)

    def tells_what_was_recovered(self):
        """The news behind the state follow it: they wait for the channels."""
        expect(connection(self.page)).to_contain_text("recovered", timeout=20_000)
