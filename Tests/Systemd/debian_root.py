"""A minimal Debian 12, made once by debootstrap and read-only from then on."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".build/systemd"
SUITE = "bookworm"
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
# Of any host with systemd; `make` installs, and the tests reach a virtual machine by an agent of
# qemu's, and use curl, sqlite3 and python3.
HOST_PACKAGES = (
    "systemd systemd-sysv dbus kmod udev procps iproute2 ca-certificates make qemu-guest-agent curl "
    "sqlite3 python3").split()


def runtime_packages():
    """What the Makefile says that a host needs which did not build."""
    text = (REPOSITORY / "Makefile").read_text()
    listed = re.search(r"^RUNTIME_PACKAGES = ((?:.*\\\n)*.*)$", text, re.M)[1]
    return listed.replace("\\\n", " ").split()


def debian_root(without=()):
    """The folder of a root with every package that a host needs; made where it is not there yet.

    `without` are run-time packages that this host lacks.
    """
    packages = HOST_PACKAGES + [name for name in runtime_packages() if name not in without]
    made_of = f"{SUITE} {' '.join(sorted(packages))}"
    root = CACHE / f"root-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"
    if not root.exists():
        make(root, packages)
    return root


def make(root, packages):
    """debootstrap into a folder beside it, renamed once it is whole."""
    archives = CACHE / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    unfinished = root.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--cache-dir={archives}",
         f"--include={','.join(packages)}", SUITE, unfinished, MIRROR],
        capture_output=True, text=True)
    assert done.returncode == 0, f"debootstrap: {done.stdout[-3000:]}{done.stderr}"
    shutil.rmtree(unfinished / "var/cache/apt/archives")
    (unfinished / "etc/hostname").write_text("machine\n")
    (unfinished / "etc/hosts").write_text("127.0.0.1 localhost machine switchboard.test\n")
    unfinished.rename(root)
    for other in CACHE.glob("root-*"):
        if other != root:
            shutil.rmtree(other)


def kernel():
    """Debian's kernel for virtual machines, which finds its disk without modules."""
    folder = CACHE / "kernel"
    if not list(folder.glob("boot/vmlinuz-*")):
        folder.mkdir(parents=True, exist_ok=True)
        listed = subprocess.run(["apt-cache", "depends", "linux-image-cloud-amd64"],
                                check=True, capture_output=True, text=True).stdout
        package = re.search(r"Depends: (linux-image-\S+)", listed)[1]
        subprocess.run(["apt-get", "download", "-q", package], check=True, cwd=folder)
        [archive] = folder.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        archive.unlink()
        shutil.rmtree(folder / "lib")
    [found] = folder.glob("boot/vmlinuz-*")
    return found
