"""The hub's disk is full in the middle of a run: the run waits, and nothing of it is lost."""

from support.conversation import bash
from support.room import limit_files
from support.waiting import eventually


def test_a_run_goes_on_when_there_is_room_again(own_talk):
    session = own_talk()
    product = session.product
    session.say("demo:stream 300")
    session.expect("text_delta")
    limit_files(product, 4096)
    eventually(lambda: "takes no writes" in product.log(), what="a commit that found no room")
    limit_files(product, None)
    run = session.ended(within=60)
    assert run.reason == "complete"
    assert run.text == run.only("text_complete")["text"]
    session.say(bash("echo well > well.txt"))
    assert session.ended().reason == "complete"
    assert product.log().count("takes no writes") == 1
