"""What trying again does not mend ends a unit at once, with a line that says what to do."""

from support.waiting import eventually

EX_CONFIG = "78"


def refusal(running, unit):
    """The status of a unit that gave up, and what its last start said."""
    shown = running.machine.shell(f"systemctl show -P ExecMainStatus -P ActiveState {unit}").split()
    return shown, running.journal("-u", unit, "-p", "err")


def test_a_worker_without_libwebsockets_plugin_says_what_to_install(running):
    machine = running.machine
    machine.shell("mv /usr/lib/*/libwebsockets-evlib_ev.so /root")
    machine.run("systemctl", "restart", "switchboard-ws@1", check=False)
    state, errors = refusal(running, "switchboard-ws@1")
    assert state == [EX_CONFIG, "failed"]
    assert any("apt-get install libwebsockets-evlib-ev" in line for line in errors), errors
    machine.shell("mv /root/libwebsockets-evlib_ev.so /usr/lib/$(uname -m)-linux-gnu/"
                  " && systemctl start switchboard-ws@1")
    running.answers()


def test_a_hub_does_not_touch_the_database_of_a_newer_one(running):
    machine = running.machine

    def pragma(assigned=""):
        return f"sqlite3 /var/lib/switchboard/switchboard.db 'PRAGMA user_version{assigned}'"

    version = machine.shell(pragma()).strip()
    machine.shell(f"systemctl stop switchboard-hub; {pragma('=1000')}")
    machine.run("systemctl", "start", "switchboard-hub", check=False)
    state, errors = refusal(running, "switchboard-hub")
    assert state == [EX_CONFIG, "failed"]
    assert any("install the newer program again" in line for line in errors), errors
    machine.shell(f"{pragma(f'={version}')}; systemctl start switchboard-hub")
    running.answers()


def test_settings_that_its_user_may_not_read_are_named_by_the_hub_and_by_root_s_doctor(running):
    machine = running.machine
    machine.shell("echo '{}' > /etc/switchboard/config.json; chmod 600 /etc/switchboard/config.json")
    machine.run("systemctl", "restart", "switchboard-hub", check=False)
    state, errors = refusal(running, "switchboard-hub")
    assert state == [EX_CONFIG, "failed"]
    assert any("config.json" in line and "ermission" in line for line in errors), errors
    report = machine.json("switchboard", "doctor", "--json", check=False)
    found = [finding for finding in report["findings"]
             if finding["part"] == "config" and finding["level"] == "fail"]
    assert len(found) == 1 and found[0]["remedy"].startswith("chown "), report
    machine.shell("rm /etc/switchboard/config.json; systemctl start switchboard-hub")
    eventually(running.all_run, 30, what="every unit running")
