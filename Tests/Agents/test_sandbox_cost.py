"""What a sandbox costs is counted; what stops one is said, once in the log and by doctor."""

import json
import shutil

import pytest

from support.conversation import bash
from support.product import REPOSITORY, executables
from support.waiting import eventually

PROGRAMS = ("switchboard", "switchboard-hub", "switchboard-ws", "switchboard-fcgi",
            "switchboard-agent", "switchboard-sandbox")


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A copy of the product's programs that a test may change, with the files beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PROGRAMS:
        shutil.copy2(executables() / name, folder)
    share = tmp_path / "share/switchboard"
    share.mkdir(parents=True)
    for name, source in (("dev", "nginx"), ("console", "Sources/Console"),
                         ("client", "Sources/BrowserClient")):
        (share / name).symlink_to(REPOSITORY / source)
    monkeypatch.setenv("SWITCHBOARD_BIN", str(folder))
    return folder


def metric(product, name):
    with product.api() as api:
        text = api.request("GET", "/metrics").text
    return sum(float(line.split()[-1]) for line in text.splitlines()
               if line.startswith((f"switchboard_{name}{{", f"switchboard_{name} ")))


def sandbox(product):
    _, out, err = product.cli("doctor", "--json", within=60)
    found = [one for one in json.loads(out)["findings"] if one["part"] == "sandbox"]
    assert len(found) == 1, out + err
    return found[0]


def test_each_sandbox_is_counted_with_its_time(talk):
    session = talk()
    product = session.product
    before = metric(product, "agent_sandboxes_total")
    spent = metric(product, "agent_sandbox_milliseconds_total")
    session.run(bash("true"), bash("true"))
    eventually(lambda: metric(product, "agent_sandboxes_total") >= before + 2, 20, what="metric")
    assert metric(product, "agent_sandbox_milliseconds_total") > spent


def test_doctor_makes_a_sandbox(product):
    found = sandbox(product)
    assert found["level"] == "ok", found


def test_a_missing_program_is_said_once_and_by_doctor(own_talk, programs):
    (programs / "switchboard-sandbox").unlink()
    session = own_talk()
    run = session.run(bash("echo ran"), bash("echo ran"))
    for result in run.of("tool_result"):
        assert result["isError"] and "Nothing was run" in result["result"], result
    product = session.product
    lines = [line for line in product.log().splitlines() if "for want of a sandbox" in line]
    assert len(lines) == 1 and "switchboard-sandbox" in lines[0], lines
    eventually(
        lambda: metric(product, "agent_sandbox_failures_total") == 2, 20, what="the failures")
    found = sandbox(product)
    assert found["level"] == "fail" and "switchboard-sandbox is missing" in found["text"], found


def test_what_the_stage_cannot_do_is_the_cause_that_the_log_names(own_talk, programs):
    stage = programs / "switchboard-sandbox"
    stage.unlink()
    # No program of ours: an ELF file that ends at once, having said nothing of use.
    shutil.copy2("/bin/false", stage)
    session = own_talk()
    result = session.run(bash("echo ran"), bash("echo ran")).of("tool_result")[0]
    assert result["isError"] and "did not run" in result["result"], result
    lines = [line for line in session.product.log().splitlines() if "for want of a sandbox" in line]
    assert len(lines) == 1, lines
    assert sandbox(session.product)["level"] == "fail"
