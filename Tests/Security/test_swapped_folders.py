"""A folder that was checked and then swapped is not the folder that a tool is shown."""

import pytest

from support.conversation import Conversation, bash, tool
from support.waiting import eventually

SECRET = "the secret of others"
WAIT = bash("touch begun; until [ -e go ]; do sleep 0.05; done; rm go", timeout=60_000)
LOOK = [
    bash("cat secret.txt; ls -la; cat ./*"), tool("Read", file_path="secret.txt"),
    tool("Glob", pattern="*"), tool("Grep", pattern="secret"),
    tool("Write", file_path="planted.txt", content="x\n"), bash("echo x > planted2.txt")]


@pytest.fixture
def folder(tmp_path):
    """A workspace with a folder `sub`."""
    made = tmp_path / "work"
    (made / "sub").mkdir(parents=True)
    (made / "sub" / "inside.txt").write_text("inside\n")
    return made


@pytest.fixture
def target(tmp_path):
    """A folder outside, which nobody was given."""
    made = tmp_path / "outside"
    made.mkdir()
    (made / "secret.txt").write_text(SECRET + "\n")
    return made


def held_up(session):
    """Begin a run whose first command waits in `sub`."""
    session.say(WAIT, *LOOK)
    eventually(lambda: list(session.folder.glob("sub*/begun")), 20, what="the command that waits")


def nothing_of(target, run):
    assert SECRET not in repr(run.events) and "secret.txt" not in "".join(
        run.results[0:1] + run.results[3:4]), run
    assert [file.name for file in target.iterdir()] == ["secret.txt"], "written outside"


SWAPS = {
    "link": "mv sub sub.real && ln -s {target} sub; touch sub.real/go",
    "link with two steps": "mv sub sub.real && ln -s {target} far && ln -s far sub; touch sub.real/go",
    "link up": "mv sub sub.real && ln -s ../outside sub; touch sub.real/go",
}


@pytest.mark.parametrize("how", SWAPS)
def test_a_working_directory_that_became_a_link_is_not_followed(team, folder, target, how):
    victim = Conversation(team, folder, workingDirectory="sub")
    other = Conversation(team, folder)
    held_up(victim)
    assert other.run(bash(SWAPS[how].format(target=target))).reason == "complete"
    run = victim.ended(within=60)
    nothing_of(target, run)
    assert "inside" in run.results[1], "it goes on in the folder that it holds"
    # The next run looks anew, and refuses to go through the link.
    refused = victim.run(*LOOK)
    assert refused.reason == "error" and "sub" in refused.only("error")["error"], refused
    nothing_of(target, refused)


@pytest.mark.parametrize("place", ["run", "run/hub", "tls", "data", "config"])
def test_nothing_of_switchboard_comes_in_through_a_swap(team, folder, place):
    product = team.product
    victim = Conversation(team, folder, workingDirectory="sub")
    other = Conversation(team, folder)
    victim.say(WAIT, bash("find . -type f -printf '%f\\n'"))
    eventually(lambda: list(folder.glob("sub*/begun")), 20, what="the command that waits")
    other.run(bash(SWAPS["link"].format(target=product.state / place)))
    names = victim.ended(within=60).results[1].split()
    assert "inside.txt" in names and set(names) <= {"inside.txt", "begun"}, names


@pytest.mark.parametrize("how", ["another folder", "moved away", "removed"])
def test_a_folder_that_is_moved_or_replaced_stays_what_it_was(team, folder, how):
    (folder / "sub.other").mkdir()
    (folder / "sub.other" / "other.txt").write_text("another folder\n")
    victim = Conversation(team, folder, workingDirectory="sub")
    other = Conversation(team, folder)
    victim.say(WAIT, bash("cat ./*"))
    eventually(lambda: list(folder.glob("sub*/begun")), 20, what="the command that waits")
    line = {"another folder": "mv sub s && mv sub.other sub; touch s/go",
            "moved away": "mkdir deep && mv sub deep/ && touch deep/sub/go",
            "removed": "touch sub/go; while [ -e sub/go ]; do :; done; rm -rf sub"}[how]
    other.run(bash(line))
    run = victim.ended(within=60)
    assert "another folder" not in run.results[1]
    if how == "removed":
        assert "inside" not in run.results[1] or run.of("tool_result")[1].get("isError") is not True
    else:
        assert "inside" in run.results[1], run


def test_a_workspace_within_another_that_became_a_link_is_refused(team, folder, target):
    (folder / "api").mkdir()
    inner = Conversation(team, folder / "api")
    assert inner.run(bash("echo here")).results == ["here\n"]
    outer = Conversation(team, folder)
    outer.run(bash(f"rmdir api && ln -s {target} api"))
    run = inner.run(*LOOK)
    assert run.reason == "error" and "api" in run.only("error")["error"], run
    nothing_of(target, run)


def test_a_workspace_below_a_folder_that_became_a_link_is_refused(team, folder, target):
    (folder / "a" / "api").mkdir(parents=True)
    (target / "api").mkdir()
    (target / "api" / "secret.txt").write_text(SECRET)
    inner = Conversation(team, folder / "a" / "api")
    outer = Conversation(team, folder)
    outer.run(bash(f"mv a b && ln -s {target} a"))
    run = inner.run(bash("cat secret.txt"))
    assert run.reason == "error" and SECRET not in repr(run.events), run


def test_a_link_for_a_working_directory_is_refused_even_when_it_leads_within(team, folder):
    (folder / "l").symlink_to("sub")
    run = Conversation(team, folder, workingDirectory="l").run(bash("cat inside.txt"))
    assert run.reason == "error" and "link" in run.only("error")["error"], run
