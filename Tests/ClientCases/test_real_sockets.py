"""Every behaviour case over real sockets: the browser client in Node and in Chromium, the Swift one.

Only the clock is simulated. The same cases with a simulated server run in each client's own tests,
and here in Chromium.
"""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest

from case_run import CaseRun
from drivers import PageDriver, node_driver, page_files, swift_driver
from scripted_server import ScriptedServer

pytestmark = pytest.mark.xdist_group("chromium-1")

CASES = [json.loads(file.read_text())
         for file in sorted((Path(__file__).parent / "cases").glob("*.json"))]
BROWSER_CLIENT = {"noHandshakeStatus", "handlers", "page"}
SWIFT_CLIENT = {"handshakeStatus", "handlers"}


def each_case(client):
    """Parametrize over the cases for a client that has these."""
    mine = [case for case in CASES if set(case.get("needs", ())) <= client]
    return pytest.mark.parametrize("case", mine, ids=[case["name"] for case in mine])


@contextmanager
def playing(make_driver):
    """How to play one case after the other with this driver."""
    server = ScriptedServer()
    driver = make_driver(server)
    server.changed = driver.reports.notice
    yield lambda case: CaseRun(case, server, driver).play()
    driver.stop()
    server.stop()


@pytest.fixture(scope="module")
def play_in_node():
    with playing(lambda server: node_driver()) as play:
        yield play


@pytest.fixture(scope="module")
def play_in_chromium(chromium):
    with playing(lambda server: PageDriver(server, chromium)) as play:
        yield play


@pytest.fixture(scope="module")
def play_in_swift():
    with playing(lambda server: swift_driver()) as play:
        yield play


@pytest.fixture(scope="module")
def blank_page(chromium):
    """A page in which nothing runs but what a test imports."""
    server = ScriptedServer()
    server.files = page_files() | {"/blank": ("text/html", b"<!doctype html><title>blank</title>")}
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/blank")
    yield page
    page.close()
    server.stop()


@each_case(BROWSER_CLIENT)
def test_the_browser_client_in_node(play_in_node, case):
    play_in_node(case)


@each_case(SWIFT_CLIENT)
def test_the_swift_client(play_in_swift, case):
    play_in_swift(case)


@each_case(BROWSER_CLIENT)
def test_the_browser_client_in_chromium(play_in_chromium, case):
    play_in_chromium(case)


@each_case(BROWSER_CLIENT)
def test_the_browser_client_in_chromium_with_a_simulated_server(blank_page, case):
    blank_page.evaluate("""async (script) => {
        const { createRealtimeClient } = await import('/Sources/BrowserClient/index.js')
        const { runCase } = await import('/Tests/BrowserClient/simulated.js')
        await runCase(script, createRealtimeClient)
    }""", case)


def test_each_case_has_a_name_of_its_own_and_is_for_somebody():
    names = [case["name"] for case in CASES]
    assert names and len(set(names)) == len(names)
    for case in CASES:
        needs = set(case.get("needs", ()))
        assert needs <= BROWSER_CLIENT or needs <= SWIFT_CLIENT, case["name"]
