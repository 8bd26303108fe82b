"""What the kernel knows about a process: alive, memory, open descriptors, parent."""

import os
import signal
from pathlib import Path

from .waiting import eventually


def alive(pid):
    """True while `pid` runs; a zombie that nobody has reaped yet counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def resident_bytes(pid):
    """Resident memory of one process (`VmRSS`)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no resident memory: it has ended")


def cpu_seconds(pid):
    """Processor time that a process has used, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def children(pid):
    """The pids of all processes below `pid`, children before grandchildren."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if parent(int(entry)) == pid:
                    found.append(int(entry))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while the list was read
    return found + [below for child in found for below in children(child)]


def end(pid, within=10.0):
    """End one process by its pid: SIGTERM, and SIGKILL when it has not ended `within` seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        try:
            eventually(lambda: not alive(pid), within, what=f"the end of process {pid}")
            return
        except AssertionError:
            continue
