"""A FUSE file system whose server takes requests for some files and never answers them, like a
network file system whose other end is gone. Speaks the kernel's protocol itself (fuse(4))."""

import ctypes
import os
import select
import struct
import subprocess
import sys

_libc = ctypes.CDLL(None, use_errno=True)
_DETACH = 2

LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT = 1, 2, 3, 14, 15, 18, 25, 26
OPENDIR, READDIR, RELEASEDIR, BATCH_FORGET = 27, 28, 29, 42
FOLDER, REGULAR = 0o040755, 0o100644
ROOT = 1
# `hung` opens and never reads; `frozen` is never even found.
FILES = {b"fine": 2, b"hung": 3}
CONTENT = b"content\n"


class HungFolder:
    """`with HungFolder(path):` mounts it there; what hangs is let go at the end."""

    def __init__(self, path):
        self.path = str(path)

    def __enter__(self):
        os.makedirs(self.path, exist_ok=True)
        self._server = subprocess.Popen(
            [sys.executable, __file__, self.path], stdout=subprocess.PIPE, bufsize=0)
        assert os.read(self._server.stdout.fileno(), 8) == b"mounted\n"
        return self

    def asked(self, within=20):
        """Wait until the server has got one more request that it never answers."""
        ready, _, _ = select.select([self._server.stdout], [], [], within)
        assert ready, f"nobody asked {self.path} within {within} s"
        assert os.read(self._server.stdout.fileno(), 5) == b"hung\n"

    def __exit__(self, *_):
        # With the server's descriptor the kernel ends every request that waits.
        self._server.kill()
        self._server.wait()
        _libc.umount2(self.path.encode(), _DETACH)


def _attributes(node):
    mode, size = (FOLDER, 0) if node == ROOT else (REGULAR, len(CONTENT))
    return struct.pack("<6Q10I", node, size, 1, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def _listing(offset):
    entries = b""
    for place, (name, node) in enumerate(FILES.items(), 1):
        if place > offset:
            entry = struct.pack("<QQII", node, place, len(name), 8) + name
            entries += entry + bytes(-len(entry) % 8)
    return entries


def _answer(opcode, node, body):
    """Bytes, an errno, or None for no answer ever."""
    if opcode == INIT:
        return struct.pack("<IIIIHHIIHHI7I", 7, 31, 65536, 0, 64, 48, 65536, 1, 16, 0, 0, *[0] * 7)
    if opcode == LOOKUP:
        name = body.rstrip(b"\0")
        if name == b"frozen":
            return None
        if name not in FILES:
            return 2
        # Not kept by the kernel: each look asks again.
        return struct.pack("<4Q2I", FILES[name], 0, 0, 0, 0, 0) + _attributes(FILES[name])
    if opcode == GETATTR:
        return struct.pack("<Q2I", 0, 0, 0) + _attributes(node)
    if opcode in (OPEN, OPENDIR):
        return struct.pack("<QII", 0, 1, 0)
    if opcode == READ:
        offset = struct.unpack_from("<QQ", body)[1]
        return None if node == FILES[b"hung"] else CONTENT[offset:]
    if opcode == READDIR:
        return _listing(struct.unpack_from("<QQ", body)[1])
    return b"" if opcode in (RELEASE, RELEASEDIR, FLUSH) else 38


def _serve(path):
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    failed = _libc.mount(b"hung", path.encode(), b"fuse", 0, options.encode())
    assert failed == 0, os.strerror(ctypes.get_errno())
    os.write(1, b"mounted\n")
    while True:
        request = os.read(device, 1 << 18)
        _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
        if opcode in (FORGET, BATCH_FORGET):
            continue
        answer = _answer(opcode, node, request[40:])
        if answer is None:
            os.write(1, b"hung\n")
            continue
        error, body = (-answer, b"") if isinstance(answer, int) else (0, answer)
        os.write(device, struct.pack("<IiQ", 16 + len(body), error, unique) + body)


if __name__ == "__main__":
    _serve(sys.argv[1])
