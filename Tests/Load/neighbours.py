#!/usr/bin/env python3
"""What another team feels while one team's key does its worst.

    .build/venv/bin/python Tests/Load/neighbours.py [transcripts] [searches] [publishing]

One team attacks over REST from 14 processes for ten seconds; another one publishes and lists its
sessions meanwhile, one request after the other. All of it stays below nginx's rate for one address,
which an attacker with several does not have to. Prints the neighbour's times alone and under each
attack, and what the attacker was answered. Timings of shared machines are not asserted. Not part of
`make test`.
"""

import collections
import multiprocessing
import statistics
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("", "Integration")]

from support.product import Product
from support.rest import Api
from support.team import Team

ATTACKERS = 14
SECONDS = 10
TEXTS, TEXT_BYTES = 198, 250_000
SESSIONS = 5_000
# Of each process, and of the neighbour: 14 × 25 + 50 requests a second.
ATTACKER_PAUSE, NEIGHBOUR_PAUSE = 0.04, 0.02


def transcripts(team):
    """Long answers in one session, read back 200 at a time."""
    session = team.make_session()["id"]
    for number in range(TEXTS):
        team.api.post("/api/publish", {
            "channel": f"session:{session}", "type": "text_complete", "text": "x" * TEXT_BYTES,
            "turnId": f"turn-{number}"})
    return "GET", f"/api/sessions/{session}/messages?limit=200", None


def searches(team):
    """A search that no name of thousands matches."""
    for number in range(SESSIONS):
        team.make_session(name=f"session number {number} of a team that has many")
        time.sleep(NEIGHBOUR_PAUSE / 8)
    return "GET", "/api/sessions?q=nothing%20is%20called%20this&limit=200", None


def publishing(team):
    """Full batches of publications."""
    events = [{"channel": team.channel, "type": "x_load", "payload": "x" * 900}] * 1_000
    return "POST", "/api/publish", {"events": events}


def attack(product, key, request, until, outcomes):
    method, path, body = request
    counted = collections.Counter()
    with Api(product, key, timeout=60) as api:
        while time.monotonic() < until:
            counted[api.try_status(method, path, json=body)] += 1
            time.sleep(ATTACKER_PAUSE)
    outcomes.put(counted)


def neighbour(team, seconds):
    """The neighbour's times in milliseconds by what it did, and how often it was refused."""
    times, refused = {"publish": [], "list": []}, collections.Counter()
    small = {"channel": team.channel, "type": "x_small", "payload": 1}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for name, request in (
                ("publish", ("POST", "/api/publish", small)),
                ("list", ("GET", "/api/sessions?limit=5", None))):
            begun = time.monotonic()
            status = team.api.try_status(request[0], request[1], json=request[2])
            times[name].append((time.monotonic() - begun) * 1_000)
            if status != 200:
                refused[name, status] += 1
            time.sleep(NEIGHBOUR_PAUSE)
    return times, refused


def show(title, times, refused):
    for name, values in times.items():
        values.sort()
        print(f"{title:12} {name:8} n={len(values):5}  median {statistics.median(values):8.1f} ms"
              f"  p99 {values[int(len(values) * 0.99) - 1]:8.1f} ms  max {values[-1]:8.1f} ms",
              flush=True)
    if refused:
        print(f"{title:12} the neighbour was refused {dict(refused)}", flush=True)


def under(attack_of, product):
    with Team(product, "attacker") as attacker, Team(product, "neighbour") as victim:
        victim.api.http.timeout = 60
        request = attack_of(attacker)
        outcomes = multiprocessing.Queue()
        until = time.monotonic() + SECONDS
        processes = [
            multiprocessing.Process(
                target=attack, args=(product, attacker.key, request, until, outcomes))
            for _ in range(ATTACKERS)]
        for process in processes:
            process.start()
        show(attack_of.__name__, *neighbour(victim, SECONDS))
        total = sum((outcomes.get() for _ in processes), collections.Counter())
        for process in processes:
            process.join()
        print(f"{attack_of.__name__:12} the attacker was answered {dict(total)}", flush=True)


def main():
    chosen = sys.argv[1:] or ["transcripts", "searches", "publishing"]
    product = Product()
    product.start()
    try:
        with Team(product, "quiet") as team:
            show("alone", *neighbour(team, 3))
        for name in chosen:
            under({"transcripts": transcripts, "searches": searches,
                   "publishing": publishing}[name], product)
    finally:
        product.stop()
        product.remove()


if __name__ == "__main__":
    main()
