"""Fixtures of every tier that runs the built product: one per pytest-xdist worker, products of
one's own, a fresh team, conversations with agents in folders of their own."""

import itertools
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "Integration"))

from chromium import running_chromium
from support import agent_user
from support.conversation import Conversation
from support.demo_model import MODEL_KEY, DemoModel
from support.marked import Marked
from support.processes import alive
from support.product import Product
from support.team import Team

_numbers = itertools.count()

# Beside agents that run as another user: what tests put into their folders is theirs to change.
if os.geteuid() == 0:
    os.umask(0)


@pytest.fixture
def tmp_path():
    """A folder of the test's own in which agents can work: pytest's is closed to their user."""
    folder = agent_user.passable_folder("sbt", 0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """The endpoint that the shared product's agents ask: a token every 2 ms."""
    with DemoModel(tmp_path_factory.mktemp("model"), pace=2) as running:
        yield running


@pytest.fixture(scope="session")
def shared_product(model):
    product = Product(ws_workers=2, ws_tcp=True, env={
        # A minute is the shortest life of a login that can be set; its end is one of the tests.
        "HUB_LOGIN_LIFETIME_MS": "60000",
        "ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": MODEL_KEY})
    try:
        product.start()
        yield product
    finally:
        left = product.stop()
        product.remove()
    assert not left, f"these processes outlived switchboard dev: {left}"


@pytest.fixture(scope="session")
def chromium():
    """The worker's browser."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def product(shared_product):
    """The worker's product, in good health before the test and with the same processes after it.

    Tests that kill, stop or reconfigure take `own_product` instead.
    """
    before = shared_product.pids()
    yield shared_product
    after = shared_product.pids()
    assert after == before, f"a process was replaced during the test: {before} → {after}"
    gone = [pid for pid in _flat(after) if pid and not alive(pid)]
    assert not gone, f"processes {gone} of {after} have ended"


@pytest.fixture
def own_product():
    """Make products for this test alone: `own_product(env=…, config=…, ws_workers=…)`."""
    made = []

    def make(**settings):
        product = Product(**settings)
        made.append(product)
        return product.start()

    yield make
    for product in made:
        product.stop()
        product.remove()


@pytest.fixture
def api(product):
    """REST with the product's first key."""
    with product.api() as caller:
        yield caller


@pytest.fixture
def team(product):
    """A team that no other test has seen, with a key of every scope and a user."""
    with Team(product, name=_unique("team")) as made:
        yield made


@pytest.fixture
def other_team(product):
    """A second team, foreign to `team`."""
    with Team(product, name=_unique("other")) as made:
        yield made


@pytest.fixture
def talk(team, tmp_path):
    """Begin a conversation with the shared product's agent: `talk(mode="ask", …)`."""
    return _beginner(team, tmp_path)


@pytest.fixture
def own_team(own_product):
    """A team of a product that this test may break: `own_team(env=…)`."""
    made = []

    def make(**settings):
        made.append(Team(own_product(**settings), name="own").__enter__())
        return made[-1]

    yield make
    for team in made:
        team.__exit__()


@pytest.fixture
def own_talk(own_team, tmp_path):
    """Begin a conversation in a product of this test alone: `own_talk(mode="ask", env=…)`."""

    def begin(mode="allow-all", env=None, **fields):
        return _beginner(own_team(env=env), tmp_path)(mode, **fields)

    return begin


def _beginner(team, directory):
    def begin(mode="allow-all", **fields):
        folder = directory / f"work{next(_numbers)}"
        folder.mkdir()
        return Conversation(team, folder, mode, **fields)

    return begin


@pytest.fixture
def processes():
    """Processes of a tool, known by a number in their arguments that nobody else has."""
    return Marked()


@pytest.fixture
def unique():
    """`unique("spec")`: an id that no other test of this run uses."""
    return _unique


def _unique(prefix):
    return f"{prefix}-{os.getpid()}-{next(_numbers)}"


def _flat(pids):
    for value in pids.values():
        yield from value if isinstance(value, list) else [value]


def notable(log):
    """A log without the lines that every call of the CLI leaves behind."""
    return "\n".join(line for line in log.splitlines() if "peer=cli-" not in line)


# What the product logged belongs to the report of a failed test.

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed:
        for name in ("shared_product", "own_product"):
            value = item.funcargs.get(name)
            if isinstance(value, Product):
                report.sections.append(("log of the product", notable(value.log())[-6000:]))
    return report
