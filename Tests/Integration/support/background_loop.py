"""One asyncio loop on a thread of its own, so that tests stay plain and synchronous.

The WebSocket client must be an asyncio one: over TLS, a client with a reading and a writing thread
on one connection now and then loses its handshake.
"""

import asyncio
import threading

_loop = None
_lock = threading.Lock()


def wait_for(coroutine, within=None):
    """Run a coroutine on the background loop and wait for its result, at most `within` seconds."""
    if within is not None:
        coroutine = asyncio.wait_for(coroutine, max(within, 0.001))
    return asyncio.run_coroutine_threadsafe(coroutine, _running()).result()


def _running():
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="clients", daemon=True).start()
        return _loop
