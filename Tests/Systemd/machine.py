"""A host with systemd as process 1: a Debian of its own over the cached one."""

import json
import os
import shutil

from debian_root import CACHE

SOURCE = "/usr/src/switchboard"
# Nothing of whoever runs the tests.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME": "/root",
               "LANG": "C.UTF-8"}


class Machine:
    """Booted by `boot()`, ended by `power_off()`; commands run in it as root.

    The repository, or what of it is installed, is at /usr/src/switchboard in it. Its network is a loopback of its own.
    """

    # How much longer than a host of its own it takes for everything.
    patience = 1

    def __init__(self, root, name):
        self.root = root
        self.folder = CACHE / "machines" / name
        shutil.rmtree(self.folder, ignore_errors=True)
        for part in ("changes", "work", "whole"):
            (self.folder / part).mkdir(parents=True)
        # Of this run of the tests alone.
        self.name = f"switchboard-test-{os.getpid()}-{name}"
        self.console = self.folder / "console.log"
        self.process = None

    def add_unit(self, name, text, target):
        """A unit that its target wants, before the machine boots."""
        units = self.folder / "changes/etc/systemd/system"
        wants = units / f"{target}.wants"
        wants.mkdir(parents=True, exist_ok=True)
        (units / name).write_text(text)
        (wants / name).symlink_to(f"../{name}")

    def overlaid(self, *command):
        """The command, with the machine's files where `whole` is: in mounts that end with it."""
        overlay = (f"lowerdir={self.root},upperdir={self.folder}/changes,"
                   f"workdir={self.folder}/work")
        script = f'mount -t overlay overlay -o "$1" "{self.folder}/whole" && shift && exec "$@"'
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh",
                overlay, *command]

    def run(self, *command, input=None, check=True, within=120):
        """Run a command in the machine; returns it with its output, as text."""
        done = self.perform(command, input or "", within * self.patience)
        assert not check or done.returncode == 0, (
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
            f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done

    def shell(self, script, **more):
        """Lines of shell in it; what they printed."""
        return self.run("sh", "-euc", script, **more).stdout

    def json(self, *command, **more):
        return json.loads(self.run(*command, **more).stdout)

    def last_words(self):
        return self.console.read_text(errors="replace")[-3000:]
