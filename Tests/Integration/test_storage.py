"""A disk that is full, a file that may not grow, a database that somebody else holds."""

import re
import sqlite3
import subprocess

import pytest

from support.product import Product
from support.room import fill, largest_file, limit_files
from support.waiting import eventually

LARGE = "x" * 60_000


@pytest.fixture
def small_disk():
    """A product whose database has a disk of 24 MiB for itself."""
    product = Product()
    data = product.state / "data"
    data.mkdir(parents=True)
    product.state.chmod(0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0711", "data", data], check=True)
    try:
        yield product.start()
    finally:
        product.stop()
        subprocess.run(["umount", data], check=True)
        product.remove()


class Writer:
    """Publishes large events, and knows what was acknowledged."""

    def __init__(self, product, api):
        self.api = api
        self.channel = f"team:{product.ready['teamId']}"
        self.acknowledged = []

    def publish(self):
        event = f"fill-{len(self.acknowledged)}"
        answer = self.api.request("POST", "/api/publish", json={
            "channel": self.channel, "type": "log_entry", "payload": LARGE, "eventId": event})
        if answer.status_code == 200:
            self.acknowledged.append(event)
        return answer

    def until_refused(self):
        for _ in range(1000):
            answer = self.publish()
            if answer.status_code != 200:
                return answer
        raise AssertionError("the disk never was full")

    def until_taken(self):
        eventually(lambda: self.publish().status_code == 200, within=10, what="writes taken again")


def metric(api, name):
    return float(re.search(rf"^switchboard_{name}\S* (\S+)$", api.request("GET", "/metrics").text,
                           re.M).group(1))


def check_reading_goes_on(product, api, client, writer):
    assert api.request("GET", "/health").status_code == 200
    ready = api.request("GET", "/ready")
    assert ready.status_code == 503 and ready.json()["error"]["details"]["store"] is False
    assert api.request("GET", "/api/sessions").status_code == 200
    seen = {item["eventId"] for item in api.history(writer.channel)}
    assert set(writer.acknowledged) <= seen
    api.refused("POST", "/api/sessions", 507, "STORAGE_FULL", body={"name": "no room"})
    assert metric(api, "hub_store_takes_writes") == 0
    # Whoever comes now subscribes and resumes, and whoever is there stays.
    with product.connect() as late:
        late.subscribe(writer.channel)
    client.until_pong()


def check_nothing_is_missing(product, api, client, writer, pid):
    assert product.pid("hub") == pid, "the hub was started again"
    seen = [item["eventId"] for item in api.history(writer.channel)]
    assert [each for each in seen if each.startswith("fill-")] == writer.acknowledged
    client.until_pong()
    offsets = [message["offset"] for message in client.messages if message["type"] == "log_entry"]
    assert offsets == list(range(1, 1 + len(writer.acknowledged)))
    log = product.log()
    assert log.count("takes no writes") == 1
    assert log.count("takes writes again") == 1


def test_a_full_disk_refuses_what_writes_and_nothing_else(small_disk):
    product, pid = small_disk, small_disk.pid("hub")
    with product.api() as api, product.connect() as client:
        writer = Writer(product, api)
        client.subscribe(writer.channel)
        assert writer.publish().status_code == 200
        filler = product.state / "data" / "filler"
        fill(filler)
        refused = writer.until_refused()
        assert refused.status_code == 507 and int(refused.headers["retry-after"]) > 0
        assert refused.json()["error"]["code"] == "STORAGE_FULL"
        for _ in range(50):
            assert writer.publish().status_code == 507
        check_reading_goes_on(product, api, client, writer)
        filler.unlink()
        writer.until_taken()
        check_nothing_is_missing(product, api, client, writer, pid)
        assert metric(api, "hub_store_takes_writes") == 1


def test_a_database_that_may_not_grow_refuses_what_writes_and_nothing_else(own_product):
    """The commit itself fails here, with another word of SQLite's than for a full disk."""
    product = own_product()
    pid = product.pid("hub")
    with product.api() as api, product.connect() as client:
        writer = Writer(product, api)
        client.subscribe(writer.channel)
        assert writer.publish().status_code == 200
        limit_files(product, largest_file(product) + 200_000)
        assert writer.until_refused().json()["error"]["code"] == "STORAGE_FULL"
        check_reading_goes_on(product, api, client, writer)
        limit_files(product, None)
        writer.until_taken()
        check_nothing_is_missing(product, api, client, writer, pid)


def test_another_program_s_lock_refuses_what_writes_and_is_named(own_product):
    product = own_product()
    pid = product.pid("hub")
    with product.api() as api, product.connect() as client:
        writer = Writer(product, api)
        client.subscribe(writer.channel)
        assert writer.publish().status_code == 200
        other = sqlite3.connect(product.state / "data" / "switchboard.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused = writer.publish()
        assert refused.status_code == 503 and refused.headers["retry-after"] == "1"
        assert "another program" in refused.json()["error"]["message"]
        assert api.request("GET", "/api/sessions").status_code == 200
        assert {item["eventId"] for item in api.history(writer.channel)} == {"fill-0"}
        other.execute("ROLLBACK")
        other.close()
        writer.until_taken()
        check_nothing_is_missing(product, api, client, writer, pid)
    assert re.search(r"takes no writes.*holder=\"?process \d+ \((python|pytest)", product.log())
