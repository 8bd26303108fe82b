"""/srv/switchboard, where agents work and people read what they wrote."""

import pytest

from installation import URL
from support.conversation import bash, tool
from support.product import EVERY_SCOPE


@pytest.fixture
def workspace(running, team):
    """A folder of agents, made while they run, as the README says."""
    running.machine.shell("""
        mkdir -p /srv/switchboard/project
        chown switchboard-agent /srv/switchboard/project
        useradd -G switchboard-files reader
        useradd stranger""")
    admin = running.cli("keys", "create", "--team", team, "--scopes", EVERY_SCOPE)["key"]
    made = running.machine.json(
        "curl", "-sf", "-H", f"x-api-key: {admin}", "-H", "content-type: application/json",
        "-d", '{"name": "project", "path": "/srv/switchboard/project"}', f"{URL}/api/workspaces")
    return made["id"]


def test_people_of_the_group_read_what_agents_write_and_nobody_else(running, remote, workspace):
    folder = "/srv/switchboard/project"
    results = running.results(
        bash("mkdir made; echo 42 > made/answer"), *remote, "--workspace", workspace)
    assert "rror" not in results[0], results
    running.results(
        tool("Write", file_path=f"{folder}/note", content="43"), *remote, "--workspace", workspace)

    def read(user):
        return running.machine.run(
            "setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups",
            "cat", f"{folder}/made/answer", f"{folder}/note", check=False).stdout

    assert read("reader") == "42\n43"
    assert read("stranger") == ""
