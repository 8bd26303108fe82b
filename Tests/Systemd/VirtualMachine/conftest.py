"""The same fixtures on a machine with a kernel of its own."""

import pytest

from installation import BUILD
from virtual_machine import VirtualMachine


@pytest.fixture(scope="module")
def machine(root):
    made = VirtualMachine(root, "virtual", BUILD)
    try:
        yield made.boot()
    finally:
        made.power_off()
