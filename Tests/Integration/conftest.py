"""Fixtures: a running product per pytest-xdist worker, products of one's own, a fresh team."""

import itertools
import os

import pytest

from support.background import ExpiringLogin, UnansweredPermission
from support.processes import alive
from support.product import Product
from support.team import Team
from support.waiting import eventually

_numbers = itertools.count()


@pytest.fixture(scope="session")
def shared_product():
    # A minute is the shortest life of a login that can be set; its end is one of the tests.
    product = Product(ws_workers=2, ws_tcp=True, env={"HUB_LOGIN_LIFETIME_MS": "60000"})
    try:
        product.start()
        yield product
    finally:
        left = product.stop()
        product.remove()
    assert not left, f"these processes outlived switchboard dev: {left}"


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
def unique():
    """`unique("spec")`: an id that no other test of this run uses."""
    return _unique


@pytest.fixture
def bounded(product):
    """After the test, no process has grown by more than 32 MiB, and the product answers."""
    before = product.resident()
    yield product
    product.answers()

    def settled():
        grown = {pid: size - before.get(pid, size) for pid, size in product.resident().items()}
        assert all(size < 32 * 1024 * 1024 for size in grown.values()), f"grown by {grown}"
        return True

    eventually(settled, within=5, what="memory back within 32 MiB of what it was")


def _unique(prefix):
    return f"{prefix}-{os.getpid()}-{next(_numbers)}"


def _flat(pids):
    for value in pids.values():
        yield from value if isinstance(value, list) else [value]


# The waits that are really a minute long begin with the session and are looked at last.

LONG_WAITS = ["unanswered_permission", "expiring_login"]


@pytest.fixture(scope="session")
def unanswered_permission(shared_product):
    with UnansweredPermission(shared_product) as waiting:
        yield waiting


@pytest.fixture(scope="session")
def expiring_login(shared_product):
    with ExpiringLogin(shared_product) as waiting:
        yield waiting


@pytest.fixture(scope="session", autouse=True)
def _long_waits_begin_early(request):
    for name in LONG_WAITS:
        if any(name in item.fixturenames for item in request.session.items):
            request.getfixturevalue(name)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: any(name in item.fixturenames for name in LONG_WAITS))


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
