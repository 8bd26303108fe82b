"""The hub's frames by hand: who connects to which door and says what."""

import json
import struct
from contextlib import contextmanager

from . import agent_user
from .raw import Raw

DOOR_OF = {"cli": "hub", "ws": "workers", "fcgi": "workers", "agent": "agents"}


def message(header, body=b"", total=None, head=None):
    """One IPC message; `total` and `head` lie about its lengths."""
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    return struct.pack(
        "!II", 4 + len(header) + len(body) if total is None else total,
        len(header) if head is None else head) + header + body


def hello(role):
    return {"type": "hello", "version": 2, "role": role, "name": "stranger", "pid": 1}


def dial(product, door):
    """A socket at a door, connected as whoever the door is for; nothing is said yet."""
    path = product.ready["sockets"][door]
    if door != "agents" or agent_user.ids()[0] == 0:
        return Raw.unix(path)
    with agent_user.acting_as(*agent_user.ids()):
        return Raw.unix(path)


class Peer:
    """A process at one of the hub's doors."""

    def __init__(self, raw):
        self.raw = raw
        self.heard = []

    @classmethod
    @contextmanager
    def at(cls, product, role, door=None):
        with dial(product, door or DOOR_OF[role]) as raw:
            raw.try_send(message(hello(role)))
            yield cls(raw)

    def say(self, header, body=b""):
        return self.raw.try_send(message(header, body))

    def hear(self):
        """The next header; None once the hub has closed."""
        try:
            total, head = struct.unpack("!II", self.raw.take(8))
            header = json.loads(self.raw.take(total - 4)[:head])
        except EOFError:
            return None
        self.heard.append(header)
        return header

    def answer_to(self, request):
        """The header that answers the request; None where the hub closed instead."""
        while (header := self.hear()) is not None:
            if header.get("request") == request:
                return header

    def is_greeted(self):
        header = self.hear()
        return header is not None and header["type"] == "welcome"
