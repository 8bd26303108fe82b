"""Sessions without a workspace have a folder of their own, which goes with them."""

import os

from support.conversation import bash
from support.waiting import eventually

WEEK = 7 * 86_400


def folders(product, session):
    return [product.state / "data" / "agent" / kind / session for kind in ("workspaces", "outputs")]


def run(team, line):
    """A session whose agent ran a command in its own folder."""
    session = team.make_session(mode="allow-all")["id"]
    with team.product.connect(team.key) as device:
        device.subscribe(f"session:{session}")
        team.api.post(f"/api/sessions/{session}/messages", {"text": bash(line)}, status=202)
        assert device.expect("complete", 30)["reason"] == "complete"
    return session


def test_a_deleted_session_takes_its_folders_with_it_and_nothing_else(own_team, tmp_path):
    team = own_team()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept\n")
    line = (f"mkdir -p a/b && touch a/b/c && ln -s {outside} link && chmod 000 a/b && chmod 000 a"
            " && i=0; while [ $i -lt 300 ]; do mkdir d; cd d; i=$((i+1)); done; seq 20000")
    session, other = run(team, line), run(team, "touch here.txt")
    assert all(folder.exists() for folder in folders(team.product, session))
    team.api.delete(f"/api/sessions/{session}")
    eventually(lambda: not any(folder.exists() for folder in folders(team.product, session)),
               what="the end of the folders")
    assert (outside / "kept.txt").read_text() == "kept\n"
    assert (folders(team.product, other)[0] / "here.txt").exists()


def test_a_session_that_is_deleted_in_mid_run_leaves_nothing(own_team):
    team = own_team()
    session = team.make_session(mode="allow-all")["id"]
    own = folders(team.product, session)[0]
    team.api.post(f"/api/sessions/{session}/messages", {
        "text": bash("while true; do echo more >> file.txt; sleep 0.01; done")}, status=202)
    eventually((own / "file.txt").exists, what="the tool at work")
    team.api.delete(f"/api/sessions/{session}")
    eventually(lambda: not own.exists(), what="the end of the folder")
    run(team, "true")
    assert not own.exists()


def test_what_was_deleted_while_no_worker_was_there_goes_at_its_start(own_team):
    team = own_team()
    living = run(team, "touch here.txt")
    place = folders(team.product, living)[0].parent
    for name in ("ses_old", "ses_fresh"):
        (place / name).mkdir()
        (place / name / "file.txt").write_text("")
    owner = place.stat()
    for name in ("ses_old", "ses_fresh"):
        os.chown(place / name, owner.st_uid, owner.st_gid)
    long_ago = owner.st_mtime - WEEK - 3_600
    for name in ("ses_old", living):
        os.utime(place / name, (long_ago, long_ago))
    old = team.product.kill("agent")
    team.product.restarted("agent", old)
    eventually(lambda: not (place / "ses_old").exists(), what="the end of what is old")
    run(team, "true")
    # Unknown to a hub with an older database, but used lately.
    assert (place / "ses_fresh" / "file.txt").exists()
    assert (place / living / "here.txt").exists()
