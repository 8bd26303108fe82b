"""Started by root, the agent worker has control groups of its own, though it isn't root itself."""

import os

import pytest

from process_bound import group, hard_bound
from support.conversation import bash
from support.waiting import eventually


@pytest.mark.xdist_group("long")
def test_a_worker_of_root_divides_a_group_of_its_own(talk, processes):
    assert os.geteuid() == 0, "only root can hand a control group to the agents' user"
    session = talk()
    session.say(bash(f"sleep {processes.mark}"))
    sleeping = eventually(processes.sleeping, 20, what="a command in its sandbox")
    folder = group(sleeping[0])
    worker = session.product.pid("agent")
    assert folder.name.startswith("switchboard-sandbox-")
    assert folder.parent.name == f"switchboard-agent-{worker}"
    assert hard_bound(sleeping[0]) == 512
    assert os.stat(folder).st_uid == os.stat(f"/proc/{sleeping[0]}").st_uid != 0
    assert session.abort()
    session.ended()
    eventually(lambda: not folder.exists(), 10, what="the sandbox's group gone")


def test_what_a_killed_worker_left_is_removed_by_the_next(own_talk):
    product = own_talk().product
    old = product.pid("agent")
    left = group(old)
    assert left.name == f"switchboard-agent-{old}"
    product.kill("agent")
    product.restarted("agent", old)
    eventually(lambda: not left.exists(), 10, what="the old worker's group gone")
