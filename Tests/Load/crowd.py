"""Connections that only read: raw, many, and cheap enough not to be what is measured."""

import select
import time

READ_BYTES = 1 << 20


class Crowd:
    """`count` connections of `connect()`, which leaves nothing unread in a connection's buffer.

    From then on all of them are sent the same bytes. The first one's frames are counted; the
    others have as many when they have as many bytes.
    """

    def __init__(self, count, connect):
        self.raws = [connect() for _ in range(count)]
        self.poll = select.epoll()
        self.received = {}
        for raw in self.raws:
            assert not raw.buffer, f"left unread: {raw.buffer[:80]!r}"
            raw.stream.setblocking(False)
            self.received[raw.stream.fileno()] = 0
            self.poll.register(raw.stream, select.EPOLLIN)
        self.streams = {raw.stream.fileno(): raw.stream for raw in self.raws}
        self.first = self.raws[0].stream.fileno()
        self.rest = bytearray()
        self.frames = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.poll.close()
        for raw in self.raws:
            raw.close()

    def read_until(self, frames, within=120.0, at_frame=None):
        """Read until each connection had so many frames in all.

        `at_frame(number, text)` is called for each frame of the first connection.
        """
        deadline = time.monotonic() + within
        while True:
            target = self.received[self.first]
            if self.frames >= frames and all(n >= target for n in self.received.values()):
                assert self.frames == frames and set(self.received.values()) == {target}
                return
            left = deadline - time.monotonic()
            assert left > 0, f"{self.frames} of {frames} after {within:g} s"
            for number, _ in self.poll.poll(left, len(self.streams)):
                data = self.streams[number].recv(READ_BYTES)
                assert data, "a connection was closed"
                self.received[number] += len(data)
                if number == self.first:
                    self.rest += data
                    self._count(at_frame)

    def _count(self, at_frame):
        place, have = 0, len(self.rest)
        while have - place >= 2:
            start, length = place + 2, self.rest[place + 1]
            if length == 126:
                start, length = place + 4, int.from_bytes(self.rest[place + 2:place + 4], "big")
            assert length < 126 or start == place + 4, "no frame of this load is so long"
            if have < start + length:
                break
            assert self.rest[place] == 0x81, "not a whole text"
            if at_frame:
                at_frame(self.frames, bytes(self.rest[start:start + length]))
            self.frames += 1
            place = start + length
        del self.rest[:place]
