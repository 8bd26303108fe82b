"""A command that starts processes without end is held by the kernel, and gone with its call."""

import re

import pytest

from support.conversation import bash
from process_bound import group, hard_bound
from support.processes import alive
from support.waiting import eventually

MAXIMUM = 512


@pytest.mark.xdist_group("long")
def test_a_fork_bomb_meets_the_bound_and_leaves_nothing(talk, processes):
    session = talk()
    bound_before_the_bomb(session, processes)

    session.say(bash(f"bomb() {{ bomb | bomb & }}; bomb; sleep {processes.mark}", timeout=5_000))
    folder = eventually(lambda: group_of_any(processes.all()), 20, what="the bomb in its group")
    peak = watched_until_it_is_over(session, folder)
    run = session.ended(within=60)

    assert run.reason == "complete"
    assert re.search(r"Timed out after 5 s|more than 512 processes", run.result["result"])
    if is_of_a_sandbox(folder):
        assert MAXIMUM // 2 < max(peak) <= MAXIMUM, "the bomb went off, and met its bound"
        eventually(lambda: not folder.exists(), 10, what="the sandbox's group gone")
    processes.gone()
    session.is_well()


def bound_before_the_bomb(session, processes):
    """Nothing explodes here before the kernel's bound was seen on a process of a harmless call."""
    session.say(bash(f"sleep {processes.mark}"))
    sleeping = eventually(processes.sleeping, 20, what="a command in its sandbox")
    bounds = {hard_bound(pid) for pid in sleeping}
    assert bounds == {MAXIMUM}, f"no hard bound on processes: {bounds}"
    assert session.abort()
    assert session.ended().reason == "interrupted"
    assert not [pid for pid in sleeping if alive(pid)]


def watched_until_it_is_over(session, folder):
    """How many processes the sandbox's group held, looked at again and again until the run's end."""
    counts = []

    def over():
        try:
            counts.append(int((folder / "pids.current").read_text()))
        except OSError:
            pass  # the group is gone, and so is the call
        return session.status() == "idle"

    eventually(over, 60, what="the end of the bomb's run")
    return counts


def group_of_any(pids):
    """The sandbox's group if one of them is in it, else the group that they share with others."""
    found = []
    for pid in pids:
        try:
            found.append(group(pid))
        except OSError:
            continue  # it ended meanwhile
    return max(found, key=is_of_a_sandbox, default=None)


def is_of_a_sandbox(folder):
    return folder.name.startswith("switchboard-sandbox-")
