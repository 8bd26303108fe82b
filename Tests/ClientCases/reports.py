"""What a driver and the server have told so far, with waits on it."""

import threading
import time

WITHIN = 20.0


class Reports:
    """Lines in the order in which they came; a wait is over at the first line that makes it true."""

    def __init__(self):
        self.changed = threading.Condition()
        self.clear()

    def clear(self):
        with self.changed:
            self.lines, self.failure = [], None

    def add(self, line):
        with self.changed:
            self.lines.append(line)
            self.changed.notify_all()

    def fail(self, why):
        """Nothing more will come."""
        with self.changed:
            self.failure = why
            self.changed.notify_all()

    def notice(self):
        """Something else that waits may be about has changed."""
        with self.changed:
            self.changed.notify_all()

    def wait(self, condition, what):
        """Wait until `condition()` is true and return it; a broken driver ends the wait."""
        deadline = time.monotonic() + WITHIN
        with self.changed:
            while not (found := condition()):
                assert self.failure is None, self.failure
                left = deadline - time.monotonic()
                assert left > 0, f"{what} did not come within {WITHIN:g} s; {self.lines[-8:]}"
                self.changed.wait(left)
            return found

    def count(self, socket):
        """How often a socket of the client has done this."""
        return sum(line.get("socket") == socket for line in self.lines)

    def observed(self, kind):
        return [line["observed"][kind] for line in self.lines if kind in line.get("observed", {})]
