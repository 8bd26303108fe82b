"""Whatever a model's endpoint does, every run ends, the next message works, and the worker lives."""

import json
import os
import random
import threading
import time

from deviating_endpoint import DeviatingEndpoint
from support import processes
from support.conversation import Conversation
from support.endpoint import Endpoint, stream
from support.team import Team

RUNS = int(os.environ.get("DEVIATION_RUNS", "2000"))
SEED = int(os.environ.get("DEVIATION_SEED", random.SystemRandom().randrange(1 << 32)))
FIRST = int(os.environ.get("DEVIATION_CASE", "0"))
SESSIONS = 80
# One run: six attempts with their delays, and a compaction.
WITHIN = 150
SETTINGS = {
    "AGENT_MODEL_IDLE_MS": "1000", "AGENT_MODEL_PROGRESS_MS": "1500", "AGENT_MAX_STEPS": "12"}
ENDS = {"complete", "error"}


class Walk:
    """One session after the other of one thread, each of some cases."""

    def __init__(self, team, folder, take):
        self.team, self.folder, self.take = team, folder, take
        self.failures, self.count, self.errors = [], 0, {}

    def run(self):
        session = None
        while (case := self.take()) is not None:
            if session is None or self.count % 20 == 0:
                if session:
                    session.device.close()
                session = self._begin()
            try:
                self._play(session, case)
            except Exception as failure:  # told with its case at the end; the others go on
                self.failures.append(f"seed {SEED}, case {case}: {failure!r}"[:2000])
                session = None
            self.count += 1

    def _begin(self):
        folder = self.folder / f"{threading.get_ident()}-{self.count}"
        folder.mkdir()
        (folder / "a").write_text("A file.\n")
        return Conversation(self.team, folder, model="m1")

    def _play(self, session, case):
        run = session.run(f"[case {case}] Do something", within=WITHIN)
        assert run.reason in ENDS, run
        for error in run.of("error"):
            self.errors[error["code"]] = self.errors.get(error["code"], 0) + 1
            assert error["code"] not in ("INTERNAL_ERROR", "TRANSCRIPT_UNAVAILABLE"), run
        for usage in run.of("usage"):
            assert all(0 <= usage.get(f, 0) <= 1 << 53 for f in ("inputTokens", "outputTokens"))
        if case % 5 == 0:
            self.team.api.patch(session.path, {"model": f"m{case % 3}"})
        if run.reason == "error" or case % 4 == 0:
            plain = session.run(f"[plain {case}] And now?", within=WITHIN)
            assert plain.reason == "complete", f"the next message failed: {plain}"
            assert f"ok {case}" in plain.text, plain


def test_an_endpoint_that_deviates_at_random_breaks_nothing(own_product, tmp_path, capsys):
    with DeviatingEndpoint(SEED) as endpoint:
        product = own_product(env={
            **SETTINGS, "ANTHROPIC_BASE_URL": endpoint.url, "ANTHROPIC_AUTH_TOKEN": "token"})
        before, agent = product.pids(), product.pid("agent")
        cases = iter(range(FIRST, FIRST + RUNS))
        lock = threading.Lock()

        def take():
            with lock:
                return next(cases, None)

        with Team(product, name="deviations") as team:
            walks = [Walk(team, tmp_path, take) for _ in range(min(SESSIONS, RUNS))]
            began = time.monotonic()
            threads = [threading.Thread(target=walk.run) for walk in walks]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        took = time.monotonic() - began
        errors = sum_up(walk.errors for walk in walks)
        failures = [failure for walk in walks for failure in walk.failures]
        with capsys.disabled():
            print(f"\nseed {SEED}: {sum(w.count for w in walks)} runs in {took:.0f} s, "
                  f"{sum(endpoint.requests.values())} requests, ends in error: {errors}, "
                  f"deviations: {dict(endpoint.kinds)}")
        assert not endpoint.violations, "\n".join(map(str, endpoint.violations[:20]))
        assert not failures, f"{len(failures)} runs:\n" + "\n".join(failures[:10])
        assert product.pids() == before, f"a process was replaced: {before} → {product.pids()}"
        assert processes.alive(agent)
        assert processes.open_descriptors(agent) < 100, os.listdir(f"/proc/{agent}/fd")
        assert processes.resident_bytes(agent) < 300 << 20
        deviations = {
            line.split('kind="')[1].split('"')[0] for line in metrics(product)
            if line.startswith("switchboard_agent_model_deviations_total")}
        if RUNS >= 500:
            assert len(deviations) >= 12, deviations


COUNTS = [str(2 ** 63 - 1), str(2 ** 53 + 1), str(2 ** 64), "-1", "0.5", "1e300", "null", '"7"']


def test_no_count_of_tokens_ends_a_worker_or_loses_an_answer(own_product, tmp_path):
    with Endpoint() as endpoint:
        product = own_product(env={
            "ANTHROPIC_BASE_URL": endpoint.url, "ANTHROPIC_API_KEY": "key"})
        before = product.pids()
        with Team(product, name="counts") as team:
            session = Conversation(team, tmp_path)
            for count in COUNTS:
                events = "".join(
                    f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
                    for event in stream("text", [f"Hello {count}"], 1))
                events = events.replace('"input_tokens": 10', f'"input_tokens": {count}')
                events = events.replace('"output_tokens": 5', f'"output_tokens": {count}')
                endpoint.answers(("raw", (
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + events
                ).encode()))
                run = session.run("Hello")
                assert run.reason == "complete", run
                assert run.only("text_complete")["text"] == f"Hello {count}"
        assert product.pids() == before


def metrics(product):
    with product.api() as api:
        return api.request("GET", "/metrics").text.splitlines()


def sum_up(counts):
    total = {}
    for one in counts:
        for key, value in one.items():
            total[key] = total.get(key, 0) + value
    return total
