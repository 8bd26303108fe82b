"""No process of a tool outlives its worker, whatever it did to the processes around it."""

import os
import signal

import pytest

from support import processes as machine
from support.conversation import bash
from support.waiting import eventually

# Makes the sandbox's first process forget that it has to die with its parent: stops it, lets it
# call prctl(PR_SET_PDEATHSIG, 0), and puts its registers back.
UNDYING = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
names = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
         "fs_base gs_base ds es fs gs").split()
class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in names]
def ptrace(request, data=None):
    if libc.ptrace(request, 1, None, data) == -1:
        print("refused:", os.strerror(ctypes.get_errno()), flush=True)
        sys.exit(3)
def stopped():
    os.waitpid(1, 0x40000000)
ptrace(16)
stopped()
before, call = Registers(), Registers()
ptrace(12, ctypes.byref(before))
ptrace(12, ctypes.byref(call))
call.rax, call.orig_rax, call.rdi, call.rsi, call.rip = 157, 2**64 - 1, 1, 0, before.rip - 2
ptrace(13, ctypes.byref(call))
ptrace(9)
stopped()
ptrace(13, ctypes.byref(before))
ptrace(17)
print("the sandbox will not die", flush=True)
"""

LIVES = {
    "ptrace": "python3 undying.py > undying.txt 2>&1; setsid sleep {mark} & sleep {mark}",
    "twice forked": "( ( setsid sleep {mark} & ) & ); setsid -w setsid -w sleep {mark}",
    "stopped": "stop() {{ until grep -q sleep /proc/$1/comm; do :; done; kill -STOP $1; }}; "
               "sleep {mark} & stop $!; (sleep {mark} & stop $!; wait)",
    "deaf": "trap '' HUP INT TERM PIPE CHLD; setsid sleep {mark} & sleep {mark}",
    "traced child": "setsid sleep {mark} & python3 -c 'import ctypes,os; "
                    "ctypes.CDLL(None).ptrace(16, '$!', 0, 0)'; sleep {mark}",
}


@pytest.mark.parametrize("victim", ["worker", "bubblewrap"])
@pytest.mark.parametrize("life", LIVES)
def test_no_tool_outlives_its_worker_or_its_walls(own_talk, processes, life, victim):
    session = own_talk()
    (session.folder / "undying.py").write_text(UNDYING)
    session.say(bash(LIVES[life].format(mark=processes.mark), timeout=100_000))
    eventually(lambda: len(processes.sleeping()) == 2, 20, what="the tool's processes")
    if victim == "worker":
        session.product.kill("agent")
    else:
        os.kill(outermost(processes), signal.SIGKILL)
    processes.gone()
    if life == "ptrace":
        assert (session.folder / "undying.txt").read_text().startswith("refused: ")


def outermost(processes):
    """The bubblewrap that watches over the sandbox: the child of the worker."""
    walls = [pid for pid in processes.all() if machine.alive(pid)]
    above = {pid: parent(pid) for pid in walls}
    return next(pid for pid in walls if above[pid] not in above)


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])
