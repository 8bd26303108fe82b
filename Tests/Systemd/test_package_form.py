"""What the package is like before anybody installs it."""

import subprocess

import packages
from debian_root import CACHE, runtime_packages

# Of all executables together; six with Swift's libraries in each were 115 MB.
MAXIMUM_BYTES = 60 * 1000 * 1000


def test_lintian_finds_neither_errors_nor_warnings():
    done = subprocess.run(["lintian", "--allow-root", packages.built()], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_the_executables_are_small_and_stripped():
    tree = CACHE / "contents"
    subprocess.run(["rm", "-rf", tree], check=True)
    subprocess.run(["dpkg-deb", "-x", packages.built(), tree], check=True)
    programs = [file for file in tree.rglob("*") if file.is_file() and not file.is_symlink()
                and file.open("rb").read(4) == b"\x7fELF"]
    assert sum(file.stat().st_size for file in programs) < MAXIMUM_BYTES
    for program in programs:
        sections = subprocess.run(["readelf", "-SW", program], check=True, capture_output=True,
                                  text=True).stdout
        assert ".debug_info" not in sections and ".symtab" not in sections, program


def test_what_it_needs_and_what_is_an_admins_is_declared():
    needs = packages.field(packages.built(), "Depends") + packages.field(packages.built(), "Recommends")
    # What the linker knows, and what a program loads or starts by itself.
    missing = [name for name in runtime_packages() if name not in needs]
    assert missing == []
    conffiles = subprocess.run(["dpkg-deb", "-I", packages.built(), "conffiles"], check=True,
                               capture_output=True, text=True).stdout
    assert conffiles == "/etc/nginx/sites-available/switchboard\n"
