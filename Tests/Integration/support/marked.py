"""Processes that a tool started, found on the machine whatever namespace they are in."""

import os
import random
from pathlib import Path

from .processes import alive
from .waiting import eventually


class Marked:
    """`sleep {mark}` is a process that can be told from every other one on this machine."""

    def __init__(self):
        self.mark = f"{random.randint(100_000, 999_999)}.{random.randint(100_000, 999_999)}"

    def all(self):
        """The pids of all processes with the mark in their arguments, shells and sandbox too."""
        return [pid for pid, arguments in self._found() if alive(pid)]

    def sleeping(self):
        """The pids of those that are a `sleep` already."""
        return [pid for pid, arguments in self._found()
                if arguments[0].rpartition("/")[2] == "sleep" and alive(pid)]

    def gone(self, within=10):
        eventually(lambda: not self.all(), within, what="the end of a tool's processes")

    def _found(self):
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    text = Path(f"/proc/{entry}/cmdline").read_text(errors="replace")
                except OSError:
                    continue  # it ended while the list was read
                if self.mark in text:
                    yield int(entry), text.split("\0")
