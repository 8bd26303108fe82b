"""The demo model as a process of its own: an endpoint for the SDK and for a product's agents."""

import json
import signal
import subprocess
from pathlib import Path

from .product import executables
from .waiting import eventually

# Of the agents that ask it: what no log, event or tool may ever show.
MODEL_KEY = "sk-ant-test-" + "k3y" * 12


class DemoModel:
    """`switchboard demo-model` on a free port, `pace` milliseconds from token to token."""

    def __init__(self, directory, pace=0):
        self.ready_file = Path(directory) / "ready.json"
        self.process = subprocess.Popen(
            [executables() / "switchboard", "demo-model", "--pace", str(pace),
             "--ready-file", self.ready_file], stderr=subprocess.DEVNULL)
        self.url = json.loads(eventually(self._ready, what="the demo model's ready file"))["url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _ready(self):
        assert self.process.poll() is None, f"it ended with {self.process.returncode}"
        return self.ready_file.exists() and self.ready_file.read_text()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=5)
