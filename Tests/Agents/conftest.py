"""Fixtures: conversations with agents in folders of their own."""

import itertools

import pytest

from conversation import Conversation
from marked import Marked
from support.team import Team

_numbers = itertools.count()


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
