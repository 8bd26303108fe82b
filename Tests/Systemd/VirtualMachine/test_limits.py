"""A kernel with all controllers bounds what an agent's command takes, and nothing else is touched.

In containers of a host with cgroup v1 there are no such controllers, hence the virtual machine.
"""

import pytest

from support.conversation import bash
from support.waiting import eventually

MEMORY, PROCESSES = 4 * 1024**3, 512
# Each holds more than the limit, whatever the memory of one process is. Memory files and System V's
# segments are refused to a sandbox by its filter of system calls.
SHARED = """
import mmap
held = mmap.mmap(-1, 5 << 30)
for _ in range(5 << 10): held.write(bytes(1 << 20))
"""
PRIVATE_OF_MANY = """
import os, time
ready, told = os.pipe()
for _ in range(5):
    if os.fork() == 0:
        held = bytearray(b"x") * (1 << 30)
        os.write(told, b"x")
        time.sleep(600)
for _ in range(5): os.read(ready, 1)
"""


class Groups:
    """The control groups of the agent worker's sandboxes."""

    def __init__(self, installation):
        self.shell = installation.machine.shell
        name = self.shell("systemctl show -P ControlGroup switchboard-agent@1").strip()
        self.folder = f"/sys/fs/cgroup{name}"

    def names(self):
        return set(self.shell(f"cd '{self.folder}' && ls -d switchboard-sandbox-* || true").split())

    def read(self, name, file):
        return self.shell(f"cat '{self.folder}/{name}/{file}'").strip()


@pytest.fixture
def groups(running):
    return Groups(running)


@pytest.fixture
def neighbour(running, remote, groups):
    """The group of another session's command, which has to be there at the end too."""
    before = groups.names()
    running.machine.run(
        "systemd-run", "-q", "--unit=neighbour", "switchboard", "send",
        bash("sleep 599", timeout=600_000), "--mode", "allow-all", *remote)
    [group] = eventually(lambda: groups.names() - before, 200, every=1, what="a command's group")
    worker = running.main_pid("switchboard-agent@1")
    yield group
    assert running.main_pid("switchboard-agent@1") == worker
    assert int(groups.read(group, "pids.current")) > 0
    running.machine.run("systemctl", "stop", "neighbour")


def test_each_command_has_a_group_with_both_limits(groups, neighbour):
    assert groups.read(neighbour, "memory.max") == str(MEMORY)
    assert groups.read(neighbour, "pids.max") == str(PROCESSES)


@pytest.mark.parametrize("attack", [SHARED, PRIVATE_OF_MANY],
                         ids=["shared", "private of many"])
def test_a_command_over_its_memory_is_ended_and_told(running, remote, neighbour, attack):
    line = f"python3 -c '{attack}'; echo went on"
    [result] = running.results(bash(line, timeout=600_000), *remote)
    assert f"more than {MEMORY} bytes of memory" in result and "went on" not in result


def test_a_storm_of_processes_meets_its_bound(running, remote, neighbour):
    storm = f"for i in $(seq {PROCESSES + 100}); do sleep 300 & done; wait"
    [result] = running.results(bash(storm, timeout=600_000), *remote)
    assert f"more than {PROCESSES} processes" in result


def test_a_worker_that_was_killed_has_limits_again(running, remote):
    old = running.main_pid("switchboard-agent@1")
    running.machine.run("kill", "-KILL", str(old))
    eventually(lambda: running.main_pid("switchboard-agent@1") not in (0, old), 300, every=1,
               what="another worker")
    running.answers()
    [result] = running.results(bash("cat /proc/self/cgroup"), *remote)
    assert "/switchboard-sandbox-" in result
