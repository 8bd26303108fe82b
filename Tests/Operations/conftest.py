"""Fixtures: a running nginx site, shared by a module's tests or a test's own."""

import shutil
import tempfile
from pathlib import Path

import pytest

from running_site import Site


@pytest.fixture(scope="session")
def directory():
    """A short directory: the path of a Unix socket has room for 107 bytes."""
    made = Path(tempfile.mkdtemp(prefix="sbo", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def site(directory):
    """nginx with two WebSocket workers and a FastCGI worker that echo what reaches them."""
    (directory / "shared").mkdir()
    running = Site(directory / "shared")
    yield running
    running.stop()


@pytest.fixture
def own_site(directory, request):
    """Make a site for this test alone: `own_site(changes=…, workers=…, fastcgi=…)`."""
    made = []

    def make(**settings):
        root = Path(tempfile.mkdtemp(dir=directory))
        made.append(Site(root, **settings))
        return made[-1]

    yield make
    for running in made:
        running.stop()
