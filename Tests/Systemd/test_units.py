"""The units beside those of others."""


def test_an_admins_own_unit_is_caught_by_nothing(installation):
    machine = installation.machine
    machine.shell("""cat > /etc/systemd/system/switchboard-backup.service
        systemctl daemon-reload""", input="[Service]\nExecStart=/bin/true\n")
    assert machine.shell("systemctl show -P DropInPaths switchboard-backup").strip() == ""
    for unit in ("switchboard-hub", "switchboard-fcgi", "switchboard-ws@1"):
        assert machine.shell(f"systemctl show -P PrivateNetwork {unit}") == "yes\n", unit


def test_the_hub_reloads(running):
    old = running.main_pid("switchboard-hub")
    running.machine.run("systemctl", "reload", "switchboard-hub")
    running.answers()
    assert running.main_pid("switchboard-hub") == old
