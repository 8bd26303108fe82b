"""Fixtures: people at browsers, in front of the real product behind nginx and TLS."""

import pytest

from person import Person
from support.demo_model import MODEL_KEY, DemoModel
from support.product import Product
from support.team import Team

PACE_MS = 15
"""Between two tokens of the model: an answer of 400 takes six seconds."""


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    with DemoModel(tmp_path_factory.mktemp("model"), pace=PACE_MS) as running:
        yield running


@pytest.fixture(scope="session")
def agents_ask(model):
    """The environment of a product whose agents ask that model."""
    return {"ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": MODEL_KEY}


@pytest.fixture(scope="session")
def shared_product(agents_ask):
    """This tier's own: with logins that outlive a test, and a model at a reader's pace."""
    product = Product(env=agents_ask)
    try:
        yield product.start()
    finally:
        product.stop()
        product.remove()


@pytest.fixture
def visitor(chromium):
    """Let somebody come to a console: `visitor(team)` is signed in as a new user of the team,
    `visitor(team, cookie=None)` is not. Whoever came must have seen no error of the page itself."""
    here = []

    def come(team, **more):
        here.append(Person(chromium, team, **more))
        return here[-1]

    yield come
    for person in here:
        person.leave()


@pytest.fixture
def own_team(own_product, agents_ask):
    """A team of a product that this test may break: `own_team(ws_workers=2)`."""
    made = []

    def make(**settings):
        made.append(Team(own_product(env=agents_ask, **settings), name="own").__enter__())
        return made[-1]

    yield make
    for team in made:
        team.__exit__()
