"""No command holds more memory than its limit, however it holds it."""

import pytest

from support.conversation import bash
from support.waiting import eventually

LIMIT = 4 * 1024**3

# Each takes hold of more than the limit and says so when it has it; no process has much memory
# that is its alone.
SHARED = """
import mmap
held = mmap.mmap(-1, 5 << 30)
for _ in range(5 * 1024): held.write(bytes(1 << 20))
"""
SHARED_BY_MANY = """
import mmap, os
ready, told = os.pipe()
for _ in range(5):
    if os.fork() == 0:
        held = mmap.mmap(-1, 1 << 30)
        for _ in range(1024): held.write(bytes(1 << 20))
        os.write(told, b"x")
        os.read(0, 1), __import__("time").sleep(60)
for _ in range(5): os.read(ready, 1)
"""
MEMORY_FILES = """
import os
held = [os.memfd_create("held") for _ in range(6)]
for file in held:
    for _ in range(900): os.write(file, bytes(1 << 20))
"""
MEMORY_FILES_ON_THEIR_WAY = """
import os, socket
ends = socket.socketpair()
for _ in range(6):
    file = os.memfd_create("held")
    for _ in range(900): os.write(file, bytes(1 << 20))
    socket.send_fds(ends[0], [b"x"], [file])
    os.close(file)
"""
SYSTEM_V = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
for _ in range(20):
    held = libc.shmget(0, ctypes.c_size_t(256 << 20), 0o1600)
    if held < 0: raise OSError(ctypes.get_errno(), "shmget")
    at = libc.shmat(held, None, 0)
    ctypes.memset(at, 1, 256 << 20)
    libc.shmdt(ctypes.c_void_p(at))
"""
FILES = """
for folder in "/tmp", "/dev/shm":
    for number in range(6):
        with open(f"{folder}/held{number}", "wb") as file:
            for _ in range(900): file.write(bytes(1 << 20))
"""


@pytest.mark.xdist_group("long")
@pytest.mark.parametrize("attack", [
    SHARED, SHARED_BY_MANY, MEMORY_FILES, MEMORY_FILES_ON_THEIR_WAY, SYSTEM_V, FILES,
], ids=["shared", "shared by many", "memory files", "memory files on their way", "System V",
        "files"])
def test_memory_counts_however_it_is_held(talk, processes, attack):
    session = talk()
    (session.folder / "attack.py").write_text(
        attack + "import time\ntime.sleep(2)\nprint('all of it', 'held')\n")
    result = session.run(
        bash(f"python3 attack.py {processes.mark}", timeout=300_000), within=320).result
    assert result["isError"] and "all of it held" not in result["result"], result["result"]
    assert "Timed out" not in result["result"], "slow is not bounded"
    processes.gone()
    session.is_well()


@pytest.mark.xdist_group("long")
def test_what_ended_for_its_memory_says_so_and_is_counted(talk):
    session = talk()
    before = ended(session.product)
    (session.folder / "attack.py").write_text(SHARED)
    result = session.run(
        bash("python3 attack.py; echo went on", timeout=300_000), within=320).result
    assert result["isError"] and f"more than {LIMIT} bytes of memory" in result["result"]
    eventually(lambda: ended(session.product) == before + 1, 20, what="the metric")


def ended(product):
    with product.api() as api:
        text = api.request("GET", "/metrics").text
    return sum(int(float(line.split()[-1])) for line in text.splitlines()
               if "tools.maximumMemoryBytes" in line)
