"""A producer and a device that never give up, and the proof that nothing between them is lost."""

import threading

import httpx
from websockets.exceptions import ConnectionClosed

from .client import Client, Refused
from .waiting import Stopwatch, eventually


class Trickle:
    """A producer that never stops: one event every few milliseconds, each tried again with the
    same event id until it is acknowledged."""

    def __init__(self, product, channel, event=None):
        """`event(number)` gives the fields of each event; a log entry with its number otherwise."""
        self.product, self.channel = product, channel
        self.event = event or (lambda n: {"type": "log_entry", "payload": {"n": n}})
        self.acknowledged = {}
        self.retries = 0
        self.failure = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(60)
        assert self.failure is None, self.failure

    def run(self):
        number = 0
        try:
            while not self.stopping.is_set():
                self.publish(f"trickle-{number}", number)
                number += 1
                self.stopping.wait(0.004)
        except Exception as failure:
            self.failure = failure

    def publish(self, event, number):
        deadline = Stopwatch()
        while deadline.seconds < 40:
            try:
                with self.product.api(timeout=5) as api:
                    answer = api.request("POST", "/api/publish", json={
                        "channel": self.channel, "eventId": event, **self.event(number)})
                if answer.status_code == 200:
                    self.acknowledged[event] = answer.json()["results"][0]["offset"]
                    return
                assert answer.status_code >= 500 or answer.status_code == 429, answer.text
            except httpx.HTTPError:
                pass  # the worker or nginx's upstream was being replaced: the same id goes again
            self.retries += 1
            threading.Event().wait(0.05)
        raise AssertionError(f"{event} was never acknowledged")


class Resumer:
    """A device that reconnects for ever and resumes from its offset."""

    def __init__(self, product, channel, key=None):
        """`key` is the product's first one when not told."""
        self.product, self.channel, self.key = product, channel, key
        self.received = []
        self.text = ""
        self.position = None
        self.reconnects = 0
        self.unrecovered = 0
        self.failure = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        eventually(lambda: self.position or self.failure, within=20, what="the first subscription")
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(30)
        assert self.failure is None, self.failure

    def run(self):
        while not self.stopping.is_set():
            try:
                self.follow()
            except (ConnectionClosed, Refused, OSError, EOFError, TimeoutError):
                self.reconnects += 1
                self.stopping.wait(0.05)
            except Exception as failure:
                self.failure = failure
                return

    def follow(self):
        with Client(self.product, self.key or self.product.ready["apiKey"], within=5) as client:
            resumed = self.position is not None
            subscribed = client.subscribe(self.channel, since=self.position)
            if resumed and not subscribed["recovered"]:
                self.unrecovered += 1
            if not resumed:
                self.position = (subscribed["epoch"], subscribed["offset"])
            while not self.stopping.is_set():
                try:
                    message = client.next(within=0.2)
                except TimeoutError:
                    continue
                if "offset" in message:
                    self.received.append((message["offset"], message["eventId"]))
                    self.text += message.get("delta", "")
                    self.position = (self.position[0], message["offset"])


def check_nothing_is_missing(product, channel, trickle, resumer):
    with product.api() as api:
        items = [item for item in api.history(channel) if item["type"] == "log_entry"]
    ids = [item["eventId"] for item in items]
    assert len(ids) == len(set(ids)), "a publication is in the history twice"
    assert set(trickle.acknowledged) <= set(ids), "acknowledged, and missing from the history"
    assert {item["eventId"]: item["offset"] for item in items
            if item["eventId"] in trickle.acknowledged} == trickle.acknowledged
    numbers = [item["payload"]["n"] for item in items]
    assert numbers == sorted(numbers)
    offsets = [offset for offset, _ in resumer.received]
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets))), "a gap or a duplicate"
    assert set(trickle.acknowledged) <= {event for _, event in resumer.received}
    assert resumer.unrecovered == 0
