"""Fixtures of this tier alone; the running product and its teams are in Tests/conftest.py."""

import pytest

from support.background import ExpiringLogin, UnansweredPermission
from support.waiting import eventually


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
