"""Fixtures: a machine with the product installed and running, one for each module."""

import pytest

from container import Container
from debian_root import debian_root
from installation import URL, Installation

@pytest.fixture(scope="session")
def root():
    return debian_root()


@pytest.fixture(scope="module")
def machine(root, request):
    made = Container(root, request.module.__name__.removeprefix("test_").replace("_", "-"))
    try:
        yield made.boot()
    finally:
        made.power_off()


@pytest.fixture(scope="module")
def installation(machine):
    """Installed and configured, and nothing started yet."""
    made = Installation(machine)
    made.configure()
    return made


@pytest.fixture(scope="module")
def running(installation):
    installation.start()
    return installation


@pytest.fixture(scope="module")
def team(running):
    return running.cli("teams", "create", "Ops")["id"]


@pytest.fixture(scope="module")
def key(running, team):
    return running.cli("keys", "create", "--team", team)["key"]


@pytest.fixture(scope="module")
def remote(key):
    """The options with which the command line comes through nginx."""
    return ["--url", URL, "--key", key]
