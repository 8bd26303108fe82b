"""What an admin reads in the journal: priorities, one time a line, and nothing of no use."""

import re

from support.waiting import eventually

TIME = re.compile(r"\d{4}-\d\d-\d\dT")


def test_a_warning_is_found_by_its_priority(running):
    running.machine.run("systemctl", "stop", "switchboard-hub")
    warnings = eventually(
        lambda: running.journal("-u", "switchboard-fcgi", "-p", "warning..warning"), 30,
        what="a worker's warning that its hub is gone")
    assert all("warning fcgi " in line for line in warnings), warnings
    running.machine.run("systemctl", "start", "switchboard-hub")
    running.answers()


def test_the_time_stands_once_in_a_line(running):
    own = [line for line in running.journal("-t", "switchboard-hub", "-t", "switchboard-fcgi",
                                            "-t", "switchboard-ws", "-t", "switchboard-agent")]
    assert len(own) > 10 and not [line for line in own if TIME.match(line)]


def test_calls_of_the_command_line_leave_no_line(running):
    before = running.journal("-u", "switchboard-hub")
    for _ in range(3):
        running.cli("teams", "list")
    assert running.journal("-u", "switchboard-hub") == before


def test_why_a_unit_refuses_to_start_is_an_error(running):
    running.machine.shell("""
        echo '{"hub": {"historyCount": "many"}}' > /etc/switchboard/config.json
        chown switchboard: /etc/switchboard/config.json
        systemctl restart switchboard-hub || true
        rm /etc/switchboard/config.json""")
    errors = running.journal("-t", "switchboard-hub", "-p", "err")
    assert any("historyCount" in line for line in errors), errors
