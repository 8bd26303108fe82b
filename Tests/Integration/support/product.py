"""One running Switchboard: `switchboard dev` in a directory and on a port of its own."""

import json
import os
import shutil
import signal
import ssl
import subprocess
from pathlib import Path

from loopback import free_port

from . import agent_user, processes
from .client import Client
from .rest import Api
from .waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[3]
# Of whoever runs the tests: no test may ask a real model.
NOT_PASSED_ON = (
    "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "CREDENTIALS_DIRECTORY")
EVERY_SCOPE = (
    "publish,channels:read,sessions:read,sessions:write,sessions:run,permissions:respond,admin"
)


def executables():
    """The folder of the built executables: SWITCHBOARD_BIN, else release, else debug."""
    named = os.environ.get("SWITCHBOARD_BIN")
    candidates = [Path(named)] if named else [
        REPOSITORY / ".build/release", REPOSITORY / ".build/debug"]
    for folder in candidates:
        if (folder / "switchboard").exists():
            return folder.resolve()
    raise AssertionError(
        f"no executable 'switchboard' in {', '.join(map(str, candidates))}: run swift build first")


class Product:
    """Started by `start()`, ended by `stop()`: every process of it, by pid.

    The directory is short on purpose: the path of a Unix socket has room for 107 bytes.
    """

    def __init__(self, *, ws_workers=1, ws_tcp=False, env=None, config=None, state=None,
                 path_prefix=None):
        self.root = Path(state) if state else agent_user.passable_folder("sb")
        self.keep_root = state is not None
        self.port = free_port()
        self.ready_file = self.root / "ready.json"
        self.log_file = self.root / "log"
        self.state = self.root / "s"
        self.ws_workers = ws_workers
        self.ws_tcp = free_port() if ws_tcp else None
        self.env = env or {}
        self.config = config
        self.path_prefix = path_prefix
        self.process = None
        self._context = None

    # Life

    def start(self, within=60.0):
        self.ready_file.unlink(missing_ok=True)
        self.state.mkdir(mode=0o700, exist_ok=True)
        if self.config is not None:
            self.config_file.parent.mkdir(mode=0o700, exist_ok=True)
            self.config_file.write_text(json.dumps(self.config))
        arguments = [
            executables() / "switchboard", "dev", "--state", self.state, "--port", str(self.port),
            "--ready-file", self.ready_file, "--ws-workers", str(self.ws_workers)]
        if self.path_prefix:
            arguments += ["--path-prefix", self.path_prefix]
        if self.ws_tcp:
            arguments += ["--ws-tcp", str(self.ws_tcp)]
        environment = {
            name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                arguments, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**environment, **self.env}, umask=0o022, start_new_session=True)
        eventually(self._is_ready, within, what="the ready file of switchboard dev")
        return self

    def _is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(
                f"switchboard dev ended with {self.process.returncode}:\n{self.log()[-4000:]}")
        return self.ready_file.exists() and self.ready

    def stop(self):
        """End the supervisor; whatever of its processes outlives it is ended by pid and told."""
        if self.process is None:
            return []
        below = processes.children(self.process.pid) if self.process.poll() is None else []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        left = [pid for pid in below if processes.alive(pid)]
        for pid in left:
            processes.end(pid, within=2)
        return left

    def remove(self):
        if not self.keep_root:
            shutil.rmtree(self.root, ignore_errors=True)

    # What it tells

    @property
    def ready(self):
        """The ready file as it is now: it is rewritten whenever a pid changes."""
        return json.loads(self.ready_file.read_text())

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def url(self):
        return self.ready["url"].rstrip("/")

    @property
    def config_file(self):
        return self.state / "config" / "config.json"

    @property
    def theme_file(self):
        return self.state / "config" / "theme.json"

    @property
    def tls(self):
        """A client context that trusts the product's own certificate and nothing else."""
        if self._context is None:
            self._context = ssl.create_default_context(cafile=self.ready["caFile"])
        return self._context

    # Its processes

    def pid(self, role, index=0):
        """The pid of `role` (nginx, hub, fcgi, agent, ws), as the ready file tells it now."""
        found = self.ready["pids"][role]
        return found[index] if isinstance(found, list) else found

    def pids(self):
        """Every pid that the ready file tells, by role."""
        return self.ready["pids"]

    def kill(self, role, index=0, number=signal.SIGKILL):
        pid = self.pid(role, index)
        os.kill(pid, number)
        return pid

    def restarted(self, role, old, index=0, within=20.0):
        """Wait until `role` runs under another pid than `old` and the whole answers again."""
        eventually(
            lambda: self.pid(role, index) != old and processes.alive(self.pid(role, index)),
            within, what=f"a new {role} after process {old}")
        self.answers(within)

    def answers(self, within=20.0):
        """Wait until `/ready` says 200."""
        with self.api(key=None) as anonymous:
            eventually(
                lambda: anonymous.try_status("GET", "/ready") == 200, within, every=0.05,
                what="/ready answering 200")

    def resident(self):
        """Resident bytes of every own process (nginx is not ours to measure), by pid."""
        own = []
        for role, pids in self.pids().items():
            if role != "nginx":
                own += pids if isinstance(pids, list) else [pids]
        return {pid: processes.resident_bytes(pid) for pid in own if pid}

    # Speaking to it

    def api(self, key="", cookie=None, **more):
        """REST as the holder of `key` (the first key when empty, nobody when None)."""
        return Api(self, self.ready["apiKey"] if key == "" else key, cookie, **more)

    def connect(self, key="", **more):
        """A WebSocket client through nginx as the holder of `key`, connected."""
        if "cookie" in more:
            key = None if key == "" else key
        return Client(self, self.ready["apiKey"] if key == "" else key, **more)

    def cli(self, *arguments, input=None, json_output=False, state=True, within=30.0, env=None):
        """Run the CLI on this product; returns (exit code, stdout, stderr)."""
        command = [executables() / "switchboard", *arguments]
        if state:
            command += ["--state", str(self.state)]
        if json_output:
            command += ["--json"]
        done = subprocess.run(
            command, cwd=self.root, input=input or "", capture_output=True, text=True,
            timeout=within, umask=0o022, env={**os.environ, **(env or {})})
        return done.returncode, done.stdout, done.stderr

    def remote(self, key=None):
        """The options with which the CLI comes over the network instead of the hub's socket."""
        return ["--url", self.url, "--key", key or self.ready["apiKey"],
                "--ca-file", self.ready["caFile"]]

    def cli_json(self, *arguments, **more):
        """Run the CLI with `--json`, insist on exit code 0 and return what it printed, parsed."""
        code, out, err = self.cli(*arguments, json_output=True, **more)
        assert code == 0, f"switchboard {' '.join(arguments)} ended with {code}: {err or out}"
        return json.loads(out)
