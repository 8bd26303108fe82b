"""What a machine has on its disk, and in its tables of accounts and units: before and after."""

# What any program's running, or dpkg's own books, change.
CHANGING = ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/var/cache", "/var/lib/dpkg", "/var/lib/apt", "/var/log",
            "/var/lib/systemd/timers", "/var/lib/systemd/catalog", "/var/lib/systemd/random-seed",
            "/var/lib/private", "/usr/src", "/root", "/etc/mtab")
# Copies that the tools of accounts leave of what was before.
BACKUPS = ("passwd-", "group-", "shadow-", "gshadow-", ".pwd.lock", "subuid-", "subgid-", "ld.so.cache")


def listed(machine):
    """Path → kind, mode, owners, target; and for files of /etc the digest of their content."""
    pruned = " -o ".join(f"-path {path}" for path in CHANGING)
    lines = machine.shell(
        f"find / -xdev \\( {pruned} \\) -prune -o -printf '%p\\t%y %m %U %G %l\\n'; "
        "find /etc -type f -exec md5sum {} + | sed 's/^\\(\\S*\\)  \\(.*\\)/\\2 content\\t\\1/'")
    found = dict(line.split("\t", 1) for line in lines.splitlines())
    return {path: state for path, state in found.items()
            if not path.removesuffix(" content").endswith(BACKUPS)}


def difference(before, after):
    """Paths that are there in one only, or otherwise."""
    return {path: (before.get(path), after.get(path))
            for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
