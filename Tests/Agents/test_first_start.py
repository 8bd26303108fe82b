"""`switchboard dev` as a newcomer starts it: no key, and everything but the model is real."""

from support import processes as machine


def test_without_a_key_the_demo_model_plays_and_says_so(own_talk):
    session = own_talk(mode="ask", permissionTimeoutMs=None)
    log = session.product.log()
    assert "DEMO" in log and "ANTHROPIC_API_KEY" in log
    session.say("Hello")
    for expected in ("Bash", "Write"):
        request = session.asked()
        assert request["toolName"] == expected
        session.answer(request["requestId"])
    run = session.ended()
    assert run.reason == "complete" and "demo model" in run.of("text_complete")[0]["text"]
    assert "Runs: 1" in (session.folder / "switchboard-demo.md").read_text()


def test_with_a_key_no_demo_model_is_started(product):
    log = product.log()
    assert "DEMO" not in log
    for pid in machine.children(product.process.pid):
        assert "demo-model" not in open(f"/proc/{pid}/cmdline").read()


def test_a_killed_demo_model_comes_back(own_talk):
    session = own_talk()
    assert session.run("demo:stream 2").reason == "complete"
    models = [pid for pid in machine.children(session.product.process.pid)
              if "demo-model" in open(f"/proc/{pid}/cmdline").read()]
    assert len(models) == 1
    machine.end(models[0])
    assert session.run("demo:stream 3").reason == "complete", "tried again until it was back"
