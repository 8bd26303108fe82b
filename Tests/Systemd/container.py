"""A machine in systemd-nspawn: boots in seconds, with the kernel of whoever runs the tests."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from debian_root import REPOSITORY
from machine import ENVIRONMENT, SOURCE, Machine
from support import processes

# nspawn's status when its machine wants to be started again.
REBOOT = 133
# Unprivileged bubblewrap mounts a /proc of its own, which the kernel allows only to who sees the
# whole of one: nspawn covers parts of it, a host covers none.
WHOLE_PROC = """[Unit]
Description=Takes away what systemd-nspawn put over parts of /proc
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'findmnt -nrRo TARGET /proc | tail -n +2 | tac | xargs -r umount'
"""


def control_groups(name):
    """Groups of this machine's own, in the hierarchies that systemd-nspawn makes its groups in."""
    top = Path("/sys/fs/cgroup")
    unified = [top] if (top / "cgroup.controllers").exists() else [top / "unified", top / "systemd"]
    groups = [folder / name for folder in unified if folder.exists()]
    for group in groups:
        group.mkdir(exist_ok=True)
    return groups


class Container(Machine):
    """The repository is a read-only mount in it; nobody else's processes are."""

    def __init__(self, root, name):
        super().__init__(root, name)
        self.leader = None
        self.groups = []
        self.add_unit("whole-proc.service", WHOLE_PROC, "sysinit.target")
        # /proc/sys is the kernel's that runs the tests.
        masked = self.folder / "changes/etc/systemd/system/systemd-sysctl.service"
        masked.symlink_to("/dev/null")

    # Life

    def boot(self, within=120):
        """Returns once its systemd says that everything which boots has been started."""
        self.groups = control_groups(self.name)
        self.leader = None
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"\0{self.name}")
            with self.console.open("ab") as console:
                self.process = subprocess.Popen(
                    self.overlaid(
                        "systemd-nspawn", "--boot", "--quiet",
                        f"--directory={self.folder}/whole", f"--machine={self.name}",
                        "--register=no", "--keep-unit", "--private-users=no",
                        "--private-network", "--notify-ready=yes", "--console=pipe",
                        "--resolv-conf=off", "--timezone=off", "--link-journal=no",
                        f"--bind-ro={REPOSITORY}:{SOURCE}:norbind"),
                    stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                    preexec_fn=self._enter_groups, umask=0o022,
                    env={"PATH": os.environ["PATH"], "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
                         "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "1",
                         "NOTIFY_SOCKET": f"@{self.name}"})
            self._await_ready(manager, within)
        return self

    def _enter_groups(self):
        for group in self.groups:
            (group / "cgroup.procs").write_text("0")

    def _await_ready(self, manager, within):
        """Read nspawn's notifications, which name process 1, until that one says that all is up."""
        manager.settimeout(1)
        deadline = time.monotonic() + within
        while True:
            assert self.process.poll() is None, f"nspawn ended: {self.last_words()}"
            assert time.monotonic() < deadline, f"it does not boot: {self.last_words()}"
            try:
                lines = manager.recv(4096).splitlines()
            except TimeoutError:
                continue
            for line in lines:
                if line.startswith(b"X_NSPAWN_LEADER_PID="):
                    self.leader = int(line.partition(b"=")[2])
            if self.leader and b"READY=1" in lines:
                return

    def reboot(self):
        self._leave("reboot")
        assert self.process.returncode == REBOOT, self.last_words()
        self.boot()

    def power_off(self):
        """As an admin does; by its pid where that leads nowhere."""
        try:
            if self.leader and self.process.poll() is None:
                self._leave("poweroff")
        finally:
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.process.wait(20)
            for group in self.groups:
                for folder in sorted(group.rglob("*/"), reverse=True):
                    folder.rmdir()
                group.rmdir()

    def _leave(self, how, within=90):
        self.run("systemctl", how, "--no-wall", check=False)
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"no {how}: {self.last_words()}") from None

    # Commands in it

    @property
    def entering(self):
        variables = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        return ["nsenter", "--target", str(self.leader), "--all", "--wdns=/", "env", "-i", *variables]

    def perform(self, command, input, within):
        return subprocess.run(
            [*self.entering, *command], input=input, capture_output=True, text=True,
            timeout=within, umask=0o022)

    def start(self, *command, output="output"):
        """A command that goes on; `with` ends it. `output` is its own, of those at a time."""
        return Running(self, command, self.folder / output)


class Running:
    """A command in a machine, and what it has printed so far."""

    def __init__(self, machine, command, file):
        self.file = file
        with file.open("wb") as output:
            self.process = subprocess.Popen(
                [*machine.entering, *command], stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, umask=0o022)

    @property
    def text(self):
        return self.file.read_text()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # nsenter waits for it, and passes no signal on.
        for pid in processes.children(self.process.pid):
            os.kill(pid, signal.SIGTERM)
        self.process.wait(20)
