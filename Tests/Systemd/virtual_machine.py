"""A machine in qemu, with Debian's own kernel: slower by far, and with every control group."""

import base64
import json
import shutil
import socket
import subprocess
import time

import packages
from debian_root import kernel
from machine import ENVIRONMENT, Machine
from support.waiting import eventually

# On a serial port, for which the kernel needs no module.
AGENT = """[Unit]
Description=Runs the tests' commands

[Service]
ExecStart=/usr/sbin/qemu-ga --method=isa-serial --path=/dev/ttyS1
"""
# A tool's limit is 4 GiB, and somebody else has to have room beside it.
MEMORY = "6G"


class VirtualMachine(Machine):
    """Its processors are emulated: those of a machine that is virtual itself can seldom be lent."""

    patience = 10

    def __init__(self, root, name):
        super().__init__(root, name)
        self.disk = self.folder / "disk"
        self.agent = None
        self.add_unit("guest-agent.service", AGENT, "multi-user.target")

    # Life

    def boot(self, within=60):
        if not self.disk.exists():
            self._make_disk()
        socket_path = self.folder / "agent.sock"
        socket_path.unlink(missing_ok=True)
        with self.console.open("ab") as console:
            self.process = subprocess.Popen(
                ["qemu-system-x86_64", "-accel", "tcg,thread=multi",
                 "-cpu", "max", "-smp", "2", "-m", MEMORY, "-nodefaults", "-nographic",
                 "-no-reboot", "-kernel", kernel(),
                 "-append", "root=/dev/nvme0n1 rw console=ttyS0 quiet systemd.show_status=no",
                 "-drive", f"if=none,id=disk,format=raw,cache=unsafe,file={self.disk}",
                 "-device", "nvme,drive=disk,serial=disk", "-serial", "file:/dev/stdout",
                 "-chardev", f"socket,id=agent,server=on,wait=off,path={socket_path}",
                 "-serial", "chardev:agent"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        self.agent = Agent(self._connect(socket_path), within * self.patience)
        eventually(lambda: self.run("systemctl", "is-system-running", "--wait", check=False),
                   within * self.patience, what="the end of booting")
        return self

    def _connect(self, path):
        connection = socket.socket(socket.AF_UNIX)

        def connected():
            assert self.process.poll() is None, f"qemu ended: {self.last_words()}"
            return path.exists() and connection.connect(str(path)) is None

        eventually(connected, 20, what="qemu listening")
        return connection

    def _make_disk(self):
        target = self.folder / f"changes{packages.in_machine(packages.built())}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(packages.built(), target)
        with self.disk.open("wb") as disk:
            disk.truncate(4 << 30)
        subprocess.run(
            self.overlaid("mkfs.ext4", "-q", "-d", f"{self.folder}/whole", self.disk), check=True)

    def power_off(self):
        if self.process is None or self.process.poll() is not None:
            return
        try:
            if self.agent:
                self.agent.tell("guest-shutdown")
                self.process.wait(60 * self.patience)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait(20)

    # Commands in it

    def perform(self, command, input, within):
        variables = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        pid = self.agent.call(
            "guest-exec", path="/usr/bin/env", arg=["-i", *variables, *map(str, command)],
            **{"input-data": base64.b64encode(input.encode()).decode(), "capture-output": True},
        )["pid"]

        def ended():
            status = self.agent.call("guest-exec-status", pid=pid)
            return status if status["exited"] else None

        status = eventually(ended, within, every=0.2, what=f"the end of {' '.join(command)}")
        out, err = (base64.b64decode(status.get(f"{name}-data", "")).decode()
                    for name in ("out", "err"))
        return subprocess.CompletedProcess(command, status.get("exitcode", -1), out, err)


class Agent:
    """qemu's guest agent: a JSON object a line, both ways."""

    def __init__(self, connection, within):
        self.connection = connection
        self.lines = b""
        connection.settimeout(1)
        deadline = time.monotonic() + within
        # What is sent before it listens comes back from the terminal as noise.
        while True:
            assert time.monotonic() < deadline, "the machine does not answer"
            connection.sendall(b"\xff")
            mark = time.monotonic_ns()
            self.tell("guest-sync-delimited", id=mark)
            try:
                while self._line() != {"return": mark}:
                    pass
                break
            except TimeoutError:
                continue
        connection.settimeout(600)

    def call(self, name, **arguments):
        self.tell(name, **arguments)
        answer = self._line()
        assert "return" in answer, f"{name}: {answer}"
        return answer["return"]

    def tell(self, name, **arguments):
        text = json.dumps({"execute": name, "arguments": arguments})
        self.connection.sendall(text.encode() + b"\n")

    def _line(self):
        while b"\n" not in self.lines:
            self.lines += self.connection.recv(65536)
        line, _, self.lines = self.lines.partition(b"\n")
        try:
            return json.loads(line.rpartition(b"\xff")[2])
        except ValueError:
            return None
