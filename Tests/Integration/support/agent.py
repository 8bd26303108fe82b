"""An agent outside the product, played by a test."""

import os

from .waiting import eventually


class Agent:
    """An agent outside, whose session it is from the first thing that it does there."""

    def __init__(self, api, session):
        self.api, self.session = api, session
        self.tell("usage", inputTokens=1, outputTokens=1)

    def tell(self, type, **fields):
        event = {"channel": f"session:{self.session}", "type": type,
                 "eventId": f"e-{os.urandom(8).hex()}", **fields}
        eventually(lambda: self.api.try_status("POST", "/api/publish", json=event) == 200,
                   within=30)

    def is_asked(self, text):
        def texts():
            answer = self.api.get(f"/api/sessions/{self.session}/messages")
            return [m["text"] for m in answer["items"] if m["role"] == "user"]
        eventually(lambda: text in texts(), within=15, what=f"the message {text!r}")
