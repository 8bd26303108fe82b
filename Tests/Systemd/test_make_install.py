"""The life of an installation by `make`: twice, uninstalled, purged."""

import pytest

import packages
from file_system import difference, listed
from installation import SITE, UNITS, Installation
from machine import SOURCE


class MadeInstallation(Installation):
    def install(self, _):
        return self.make("install")

    def make(self, target):
        return self.machine.shell(f"make -s -C {SOURCE} {target} BUILD={SOURCE}/{packages.BUILD}")


@pytest.fixture(scope="module")
def before(machine):
    return listed(machine)


@pytest.fixture(scope="module")
def installation(machine, before):
    made = MadeInstallation(machine)
    made.configure()
    machine.shell(f"sed -i 's/ssl_protocols .*/ssl_protocols TLSv1.3;/' {SITE}")
    return made


def test_a_second_installation_restarts_what_runs_and_keeps_the_admins_site(running):
    site = running.machine.shell(f"cat {SITE}")
    pids = {unit: running.main_pid(unit) for unit in UNITS}
    said = running.make("install")
    running.answers()
    assert all(running.main_pid(unit) not in (0, pid) for unit, pid in pids.items())
    assert all(f"Restarting {unit}.service" in said for unit in UNITS), said
    assert running.machine.shell(f"cat {SITE}") == site


def test_uninstalling_ends_the_services_and_keeps_what_is_the_admins(running):
    machine = running.machine
    said = running.make("uninstall")
    assert machine.shell("pgrep -a switchboard- || true") == ""
    assert "switchboard" not in machine.shell("systemctl list-unit-files 'switchboard*' --no-legend || true")
    machine.shell("nginx -t -q && systemctl restart nginx")
    for kept in (SITE, "/etc/switchboard/tls/privkey.pem", "/var/lib/switchboard/switchboard.db"):
        machine.run("test", "-e", kept)
    assert "Kept: /etc/nginx/sites-available/switchboard" in said


def test_purging_leaves_nothing(running, before):
    running.forget()
    running.make("purge")
    assert difference(before, listed(running.machine)) == {}
