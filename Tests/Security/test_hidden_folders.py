"""What is hidden stays hidden: under another name, before it exists, and from every side."""

import pytest

from support.conversation import Conversation, bash, tool
from support.waiting import eventually

SECRET = "the secret of the house"


@pytest.fixture
def home(tmp_path):
    """A workspace that is somebody's home."""
    made = tmp_path / "home"
    for path in (".ssh/id", ".config/gcloud/key", ".aws/credentials", ".netrc"):
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(SECRET + "\n")
    (made / ".config" / "app").write_text("settings\n")
    return made


@pytest.mark.parametrize("folder", [".ssh", ".config/gcloud", ".aws", "./.ssh", ".ssh/deeper"])
def test_a_hidden_folder_is_no_working_directory(team, home, folder):
    (home / ".ssh" / "deeper").mkdir()
    run = Conversation(team, home, workingDirectory=folder).run(bash("cat *; ls -A"))
    assert run.reason == "error" and SECRET not in repr(run.events), run


def test_a_hidden_folder_is_no_workspace_of_its_own(team, home):
    run = Conversation(team, home / ".ssh").run(bash("cat *"))
    assert run.reason == "error" and SECRET not in repr(run.events), run


MOVES = ["mv .config c2", "mv .ssh s2", "mv .netrc n2", "mkdir d; mv .config d/", "mv .aws a2",
         "cp -r .config c3", "ln .netrc n3", "mkdir e; mv .* e/"]


def test_what_is_moved_stays_hidden(team, home):
    session = Conversation(team, home)
    run = session.run(*map(bash, MOVES))
    look = [bash("find . -type f -exec cat {} +; cat n2 n3; ls -laR"), tool("Grep", pattern="secret"),
            tool("Read", file_path="c2/gcloud/key"), tool("Read", file_path="n2"),
            tool("Read", file_path="s2/id"), tool("Glob", pattern="**")]
    assert SECRET not in repr(session.run(*look).events)
    assert SECRET not in repr(run.events)
    assert SECRET not in repr(Conversation(team, home).run(*look).events), "in a session of its own"


def test_what_is_moved_from_outside_while_a_run_goes_on_stays_hidden(team, home):
    session = Conversation(team, home, mode="ask", permissionTimeoutMs=None)
    session.say(bash("true"), bash("cat c2/gcloud/key"), tool("Read", file_path="c2/gcloud/key"),
                tool("Grep", pattern="secret"))
    first = session.asked()
    (home / ".config").rename(home / "c2")
    session.answer(first["requestId"])
    session.answer(session.asked()["requestId"])
    run = session.ended()
    assert SECRET not in repr(run.events), run


@pytest.mark.parametrize("path", [
    ".ssh/authorized_keys", ".ssh/rc", ".aws/config", ".config/gcloud/key", ".netrc",
    ".git-credentials", ".gnupg/gpg.conf"])
@pytest.mark.parametrize("mode", ["allow-all"])
def test_what_does_not_exist_yet_cannot_be_made(talk, path, mode):
    session = talk(mode=mode)
    parent = path.rpartition("/")[0]
    make = f"mkdir -p {parent}; " if parent else ""
    session.run(
        bash(f"{make}echo planted > {path}"), bash(f"mkdir -p x/{path}; mv x/{path.split('/')[0]} ."),
        bash(f"ln -s x {path.split('/')[0]}"), tool("Write", file_path=path, content="planted\n"))
    assert not (session.folder / path).is_file()
    eventually(
        lambda: {file.name for file in session.folder.iterdir()} <= {"x", ".config"}, 60,
        what="nothing of ours is left behind")


# Switchboard's own folders, from every side

@pytest.mark.parametrize("place", [
    "", "tls", "run", "run/hub", "data", "config", "data/agent", "data/agent/outputs", "nginx"])
def test_switchboards_folders_are_no_workspace(team, place):
    path = team.product.state / place
    team.api.refused("POST", "/api/workspaces", 400, body={"path": str(path)})
    made = team.api.post("/api/workspaces", {"path": "/srv/nowhere"}, status=201)
    team.api.refused("PATCH", f"/api/workspaces/{made['id']}", 400, body={"path": str(path)})


def test_a_folder_that_holds_switchboards_is_no_workspace(team):
    for path in (team.product.state.parent, team.product.state.parent.parent):
        team.api.refused("POST", "/api/workspaces", 400, body={"path": str(path)})


def test_by_whatever_name_switchboards_folders_are_reached(team, tmp_path):
    """What the hub cannot see in a path, the agent's worker sees in the folder."""
    made = tmp_path / "holder"
    made.mkdir()
    (made / "link").symlink_to(team.product.state)
    for path in (made / "link", made / "link" / "tls", made / "link" / "run" / "hub"):
        run = Conversation(team, path).run(bash("ls -A1; cat *"), tool("Glob", pattern="*"))
        assert run.reason == "error", run


def test_other_sessions_outputs_are_not_in_view(team, talk):
    first, second = talk(), talk()
    long = first.run(bash("seq 1 200000 | sed 's/^/mine /'")).results[0]
    place = next(word.strip("().,:;") for word in long.split() if "/outputs/" in word)
    assert first.run(bash(f"tail -n 1 {place}")).results == ["mine 200000\n"]
    run = second.run(bash(f"cat {place}; ls {place.rpartition('/')[0]}"),
                     tool("Read", file_path=place))
    assert "mine 1" not in repr(run.events)
