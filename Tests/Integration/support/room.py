"""Disks and files that take no more."""

import resource


def fill(file):
    """Take up all the room that is left."""
    with open(file, "wb", buffering=0) as filler:
        try:
            while filler.write(bytes(1 << 16)):
                pass
        except OSError:
            pass


def limit_files(product, size):
    """No file of the hub's may be longer than `size` bytes; None: any length."""
    pid = product.pid("hub")
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))


def largest_file(product):
    """Of the database's, in bytes."""
    return max(file.stat().st_size for file in (product.state / "data").iterdir())
