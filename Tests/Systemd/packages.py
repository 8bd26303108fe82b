"""The built package, and one of an earlier version that is made of it."""

import subprocess

from debian_root import CACHE, REPOSITORY
from machine import SOURCE

BUILD = ".build/shipped"
EARLIER = "0.0.1"
MARK = b"Switchboard's version is "
# What the earlier one has that this one has not: a file, and a snippet with another text.
DROPPED_FILE = "usr/share/switchboard/console/earlier.js"
CHANGED_FILE = "usr/share/switchboard/nginx/switchboard-headers.conf"


def built():
    """The path of `make deb`'s package, in the repository."""
    [package] = (REPOSITORY / BUILD).glob("switchboard_*.deb")
    return package


def field(package, name):
    return subprocess.run(["dpkg-deb", "-f", package, name], check=True, capture_output=True,
                          text=True).stdout.strip()


def in_machine(package):
    """The same file, as every machine sees it."""
    return f"{SOURCE}/{package.relative_to(REPOSITORY)}"


def earlier():
    """The same product, whose programs say another version, and which has other files."""
    version = field(built(), "Version")
    assert len(version) == len(EARLIER)
    tree = CACHE / "earlier"
    subprocess.run(["rm", "-rf", tree], check=True)
    subprocess.run(["dpkg-deb", "-R", built(), tree], check=True)
    for program in ("switchboard", "switchboard-sandbox"):
        file = tree / "usr/bin" / program
        bytes = file.read_bytes()
        assert bytes.count(MARK + version.encode()) == 1, program
        file.write_bytes(bytes.replace(MARK + version.encode(), MARK + EARLIER.encode()))
    (tree / DROPPED_FILE).write_text("// Of an earlier version.\n")
    with (tree / CHANGED_FILE).open("a") as file:
        file.write("# Of an earlier version.\n")
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {version}", f"Version: {EARLIER}"))
    package = CACHE / "switchboard_earlier.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, package],
                   check=True, capture_output=True)
    return package
