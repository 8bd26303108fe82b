"""A backup holds everything that is state, and what is restored of it is an installation again."""

import json
import os
import tarfile

import pytest

from support.waiting import eventually


def members(path):
    with tarfile.open(path) as archive:
        return {member.name.rstrip("/").removeprefix("./") for member in archive}


@pytest.fixture
def written(own_team, tmp_path):
    """A product with a session and an event, and a backup of it, made while it runs."""
    team = own_team()
    team.product.config_file.write_text(json.dumps({"logging": {"level": "debug"}}))
    session = team.make_session(name="before")["id"]
    team.api.publish(team.channel, "x_one", {"n": 1})
    file = tmp_path / "backup.tar.gz"
    assert team.product.cli_json("backup", str(file))["file"] == str(file)
    return team, session, file


def test_a_backup_is_the_owners_and_has_no_secret_unless_asked(written, tmp_path):
    team, _, file = written
    assert file.stat().st_mode & 0o777 == 0o600
    assert {"backup.json", "data/switchboard.db", "config/config.json"} <= members(file)
    assert not [name for name in members(file) if "tls" in name or "agent" in name]
    code, _, error = team.product.cli("backup", str(file))
    assert code == 1 and "is there already" in error
    assert sorted(path.name for path in tmp_path.iterdir() if "backup" in path.name) == [file.name]
    whole = tmp_path / "whole.tar.gz"
    (team.product.state / "config" / "agent.env").write_text("SECRET=1\n")
    place = team.product.state / "data" / "agent" / "workspaces" / "ses_x"
    place.mkdir(parents=True)
    (place / "file.txt").write_text("agent's\n")
    team.product.cli_json("backup", str(whole), "--secrets", "--agent-files")
    assert {"config/agent.env", "data/agent/workspaces/ses_x/file.txt"} <= members(whole)


def test_a_directory_keeps_the_newest(written, tmp_path):
    team, _, _ = written
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "switchboard-2020-01-01T000000Z.tar.gz").write_text("")
    (folder / "mine.tar.gz").write_text("")
    made = team.product.cli_json("backup", str(folder), "--keep", "1")["file"]
    assert sorted(os.listdir(folder)) == ["mine.tar.gz", os.path.basename(made)]


def test_what_is_restored_is_as_it_was_and_clients_hear_of_the_gap(written):
    team, session, file = written
    product = team.product
    later = team.make_session(name="later")["id"]
    team.api.publish(team.channel, "x_two", {"n": 2})
    with product.connect(team.key) as client:
        joined = client.subscribe(team.channel)
        position = joined["epoch"], joined["offset"]
    product.config_file.write_text("{}")
    # In use: nothing is touched.
    code, _, error = product.cli("restore", str(file))
    assert code == 1 and "in use" in error
    assert team.api.get(f"/api/sessions/{later}")["name"] == "later"
    product.stop()
    # What a killed hub leaves beside its database must not be mixed with another one.
    kept = product.cli_json("restore", str(file))["kept"]
    assert "switchboard.db" in os.listdir(kept)
    product.start()
    assert json.loads(product.config_file.read_text())["logging"]["level"] == "debug"
    with product.api(team.key) as api:
        assert api.get(f"/api/sessions/{session}")["name"] == "before"
        assert api.try_status("GET", f"/api/sessions/{later}") == 404
        assert api.history(team.channel)[-1]["type"] == "x_one"
    with product.connect(team.key) as client:
        joined = client.subscribe(team.channel, since=position)
        assert joined["recovered"] is False and joined["epoch"] != position[0]
    eventually(lambda: "channels begin new epochs" in product.log(), what="the reason in the log")


@pytest.mark.parametrize("damage", ["text", "cut", "foreign", "newer"])
def test_what_is_no_backup_changes_nothing(written, tmp_path, damage):
    team, session, file = written
    broken = tmp_path / "broken.tar.gz"
    if damage == "text":
        broken.write_text("no archive\n")
    elif damage == "cut":
        broken.write_bytes(file.read_bytes()[:2_000])
    else:
        repack(file, broken, damage, tmp_path)
    team.product.stop()
    code, _, error = team.product.cli("restore", str(broken))
    assert code == 1 and error
    team.product.start()
    with team.product.api(team.key) as api:
        assert api.get(f"/api/sessions/{session}")["name"] == "before"
    assert not [name for name in os.listdir(team.product.state / "data") if "restore" in name]


def repack(file, broken, damage, tmp_path):
    """The archive with another database, or a note of a later form."""
    folder = tmp_path / "parts"
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    if damage == "foreign":
        (folder / "data" / "switchboard.db").write_bytes(b"SQLite format 3\0" + b"x" * 8_192)
    else:
        (folder / "backup.json").write_text('{"format":2}')
    with tarfile.open(broken, "w:gz") as archive:
        for name in os.listdir(folder):
            archive.add(folder / name, name)
