"""`make install` lays everything out, and systemd finds nothing to say against the units."""

import re
import shutil
import subprocess

import pytest
from rendering import REPOSITORY, limit, prefixed

PROGRAMS = ("switchboard", "switchboard-sandbox")
# The first of them by other names.
DAEMONS = ("switchboard-hub", "switchboard-ws", "switchboard-fcgi", "switchboard-agent")
EXECUTABLES = PROGRAMS + DAEMONS
GENERATED = ("bash-completion/completions/switchboard", "zsh/vendor-completions/_switchboard",
             "fish/vendor_completions.d/switchboard.fish", "man/man1/switchboard.1",
             "man/man8/switchboard-hub.8")
SERVICES = ("switchboard-hub.service", "switchboard-fcgi.service", "switchboard-ws@1.service")
AGENT = "switchboard-agent@1.service"


def make(target, *variables):
    return subprocess.run(
        ["make", "--no-print-directory", "-C", REPOSITORY, target, *variables],
        capture_output=True, text=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Files that stand for the built ones: this tests where files go."""
    folder = tmp_path_factory.mktemp("built")
    for name in GENERATED:
        (folder / "share" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "share" / name).write_text(name)
    for name in PROGRAMS:
        (folder / name).write_text(f"#!/bin/sh\n# {name}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    done = make("install", f"DESTDIR={root}", f"BUILD={built}")
    assert done.returncode == 0, done.stderr
    return root


def test_every_file_is_where_the_daemons_and_nginx_look_for_it(installed):
    expected = [f"usr/bin/{name}" for name in EXECUTABLES]
    expected += [f"usr/share/{name}" for name in GENERATED]
    expected += [f"usr/share/switchboard/nginx/{file.name}"
                 for file in (REPOSITORY / "nginx/snippets").iterdir()]
    expected += ["etc/nginx/sites-available/switchboard",
                 "usr/share/switchboard/console/index.html",
                 "usr/share/switchboard/client/index.js",
                 "usr/share/switchboard/nginx/switchboard.conf",
                 "usr/share/switchboard/dev/switchboard-dev-main.conf",
                 "usr/share/switchboard/dev/switchboard.conf",
                 "usr/share/switchboard/dev/snippets/switchboard-http.conf",
                 "usr/lib/systemd/system/switchboard.target",
                 "usr/lib/systemd/system/switchboard-ws@.service",
                 "usr/lib/systemd/system/switchboard-hub.service.d/sandbox.conf",
                 "usr/lib/systemd/system/switchboard-fcgi.service.d/sandbox.conf",
                 "usr/lib/systemd/system/switchboard-ws@.service.d/sandbox.conf",
                 "usr/lib/systemd/system/switchboard-agent@.service",
                 "usr/lib/systemd/system/switchboard-agent@.service.d/sandbox.conf",
                 "usr/lib/systemd/system/switchboard-hub.service.d/users.conf",
                 "usr/lib/sysusers.d/switchboard.conf",
                 "usr/lib/tmpfiles.d/switchboard.conf"]
    missing = [name for name in expected if not (installed / name).is_file()]
    assert not missing
    for name in DAEMONS:
        assert (installed / "usr/bin" / name).readlink().name == "switchboard"


def test_nothing_but_the_admins_site_is_put_into_etc(installed):
    assert [str(file.relative_to(installed)) for file in (installed / "etc").rglob("*")
            if not file.is_dir()] == ["etc/nginx/sites-available/switchboard"]


def test_agents_start_with_a_key_or_with_a_token_alone(installed):
    unit = (installed / "usr/lib/systemd/system/switchboard-agent@.service").read_text()
    lines = unit.splitlines()
    for name in ("anthropic-api-key", "anthropic-auth-token"):
        file = f"/etc/switchboard/secrets/{name}"
        assert f"ConditionPathExists=|{file}" in lines
        # systemd.exec(5): with a default of its own, a credential's file may be missing.
        assert f"SetCredential={name}:\\n" in lines and f"LoadCredential={name}:{file}" in lines
    assert all(line.startswith("ConditionPathExists=|")
               for line in lines if line.startswith("ConditionPathExists="))


def test_another_prefix_moves_executables_and_static_files(built, tmp_path):
    done = make("install", f"DESTDIR={tmp_path}", f"BUILD={built}", "PREFIX=/opt/sb")
    assert done.returncode == 0, done.stderr
    unit = (tmp_path / "opt/sb/lib/systemd/system/switchboard-hub.service").read_text()
    assert "ExecStart=/opt/sb/bin/switchboard-hub " in unit
    paths = (tmp_path / "opt/sb/share/switchboard/nginx/switchboard-locations.conf").read_text()
    assert "alias /opt/sb/share/switchboard/console/;" in paths
    assert "alias /opt/sb/share/switchboard/client/;" in paths
    site = (tmp_path / "etc/nginx/sites-available/switchboard").read_text()
    assert "include /opt/sb/share/switchboard/nginx/switchboard-server.conf;" in site


def test_a_path_prefix_is_put_before_every_path(built, tmp_path):
    done = make("install", f"DESTDIR={tmp_path}", f"BUILD={built}", "PATH_PREFIX=/a/b")
    assert done.returncode == 0, done.stderr
    for name in ("locations", "errors", "fastcgi"):
        installed = (tmp_path / f"usr/share/switchboard/nginx/switchboard-{name}.conf").read_text()
        source = (REPOSITORY / f"nginx/snippets/switchboard-{name}.conf").read_text()
        assert installed == prefixed(source, "/a/b") != source


def test_a_second_install_keeps_the_admins_site(built, tmp_path):
    variables = (f"DESTDIR={tmp_path}", f"BUILD={built}")
    assert make("install", *variables).returncode == 0
    site = tmp_path / "etc/nginx/sites-available/switchboard"
    site.write_text("edited")
    again = make("install", *variables)
    assert site.read_text() == "edited" and "kept" in again.stdout
    included = (tmp_path / "usr/share/switchboard/nginx").glob("*")
    assert "edited" not in "".join(file.read_text() for file in included)


def test_uninstall_leaves_configuration_and_state_only(built, tmp_path):
    variables = (f"DESTDIR={tmp_path}", f"BUILD={built}")
    assert make("install", *variables).returncode == 0
    (tmp_path / "etc/switchboard").mkdir()
    (tmp_path / "etc/switchboard/config.json").write_text("{}")
    assert make("uninstall", *variables).returncode == 0
    left = [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if not file.is_dir()]
    assert sorted(left) == ["etc/nginx/sites-available/switchboard", "etc/switchboard/config.json"]


def test_an_install_without_a_build_says_what_to_do(tmp_path):
    done = make("install", f"DESTDIR={tmp_path}", f"BUILD={tmp_path}/nothing")
    assert done.returncode != 0 and "make build" in done.stderr
    assert not list(tmp_path.iterdir())


def test_systemd_verifies_the_units_without_a_word(installed, tmp_path):
    source, units = installed / "usr/lib/systemd/system", tmp_path / "units"
    shutil.copytree(source, units)
    for unit in units.glob("*.service"):
        unit.write_text(unit.read_text().replace("/usr/bin/", f"{installed}/usr/bin/"))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", units / "switchboard.target",
         *(units / service for service in (*SERVICES, AGENT))], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def exposure(installed, service):
    checked = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager",
         f"--root={installed}", service], capture_output=True, text=True)
    level = re.search(r"exposure level for \S+: ([0-9.]+)", checked.stdout)
    assert level, checked.stderr
    return float(level[1])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_without_network_is_exposed_at_most_1_5(installed, service):
    assert exposure(installed, service) <= 1.5


def test_the_agent_worker_which_builds_sandboxes_is_exposed_at_most_4(installed):
    assert exposure(installed, AGENT) <= 4


def test_stopping_leaves_room_for_the_drain_and_the_hub_may_restart_alone():
    drain = limit("drainMilliseconds") / 1000
    for file in (REPOSITORY / "systemd").glob("*.service"):
        unit = file.read_text()
        if "Type=oneshot" in unit:
            continue
        assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)[1]) > drain
        assert not re.search(r"^(BindsTo|Requires)=", unit, re.M), file.name
        assert re.search(r"^Restart=always$", unit, re.M)


def test_users_and_directories_are_created_as_declared(installed, tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "passwd").write_text("www-data:x:33:33::/var/www:/usr/sbin/nologin\n")
    (etc / "group").write_text("www-data:x:33:\n")
    declared = installed / "usr/lib/sysusers.d/switchboard.conf"
    created = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", declared],
        capture_output=True, text=True)
    assert created.returncode == 0, created.stderr
    assert re.search(r"^switchboard:.*nologin$", (etc / "passwd").read_text(), re.M)
    assert re.search(r"^switchboard-agent:.*nologin$", (etc / "passwd").read_text(), re.M)
    # Nobody but nginx is in the services' group, and nobody at all in the agents'.
    assert re.search(r"^switchboard:x:\d+:www-data$", (etc / "group").read_text(), re.M)
    assert re.search(r"^switchboard-agent:x:\d+:$", (etc / "group").read_text(), re.M)


def test_the_agents_door_is_made_for_their_group_alone(installed, tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "passwd").write_text("root:x:0:0::/:/bin/sh\nswitchboard:x:901:901::/:/bin/false\n"
                                "switchboard-agent:x:902:902::/:/bin/false\n")
    (etc / "group").write_text("root:x:0:\nswitchboard:x:901:\nswitchboard-agent:x:902:\n"
                               "switchboard-files:x:903:\n")
    made = subprocess.run(
        ["systemd-tmpfiles", "--create", f"--root={tmp_path}",
         installed / "usr/lib/tmpfiles.d/switchboard.conf"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    door = (tmp_path / "run/switchboard/agents").stat()
    assert (door.st_mode & 0o7777, door.st_uid, door.st_gid) == (0o2710, 901, 902)
    for private in ("etc/switchboard", "etc/switchboard/tls", "etc/switchboard/secrets",
                    "var/lib/switchboard"):
        assert (tmp_path / private).stat().st_mode & 0o7777 == 0o700, private


def test_the_units_run_as_the_users_that_the_hub_trusts(installed):
    units = installed / "usr/lib/systemd/system"

    def users(name):
        return set(re.findall(r"^(?:User|Group)=(.*)$", (units / name).read_text(), re.M))

    for name in ("switchboard-hub.service", "switchboard-fcgi.service", "switchboard-ws@.service"):
        assert users(name) == {"switchboard"}, name
    assert users("switchboard-agent@.service") == {"switchboard-agent"}
    # Of the hub's own user, which the CLI's door trusts.
    for name in ("switchboard-fcgi.service", "switchboard-ws@.service"):
        assert "InaccessiblePaths=-/run/switchboard/hub\n" in (units / name).read_text(), name
    hub = (units / "switchboard-hub.service").read_text()
    assert "--agent-user switchboard-agent" in hub
    # Mapped uids look alike: then the kernel's word at the door would be worth nothing.
    drop_in = (units / "switchboard-hub.service.d/users.conf").read_text()
    assert "PrivateUsers=no" in drop_in
    agent = (units / "switchboard-agent@.service.d/sandbox.conf").read_text()
    assert "InaccessiblePaths=-/etc/switchboard\n" in agent
