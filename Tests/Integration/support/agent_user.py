"""Whom agents run as where root starts the product, and folders that they can work in."""

import os
import pwd
import tempfile
from contextlib import contextmanager
from pathlib import Path

ACCOUNT, NUMBERS = "switchboard-agent", (65525, 65525)


def ids():
    """(uid, gid) of the agent worker."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        return NUMBERS
    return account.pw_uid, account.pw_gid


def passable_folder(prefix, mode=0o711):
    """A new folder with a short path that the agents' user may enter."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    folder.chmod(mode)
    return folder


@contextmanager
def acting_as(uid, gid):
    """This process with another effective user, for a connect: the kernel tells that one."""
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
