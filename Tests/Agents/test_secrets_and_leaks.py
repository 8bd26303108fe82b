"""The model's key stays with the agent worker, and runs leave nothing behind."""

from pathlib import Path

from support.demo_model import MODEL_KEY
from support.conversation import bash
from support import processes as machine
from support.waiting import eventually


def test_the_key_is_in_no_event_log_argument_or_tool(talk, product):
    session = talk()
    runs = [
        session.run(bash("env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'")),
        session.run("demo:error 401"), session.run("demo:error 500 x1"),
        session.run("demo:no-stream")]
    with product.api() as admin:
        shown = [str(run.events) for run in runs] + [
            str(session.history()), str(session.team.api.history(session.team.channel)),
            product.log(), admin.request("GET", "/metrics").text,
            admin.request("GET", "/api/config").text, str(product.cli("config")),
            product.ready_file.read_text()]
    for text in shown:
        assert MODEL_KEY not in text
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert MODEL_KEY not in process.read_text(errors="replace"), process
        except OSError:
            continue  # it ended while the list was read
    for stored in product.state.rglob("*"):
        if stored.is_file():
            assert MODEL_KEY.encode() not in stored.read_bytes(), stored


def test_only_the_agent_worker_has_the_key(product):
    holders = set()
    pids = product.pids()
    for pid in [product.process.pid] + machine.children(product.process.pid):
        try:
            if MODEL_KEY.encode() in Path(f"/proc/{pid}/environ").read_bytes():
                holders.add(pid)
        except OSError:
            continue  # a worker of nginx, or gone
    assert holders <= {product.process.pid, pids["agent"]}, (holders, pids)


def test_many_runs_leave_no_process_descriptor_or_memory(talk, product):
    session = talk()
    agent, hub = product.pid("agent"), product.pid("hub")

    def runs(count):
        for _ in range(count):
            assert session.run(bash("sleep 0 & echo ran")).reason == "complete"

    runs(5)
    before = {pid: machine.open_descriptors(pid) for pid in (agent, hub)}
    memory = machine.resident_bytes(agent)
    runs(30)
    for pid, count in before.items():
        eventually(lambda: machine.open_descriptors(pid) <= count + 2,
                   what=f"the descriptors of process {pid} back at {count}")
    eventually(lambda: machine.children(agent) == [], what="no child of the agent worker")
    assert machine.resident_bytes(agent) - memory < 8 << 20
