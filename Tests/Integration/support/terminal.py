"""A command of the CLI in a terminal of its own, as a person has it."""

import fcntl
import os
import pty
import subprocess
import termios
import threading

from .product import executables
from .waiting import eventually


class Terminal:
    """Standard input, output and error are one pseudo terminal, which the command controls."""

    def __init__(self, *arguments, env=None):
        self.master, slave = pty.openpty()
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}

        def take_terminal():
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [executables() / "switchboard", *arguments], stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=take_terminal,
            env={**environment, "TERM": "xterm", **(env or {})})
        os.close(slave)
        self.shown = bytearray()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        try:
            while data := os.read(self.master, 65536):
                self.shown.extend(data)
        except OSError:
            pass  # nobody has the other side any more

    @property
    def text(self):
        return self.shown.decode(errors="replace").replace("\r\n", "\n")

    def shows(self, words, within=10):
        eventually(lambda: words in self.text, within=within, what=f"{words!r} in {self.text!r}")

    def type(self, text):
        os.write(self.master, text.encode())

    def press_ctrl_c(self):
        self.type("\x03")

    def ends(self, within=15):
        status = self.process.wait(within)
        self.reader.join(5)
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.reader.join(5)
        os.close(self.master)
