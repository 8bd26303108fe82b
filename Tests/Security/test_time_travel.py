"""A database that goes back in time takes no epoch with it: `recovered: true` is never said of a
history in which events are missing, and no offset is given out twice in an epoch."""

import shutil
import signal
import subprocess

import pytest

from support.processes import end
from support.product import Product
from support.waiting import eventually


class Timeline:
    """A product whose state is moved about between its lives."""

    def __init__(self, product):
        self.product = product
        self.seen = {}

    @property
    def channel(self):
        return f"team:{self.product.ready['teamId']}"

    @property
    def data(self):
        return self.product.state / "data"

    def publish(self, count):
        """Publish, and note which line has which place; a place that had another line is the bug."""
        with self.product.api() as api:
            for _ in range(count):
                line = f"line {len(self.seen)}"
                result = api.publish(self.channel, "log_entry", {"line": line})
                place = (result["epoch"], result["offset"])
                assert place not in self.seen, f"{place} was {self.seen[place]}, is {line}"
                self.seen[place] = line
        return {"epoch": result["epoch"], "offset": result["offset"]}

    def recovered(self, since):
        """Whether the hub says so; then what follows must be what was published."""
        with self.product.connect() as client:
            joined = client.subscribe(
                self.channel, since=(since["epoch"], since["offset"]))
            if joined["recovered"]:
                assert joined["epoch"] == since["epoch"]
                for offset in range(since["offset"] + 1, joined["offset"] + 1):
                    event = client.expect("log_entry", 10)
                    assert event["offset"] == offset
                    assert event["payload"]["line"] == self.seen[(since["epoch"], offset)]
            return joined["recovered"]

    def none_of_before_is_good(self, positions):
        for since in positions:
            assert not self.recovered(since), since
        # Nor do they become good again when the new numbering passes them.
        last = self.publish(12)
        for since in positions:
            assert not self.recovered(since), since
        assert self.recovered({"epoch": last["epoch"], "offset": last["offset"] - 3})

    def stop(self, how="stop"):
        if how == "stop":
            assert self.product.stop() == []
        else:
            hub = self.product.pid("hub")
            # The supervisor first, or it starts the next hub.
            others = [pid for pids in self.product.pids().values()
                      for pid in (pids if isinstance(pids, list) else [pids])]
            self.product.process.send_signal(signal.SIGKILL)
            self.product.process.wait(10)
            for pid in others:
                end(pid, within=5)
            assert hub in others

    def start(self):
        self.product.start()


@pytest.fixture
def timeline(own_product):
    return Timeline(own_product())


@pytest.mark.parametrize("times", [1, 3])
def test_a_killed_hub_goes_on(timeline, times):
    first = timeline.publish(3)
    for _ in range(times):
        old = timeline.product.kill("hub")
        timeline.product.restarted("hub", old)
        assert timeline.recovered({**first, "offset": 1})
        last = timeline.publish(3)
        assert last["epoch"] == first["epoch"]


def test_a_stop_in_order_goes_on(timeline):
    first = timeline.publish(3)
    timeline.stop()
    timeline.start()
    assert timeline.recovered({**first, "offset": 1})
    assert timeline.publish(1)["epoch"] == first["epoch"]


def test_everything_killed_at_once_goes_on(timeline):
    first = timeline.publish(3)
    timeline.stop("kill")
    timeline.start()
    assert timeline.recovered({**first, "offset": 1})


def copy(source, target, *more):
    subprocess.run(["cp", *more, source, target], check=True)


@pytest.mark.parametrize("how", ["stop", "kill"])
@pytest.mark.parametrize("way", [
    "with log", "without log", "preserving times", "in its place", "online backup"])
def test_a_restored_backup_begins_new_epochs(timeline, tmp_path, how, way):
    before = timeline.publish(5)
    database = timeline.data / "switchboard.db"
    if way == "online backup":
        subprocess.run(
            ["python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup("
             "sqlite3.connect(sys.argv[2]))", database, tmp_path / "switchboard.db"], check=True)
    else:
        timeline.stop()
        for file in timeline.data.glob("switchboard.db*"):
            copy(file, tmp_path, "-p")
        timeline.start()
        assert timeline.recovered({**before, "offset": 2})
    after = timeline.publish(5)
    timeline.stop(how)

    backup = tmp_path / "switchboard.db"
    if way == "in its place":
        with database.open("r+b") as target:  # the same inode
            target.truncate()
            target.write(backup.read_bytes())
    else:
        database.unlink()
        copy(backup, database, *(["-p"] if way == "preserving times" else []))
    for name in ("switchboard.db-wal", "switchboard.db-shm"):
        (timeline.data / name).unlink(missing_ok=True)
    if way == "with log" and (tmp_path / "switchboard.db-wal").exists():
        copy(tmp_path / "switchboard.db-wal", timeline.data, "-p")
    timeline.start()
    timeline.none_of_before_is_good([
        {**before, "offset": 0}, before, {**after, "offset": after["offset"] - 2}, after])


def test_a_restored_state_directory_begins_new_epochs(timeline, tmp_path):
    """All of it, the run-time directory of `dev` too, over what is there."""
    before = timeline.publish(5)
    timeline.stop()
    copy(timeline.product.state, tmp_path / "s", "-a")
    timeline.start()
    after = timeline.publish(5)
    timeline.stop()
    copy(f"{tmp_path}/s/.", timeline.product.state, "-a")
    timeline.start()
    timeline.none_of_before_is_good([before, after])


def test_a_copy_of_the_state_begins_new_epochs_and_the_original_goes_on(timeline, own_product):
    first = timeline.publish(5)
    timeline.stop()
    copied = Product()
    copy(timeline.product.state, copied.root, "-a")
    try:
        copied.start()
        other = Timeline(copied)
        other.none_of_before_is_good([first])
    finally:
        copied.stop()
        copied.remove()
    timeline.start()
    assert timeline.recovered({**first, "offset": 2})
    assert timeline.publish(1)["epoch"] == first["epoch"]


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_start_of_the_machine_begins_new_epochs(timeline, how):
    """The run-time directory is memory; what is on disk may be older than what was seen."""
    before = timeline.publish(5)
    timeline.stop(how)
    shutil.rmtree(timeline.product.state / "run")
    timeline.start()
    timeline.none_of_before_is_good([before, {**before, "offset": 2}])


def test_what_was_kept_is_still_to_be_read(timeline):
    timeline.publish(5)
    timeline.stop()
    shutil.rmtree(timeline.product.state / "run")
    timeline.start()
    with timeline.product.api() as api:
        items = api.get(f"/api/channels/{timeline.channel}/history")["items"]
    assert [item["payload"]["line"] for item in items[-5:]] == [f"line {n}" for n in range(5)]
    log = timeline.product.log()
    assert "channels begin new epochs" in log and "no_mark" in log


def test_a_mark_that_cannot_be_read_is_none(timeline):
    before = timeline.publish(3)
    timeline.stop()
    (timeline.product.state / "run/hub/continuity").write_bytes(b"\xff" * 256)
    timeline.start()
    timeline.none_of_before_is_good([before])
    eventually(lambda: "no_mark" in timeline.product.log(), within=5)
