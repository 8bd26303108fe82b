#!/usr/bin/env python3
"""How fast, small and fair agents are, on the built executables with everything real but the model.

    .build/venv/bin/python Tests/Load/agents.py [latency] [sessions] [runs]

Prints figures and ratios, and ends with 1 if one is beyond its limit. Not part of `make test`.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("", "Integration")]

from support.conversation import Conversation, bash
from support import processes as machine
from support.product import Product
from support.demo_model import MODEL_KEY, DemoModel
from support.team import Team
from support.waiting import eventually

MiB = 1 << 20
# One batch of text is 50 ms, and what comes on top of it is ours.
BATCH_MS, OWN_MS = 50, 20
BYTES_PER_SESSION = 2 * MiB
# A session that is not starved ends at most so much later than the median one.
SLOWEST_TO_MEDIAN = 1.5


class Running:
    """A product whose agents ask a demo model of this pace, and a team in it."""

    def __init__(self, pace, **env):
        self.folder = tempfile.TemporaryDirectory(prefix="sbl", dir="/tmp")
        self.path = Path(self.folder.name)
        self.model = DemoModel(self.path, pace)
        self.product = Product(env={
            "ANTHROPIC_BASE_URL": self.model.url, "ANTHROPIC_API_KEY": MODEL_KEY, **env})

    def __enter__(self):
        self.product.start()
        self.team = Team(self.product, name="load").__enter__()
        return self

    def __exit__(self, *_):
        self.team.__exit__()
        self.product.stop()
        self.product.remove()
        self.model.stop()
        self.folder.cleanup()

    def conversation(self):
        return Conversation(self.team, Path(tempfile.mkdtemp(dir=self.path)))


def latency():
    """From the moment at which the model sends a token to the client's reading of it."""
    fine = True
    for batch in (0, BATCH_MS):
        with Running(20, HUB_DELTA_BATCH_MS=str(batch)) as running:
            session = running.conversation()
            first, every = [], []
            for _ in range(60):
                session.say("demo:clock 12")
                begun = False
                while (event := session.device.next())["type"] != "complete":
                    if event["type"] == "text_delta":
                        now = time.time() * 1_000
                        waited = [now - int(token) for token in event["delta"].split()]
                        first += [] if begun else waited[:1]
                        every += waited
                        begun = True
            limit = batch + OWN_MS
            name = f"batch {batch} ms"
            fine &= show(f"{name}: first token", first, limit)
            show(f"{name}: every token", every, limit)
    return fine


def show(name, values, limit):
    values = sorted(values)
    p50, p99 = (values[int((len(values) - 1) * part)] for part in (0.5, 0.99))
    print(f"{name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, n {len(values)}, "
          f"p50 is {p50 / limit:.2f} of its limit of {limit} ms", flush=True)
    return p50 <= limit


def sessions(count=100, tokens=300):
    """So many sessions stream at once in one agent worker."""
    with Running(50, AGENT_CAPACITY=str(count)) as running:
        agent = running.product.pid("agent")
        conversations = [running.conversation() for _ in range(count)]
        for conversation in conversations:
            conversation.device.close()
        # What the first run loads is no session's.
        conversations[0].say("demo:stream 2")
        eventually(lambda: conversations[0].status() == "idle", what="the first run's end")
        base, cpu = machine.resident_bytes(agent), machine.cpu_seconds(agent)
        client = running.team.connect()
        for conversation in conversations:
            client.subscribe(conversation.channel)
        begun, ended, seen, peak = {}, {}, {}, base
        start = time.monotonic()
        for conversation in conversations:
            begun[conversation.id] = time.monotonic()
            conversation.say(f"demo:stream {tokens}")
        while len(ended) < count:
            event = client.next(within=60)
            if event["type"] == "text_delta":
                seen[event["sessionId"]] = seen.get(event["sessionId"], 0) + 1
                if sum(seen.values()) % 200 == 0:
                    peak = max(peak, machine.resident_bytes(agent))
            elif event["type"] == "complete":
                assert event["reason"] == "complete", event
                ended[event["sessionId"]] = time.monotonic()
        elapsed = time.monotonic() - start
        cpu = machine.cpu_seconds(agent) - cpu
        times = sorted(ended[id] - begun[id] for id in ended)
        median, slowest = statistics.median(times), times[-1]
        each = (peak - base) / count
        print(f"{count} sessions at once: {each / MiB:.3f} MiB a session "
              f"({each / BYTES_PER_SESSION:.2f} of its limit; worker {base / MiB:.1f} → "
              f"{peak / MiB:.1f} MiB)")
        print(f"{count} sessions at once: median {median:.2f} s, slowest {slowest:.2f} s, "
              f"ratio {slowest / median:.2f} (ideal {tokens * 0.05:.1f} s)")
        print(f"{count} sessions at once: worker used {cpu / elapsed:.2f} cores, "
              f"{count * tokens / elapsed:.0f} tokens/s in all", flush=True)
        return each <= BYTES_PER_SESSION and slowest / median <= SLOWEST_TO_MEDIAN


def runs(count=1_000):
    """So many runs with a tool leave no process, zombie or descriptor behind."""
    with Running(0) as running:
        watched = {role: running.product.pid(role) for role in ("agent", "hub")}
        work(running, 50)
        before = {role: machine.open_descriptors(pid) for role, pid in watched.items()}
        memory = {role: machine.resident_bytes(pid) for role, pid in watched.items()}
        start = time.monotonic()
        work(running, count)
        print(f"{count} runs with a tool: {count / (time.monotonic() - start):.0f} runs/s")
        fine = True
        for role, pid in watched.items():
            left = machine.open_descriptors(pid) - before[role]
            children = machine.children(pid)
            grown = (machine.resident_bytes(pid) - memory[role]) / MiB
            print(f"{role} after {count} runs: {left:+d} descriptors, {len(children)} children, "
                  f"{grown:+.1f} MiB", flush=True)
            fine &= left <= 2 and not children
        return fine


def work(running, count, each=50):
    """In sessions of 50 runs: a conversation of a thousand would be another measurement."""
    for _ in range(count // each):
        session = running.conversation()
        for _ in range(each):
            run = session.run(bash("true & echo ran"))
            assert run.reason == "complete", run


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["latency", "sessions", "runs"]
    parts = {"latency": latency, "sessions": sessions, "runs": runs}
    sys.exit(0 if all([parts[name]() for name in chosen]) else 1)
