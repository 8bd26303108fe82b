"""What the kernel holds a process of a tool to: the most processes that its sandbox can ever have."""

import os
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")


def hard_bound(pid):
    """The bound on processes that stands for `pid` and all that it starts; None without one.

    For root's process it is the control group's, since the kernel counts none of root's against a
    resource limit; for everybody else's the resource limit is as good.
    """
    folder = group(pid)
    if folder and (folder / "pids.max").exists():
        bound = (folder / "pids.max").read_text().strip()
        if bound != "max":
            return int(bound)
    if os.stat(f"/proc/{pid}").st_uid == 0:
        return None
    for line in Path(f"/proc/{pid}/limits").read_text().splitlines():
        if line.startswith("Max processes"):
            soft = line.split()[2]
            return None if soft == "unlimited" else int(soft)
    return None


def group(pid):
    """The control group that counts the processes of `pid`, of either kernel interface."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "pids" in controllers.split(","):
            return GROUPS / "pids" / path.lstrip("/")
        if not controllers and (GROUPS / "cgroup.controllers").exists():
            return GROUPS / path.lstrip("/")
    return None
