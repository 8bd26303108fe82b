"""From the package to an agent at work, and through what a host does to its services."""

import json

from installation import UNITS, URL
from support.conversation import bash
from support.waiting import eventually


def test_one_command_starts_everything(running):
    assert running.all_run()
    assert running.machine.run("systemctl", "is-system-running", check=False).stdout == "running\n"


def test_so_far_nothing_was_worth_a_warning(running):
    units = [option for unit in UNITS for option in ("-u", unit)]
    assert len(running.journal(*units)) > 10
    assert running.journal("-p", "warning", *units) == []


def test_doctor_finds_nothing(running):
    report = running.machine.json("switchboard", "doctor", "--json", check=False)
    assert [found for found in report["findings"] if found["level"] != "ok"] == []


def test_a_session_runs_a_tool(running, remote):
    prompt = bash("echo $((6 * 7)) > answer; cat answer")
    assert running.results(prompt, *remote) == ["42\n"]


def test_what_REST_publishes_a_WebSocket_receives(running, team, key, remote):
    def publish(number):
        event = {"channel": f"team:{team}", "type": "log_entry", "payload": {"number": number}}
        answer = running.machine.json(
            "curl", "-sf", "-H", f"x-api-key: {key}", "-H", "content-type: application/json",
            "-d", json.dumps(event), f"{URL}/api/publish")
        return answer["results"][0]

    before = publish(1)
    position = f"{before['epoch']}:{before['offset'] - 1}"
    with running.machine.start("switchboard", "listen", f"team:{team}", "--json", "--since",
                               position, *remote) as listening:
        for expected in (before, publish(2)):
            eventually(lambda: expected["eventId"] in listening.text, 30, what="a publication")


def test_every_killed_process_is_back(running):
    for unit in UNITS:
        old = running.main_pid(unit)
        running.machine.run("kill", "-KILL", str(old))
        eventually(lambda: running.main_pid(unit) not in (0, old), 30, what=f"another {unit}")
        running.answers()


def test_after_a_reboot_everything_is_there(running, key):
    running.machine.reboot()
    running.answers()
    sessions = running.machine.json("curl", "-sf", "-H", f"x-api-key: {key}", f"{URL}/api/sessions")
    assert len(sessions["items"]) == 1
