"""Loopback ports for servers of tests."""

import random
import socket


def free_port():
    """A loopback port that nobody listens on, from outside the kernel's range of passing ports."""
    while True:
        port = random.randint(12_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
