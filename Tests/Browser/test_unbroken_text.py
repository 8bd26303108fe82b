"""A streamed answer loses and doubles nothing, whatever happens in its middle."""

import os
import signal

import pytest

from person import has_ended
from streamed import StreamedAnswer

pytestmark = pytest.mark.xdist_group("chromium-2")


@pytest.fixture
def stage(own_team, visitor):
    """Somebody with an open session in a product that may be broken: `stage(ws_workers=2)`."""

    def make(**settings):
        person = visitor(own_team(**settings))
        person.open_session(person.team.make_session(name="Unbroken")["id"])
        return person

    return make


def is_whole(stream):
    """The answer on the page is the model's, in the record and after a reload as well."""
    has_ended(stream.page)
    stream.is_shown_whole()
    stream.check()
    stream.page.reload()
    stream.is_shown_whole()
    stream.check()


def test_while_nothing_happens(stage):
    is_whole(StreamedAnswer(stage(), 150).begin())


def test_while_the_page_is_reloaded(stage):
    stream = StreamedAnswer(stage(), 400).begin()
    for token in (80, 160, 240):
        stream.has_reached(token)
        stream.check()
        stream.page.reload()
        stream.has_reached(token)
        stream.is_under_way()
    is_whole(stream)


def test_while_every_websocket_worker_is_killed(stage):
    person = stage(ws_workers=2)
    stream = StreamedAnswer(person, 500).begin()
    for index in range(2):
        person.product.kill("ws", index)
    stream.reconnects()
    stream.tells_what_was_recovered()
    stream.is_under_way()
    is_whole(stream)


def test_while_nginx_is_reloaded(stage):
    person = stage()
    stream = StreamedAnswer(person, 1_100).begin()
    # Its old workers let WebSockets go after `worker_shutdown_timeout`, 10 s here.
    os.kill(person.product.pid("nginx"), signal.SIGHUP)
    stream.reconnects()
    stream.is_under_way()
    is_whole(stream)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_while_the_hub_is_restarted(stage, end):
    person = stage()
    stream = StreamedAnswer(person, 500).begin()
    old = person.product.kill("hub", number=end)
    person.product.restarted("hub", old)
    stream.is_under_way()
    is_whole(stream)


def test_through_thirty_seconds_without_a_network(stage):
    person = stage()
    stream = StreamedAnswer(person, 2_400).begin()
    person.context.set_offline(True)
    stream.waits_for("reconnecting")
    before = stream.shown()
    person.page.evaluate("() => { globalThis.begun = performance.now() }")
    person.page.wait_for_function("() => performance.now() - begun > 30_000", timeout=60_000)
    assert stream.shown() == before, "the network was not cut"
    person.context.set_offline(False)
    stream.reconnects()
    stream.tells_what_was_recovered()
    stream.is_under_way()
    is_whole(stream)
