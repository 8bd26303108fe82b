"""A file system that never answers costs the session that asks it, and nobody else."""

import pytest

from support.conversation import Conversation, bash, tool
from support.hung_folder import HungFolder
from support.waiting import Stopwatch


@pytest.fixture
def hung(tmp_path):
    """A folder `far` for the workspace of the first session, which is `work…/far`."""
    mounted = []

    def mount(session):
        mounted.append(HungFolder(session.folder / "far").__enter__())
        return mounted[-1]

    yield mount
    for folder in mounted:
        folder.__exit__()


CALLS = {
    "read": tool("Read", file_path="far/hung"),
    "found": tool("Read", file_path="far/frozen"),
    "written": tool("Write", file_path="far/frozen", content="x"),
    "edited": tool("Edit", file_path="far/frozen", old_string="a", new_string="b"),
    "grepped": tool("Grep", pattern="x", path="far/frozen"),
    "searched": tool("Grep", pattern="x"),
    "globbed": tool("Glob", pattern="*", path="far/frozen"),
    "run": bash("cat far/hung"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_an_abort_ends_a_call_that_hangs_and_the_session_goes_on(talk, hung, call):
    session = talk()
    far = hung(session)
    session.say(call)
    far.asked()
    time = Stopwatch()
    assert session.abort()
    run = session.ended(within=20)
    assert run.reason == "interrupted" and time.seconds < 8, run
    session.is_well()


def test_other_sessions_read_on_while_one_hangs(talk, hung):
    session = talk()
    far = hung(session)
    session.say(*[CALLS["read"]] * 8)
    for _ in range(2):
        far.asked()
    other_folder = session.folder.parent / "other"
    other_folder.mkdir()
    other = Conversation(session.team, other_folder, "allow-all")
    (other_folder / "a").write_text("one\n")
    for _ in range(5):
        run = other.run(tool("Read", file_path="a"), within=10)
        assert "one" in run.result["result"]
    assert session.abort()
    assert session.ended(within=20).reason == "interrupted"
    session.is_well()


def test_a_workspace_that_hangs_holds_up_nobody_else(talk, hung):
    session = talk()
    far = hung(session)
    stuck = Conversation(session.team, session.folder / "far" / "frozen", "allow-all")
    stuck.say("demo:stream 5")
    far.asked()
    session.is_well()
    assert stuck.abort()
    assert stuck.ended().reason == "interrupted"
