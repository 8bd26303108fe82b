"""Names are exchanged as fast as the kernel does while tools run: nothing outside is ever shown.

SWITCHBOARD_RACE_SECONDS sets how long each race goes on; what was tried is printed (pytest -s).
"""

import os
import time

import pytest

from support.conversation import Conversation, bash, tool
from swapping import Swapper

SECONDS = float(os.environ.get("SWITCHBOARD_RACE_SECONDS", "60"))
SECRET = "the secret of others"
CALLS = 12


def race(name, session, swapper, calls):
    """Runs of many calls while names are exchanged; every run begins with everything in place."""
    attempts = inside = escapes = 0
    end = time.monotonic() + SECONDS
    with swapper:
        while time.monotonic() < end:
            session.say(bash("touch begun; until [ -e go ]; do sleep 0.01; done; rm -f go begun",
                             timeout=60_000), *calls * CALLS)
            wait_for(session)
            swapper.go()
            release(session)
            run = session.ended(within=120)
            swapper.pause()
            results = run.results[1:]
            attempts += len(results)
            inside += sum("inside" in result for result in results)
            escapes += sum(SECRET in result for result in results)
    print(f"{name}: {attempts} calls during {swapper.swaps} exchanges, {inside} saw the inside, "
          f"{escapes} escapes")
    assert escapes == 0
    assert attempts > 20 and swapper.swaps > 1_000, "the race was never run"
    assert inside > 0, "nothing was ever shown"


def wait_for(session):
    deadline = time.monotonic() + 30
    while not (session.place / "begun").exists():
        assert time.monotonic() < deadline, "the run has not begun"
        time.sleep(0.005)


def release(session):
    # By the folder itself, whatever its name is at the moment.
    handle = os.open("go", os.O_CREAT | os.O_WRONLY, dir_fd=session.handle)
    os.close(handle)


@pytest.fixture
def target(tmp_path):
    made = tmp_path / "outside"
    made.mkdir()
    (made / "f.txt").write_text(SECRET + "\n")
    return made


def begin(team, workspace, place, **fields):
    session = Conversation(team, workspace, **fields)
    session.place = place
    session.handle = os.open(place, os.O_PATH | os.O_DIRECTORY)
    return session


@pytest.mark.xdist_group("long")
def test_a_working_directory_is_swapped_for_a_link(team, tmp_path, target):
    work = tmp_path / "work"
    (work / "sub").mkdir(parents=True)
    (work / "sub" / "f.txt").write_text("inside\n")
    (work / "link").symlink_to(target)
    session = begin(team, work, work / "sub", workingDirectory="sub")
    race("working directory", session, Swapper(work / "sub", work / "link"), [
        bash("cat f.txt"), tool("Read", file_path="f.txt"), tool("Grep", pattern=".*")])


@pytest.mark.xdist_group("long")
def test_a_workspace_within_another_is_swapped_for_a_link(team, tmp_path, target):
    work = tmp_path / "work"
    (work / "a" / "api").mkdir(parents=True)
    (work / "a" / "api" / "f.txt").write_text("inside\n")
    (target / "api").mkdir()
    (target / "api" / "f.txt").write_text(SECRET)
    (work / "link").symlink_to(target)
    session = begin(team, work / "a" / "api", work / "a" / "api")
    race("nested workspace", session, Swapper(work / "a", work / "link"), [
        bash("cat f.txt"), tool("Read", file_path="f.txt"), tool("Grep", pattern=".*")])


@pytest.mark.xdist_group("long")
def test_a_folder_above_hidden_ones_is_swapped(team, tmp_path):
    work = tmp_path / "work"
    for folder, text in ((".config", SECRET), ("c2", "inside")):
        (work / folder / "gcloud").mkdir(parents=True)
        (work / folder / "gcloud" / "key").write_text(text + "\n")
    session = begin(team, work, work)
    race("hidden folder", session, Swapper(work / ".config", work / "c2"), [
        bash("cat c2/gcloud/key .config/gcloud/key"), tool("Read", file_path="c2/gcloud/key"),
        tool("Read", file_path=".config/gcloud/key"), tool("Grep", pattern=".*", path=".")])
