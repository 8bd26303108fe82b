"""The same fixtures on a machine with a kernel of its own."""

import pytest

from virtual_machine import VirtualMachine


@pytest.fixture(scope="module")
def machine(root):
    made = VirtualMachine(root, "virtual")
    try:
        yield made.boot()
    finally:
        made.power_off()
