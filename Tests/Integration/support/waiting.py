"""Waiting on a condition with a deadline, which is the only way these tests wait."""

import threading
import time


class Overdue(AssertionError):
    """A condition did not come true before its deadline."""


def eventually(condition, within=10.0, every=0.02, what=None):
    """Ask `condition()` again and again until it answers something true, and return that.

    An assertion that fails inside the condition counts as "not yet"; the last one is the cause
    of the error that names `what` when `within` seconds are over.
    """
    deadline = time.monotonic() + within
    pause = threading.Event()
    cause = None
    while True:
        try:
            answer = condition()
            if answer:
                return answer
            cause = None
        except AssertionError as failed:
            cause = failed
        if time.monotonic() >= deadline:
            name = what or getattr(condition, "__doc__", None) or "the condition"
            raise Overdue(f"{name}: not within {within:g} s") from cause
        pause.wait(every)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self):
        self.start = time.monotonic()

    @property
    def seconds(self):
        return time.monotonic() - self.start
