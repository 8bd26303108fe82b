"""The life of a package: an earlier one, an upgrade under traffic, removal, installation, purge."""

import json
import re

import pytest

import packages
from file_system import difference, listed
from installation import HOST, SITE, UNITS, URL, Installation
from machine import SOURCE
from support.waiting import eventually


PROCESSES = {"hub", "fcgi", "ws-1", "ws-2", "agent-1"}


@pytest.fixture(scope="module")
def before(machine):
    """The machine without the product."""
    return listed(machine)


@pytest.fixture(scope="module")
def installation(machine, before):
    """The earlier version, with an admin's edits."""
    made = Installation(machine, packages.earlier())
    made.configure()
    machine.shell(f"""
        sed -i 's/ssl_protocols .*/ssl_protocols TLSv1.3;/' {SITE}
        sed -i 's|ws-2/ws.sock max_fails=0;|ws-2/ws.sock max_fails=0 weight=2;|' {SITE}""")
    return made


@pytest.fixture(scope="module")
def upgraded(running, team, key, remote):
    """The built version over it, while somebody listens to what somebody publishes."""
    machine = running.machine
    made = {
        "versions": eventually(lambda: all_versions(running), 30, what="every process's version"),
        "site": machine.shell(f"cat {SITE}"),
        "pids": {unit: running.main_pid(unit) for unit in UNITS},
    }
    with machine.start("switchboard", "listen", f"team:{team}", "--json", *remote) as listening:
        eventually(lambda: "listening to" in listening.text, 30, what="the subscription")
        with machine.start("python3", f"{SOURCE}/Tests/Systemd/traffic.py", URL, key,
                           f"team:{team}", output="published") as publishing:
            eventually(lambda: "20\n" in publishing.text, 30, what="some traffic before")
            made["said"] = running.install(packages.built())
            # Somebody else's process of the same program.
            machine.run("systemctl", "restart", "model")
            running.answers()
            after = len(publishing.text.split()) + 20
            eventually(lambda: len(publishing.text.split()) > after, 60, what="traffic after")
        made["published"] = publishing.text.split()
        last = f'"number-{made["published"][-1]}"'
        eventually(lambda: last in listening.text, 30, what="the last of it")
        made["received"] = [json.loads(line) for line in listening.text.splitlines()
                            if line.startswith("{")]
    return made


def all_versions(running):
    """The version of each process, by `/metrics`; nothing before all have told theirs."""
    found = versions(running)
    return found if found.keys() == PROCESSES else None


def versions(running):
    text = running.machine.shell(f"curl -sf {URL}/metrics")
    return dict(re.findall(r'^switchboard_build_info\{process="(.*)",version="(.*)"\} 1$', text, re.M))


def test_an_upgrade_under_traffic_costs_a_listener_nothing(upgraded):
    numbers = [event["payload"]["number"] for event in upgraded["received"]
               if event["type"] == "log_entry"]
    assert numbers == [int(number) for number in upgraded["published"]]
    assert len(numbers) > 40


def test_what_ran_runs_anew_in_the_new_version(running, upgraded):
    assert upgraded["versions"] == dict.fromkeys(PROCESSES, packages.EARLIER)
    version = packages.field(packages.built(), "Version")
    eventually(lambda: versions(running) == dict.fromkeys(PROCESSES, version), 30,
               what="every process being of the new version")
    assert all(running.main_pid(unit) != pid for unit, pid in upgraded["pids"].items())
    for program in ("switchboard", "switchboard-hub", "switchboard-ws", "switchboard-fcgi",
                    "switchboard-agent", "switchboard-sandbox"):
        assert running.machine.run(program, "--version").stdout == f"{program} {version}\n"


def test_the_admins_site_is_as_it_was_and_what_it_includes_is_new(running, upgraded):
    assert running.machine.shell(f"cat {SITE}") == upgraded["site"]
    assert "weight=2" in upgraded["site"] and HOST in upgraded["site"]
    assert "earlier" not in running.machine.shell(f"cat /{packages.CHANGED_FILE}")
    assert running.machine.run("test", "-e", f"/{packages.DROPPED_FILE}", check=False).returncode == 1
    running.machine.run("nginx", "-t", "-q")


def test_doctor_finds_nothing_after_an_upgrade(running, upgraded):
    report = running.machine.json("switchboard", "doctor", "--json", check=False)
    assert [found for found in report["findings"] if found["level"] != "ok"] == []


def test_doctor_names_processes_whose_program_was_replaced(running, upgraded):
    running.machine.shell("cp -p /usr/bin/switchboard /usr/bin/copy; mv /usr/bin/copy /usr/bin/switchboard")
    done = running.machine.run("switchboard", "doctor", "--json", check=False)
    found = [finding["text"] for finding in json.loads(done.stdout)["findings"]
             if finding["part"] == "version" and finding["level"] == "fail"]
    assert done.returncode == 1 and len(found) == len([*UNITS, "model"]), found
    assert any("(switchboard-hub)" in text for text in found), found


def test_a_removal_stops_everything_and_keeps_what_is_the_admins(running, upgraded, key):
    machine = running.machine
    machine.shell("systemctl enable -q switchboard-ws@3 && apt-get remove -qy switchboard")
    assert machine.shell("pgrep -a switchboard- || true") == ""
    assert machine.run("test", "-e", "/usr/bin/switchboard", check=False).returncode == 1
    # A site that includes what is gone would keep nginx, and every other site, from starting.
    machine.shell("nginx -t -q && systemctl restart nginx")
    assert machine.shell(f"cat {SITE}") == upgraded["site"]
    running.install(packages.built())
    machine.shell("ln -s ../sites-available/switchboard /etc/nginx/sites-enabled/ && systemctl reload nginx")
    running.answers()
    machine.json("curl", "-sf", "-H", f"x-api-key: {key}", f"{URL}/api/sessions")


def test_a_purge_leaves_nothing(running, before):
    running.forget()
    machine = running.machine
    machine.shell("apt-get purge -qy switchboard")
    assert difference(before, listed(machine)) == {}
    assert machine.shell("ls -d /run/switchboard /var/log/nginx/switchboard* 2>/dev/null || true") == ""
    assert "switchboard" not in machine.shell("systemctl list-units --all --plain 'switchboard*' --no-legend")
    assert machine.run("systemctl", "is-system-running", check=False).stdout == "running\n"
