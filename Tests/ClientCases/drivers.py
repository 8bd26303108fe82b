"""The drivers: programs that hold one client, each with lines to it and reports from it."""

import json
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from reports import Reports
from support.background_loop import wait_for
from support.product import executables
from websockets.exceptions import ConnectionClosed

REPOSITORY = Path(__file__).resolve().parents[2]
CLIENT = REPOSITORY / "Sources/BrowserClient"


class Driver:
    """`do(step)` has a step carried out and returns when all that follows at once is reported."""

    def __init__(self):
        self.reports = Reports()
        self.done = 0

    def do(self, step):
        self.done += 1
        number = self.done
        self.send(json.dumps({"do": step}))
        self.reports.wait(
            lambda: any(line.get("done") == number for line in self.reports.lines),
            f"the end of {step}")


class ProcessDriver(Driver):
    """A program that speaks on its standard input and output."""

    def __init__(self, *command):
        super().__init__()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self.reports.add(json.loads(line))
        self.reports.fail(f"the driver ended with {self.process.wait()}")

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.stdin.close()
        try:
            assert self.process.wait(10) == 0
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def node_driver():
    return ProcessDriver("node", Path(__file__).with_name("driver-node.js"))


def swift_driver():
    return ProcessDriver(executables() / "ClientCaseDriver")


class PageDriver(Driver):
    """A page in Chromium that the scripted server itself serves."""

    def __init__(self, server, browser):
        super().__init__()
        self.opened = threading.Event()
        self.connection = None
        server.files = page_files()
        server.control = self._control
        self.context = browser.new_context()
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.reports.fail(f"the page failed: {error}"))
        self.page.goto(f"http://127.0.0.1:{server.port}/")
        assert self.opened.wait(20), "the page's driver did not come"

    async def _control(self, connection):
        self.connection = connection
        self.opened.set()
        with suppress(ConnectionClosed):
            async for line in connection:
                self.reports.add(json.loads(line))

    def send(self, line):
        wait_for(self.connection.send(line), 10)

    def stop(self):
        self.context.close()


def page_files():
    """The driver, the client and the simulated runner, at the places that their imports name."""
    files = {"/": ("text/html", (
        b"<!doctype html><title>driver</title>"
        b"<script type=module src=/Tests/ClientCases/driver-page.js></script>"))}
    folders = [Path(__file__).parent, CLIENT, REPOSITORY / "Tests/BrowserClient"]
    for file in [file for folder in folders for file in folder.glob("*.js")]:
        files[f"/{file.relative_to(REPOSITORY)}"] = ("text/javascript", file.read_bytes())
    return files
