"""One team's key takes what it can; another team, and the hub's loop, notice little of it."""

import collections
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.rest import Api

PAGE_BYTES = 1024 * 1024
TEXTS, TEXT_BYTES = 198, 250_000


@pytest.fixture(scope="module")
def long_session(shared_product):
    """A session that was told 50 MB, and its team."""
    from support.team import Team

    with Team(shared_product, "long") as team:
        session = team.make_session()["id"]
        for number in range(TEXTS):
            team.api.post("/api/publish", {
                "channel": f"session:{session}", "type": "text_complete",
                "text": "x" * TEXT_BYTES, "turnId": f"turn-{number}"})
        yield team, session


def metric(product, name):
    """A number of the hub in /metrics; 0 where there is none yet."""
    with product.api() as api:
        text = api.request("GET", "/metrics").text
    found = re.search(rf"^\w*{name} (\d+)$", text, re.MULTILINE)
    return int(found.group(1)) if found else 0


def read_bytes(product):
    return metric(product, r'hub_loop_read_bytes_total\{process="hub"\}')


def test_long_answers_are_read_in_pages_and_the_loop_reads_none_of_them(long_session):
    team, session = long_session
    before = read_bytes(team.product)
    for order in ("oldest", "newest"):
        found, cursor, pages = [], None, 0
        while True:
            answer = team.api.request("GET", f"/api/sessions/{session}/messages", params={
                "limit": 200, "order": order, **({"cursor": cursor} if cursor else {})})
            assert answer.status_code == 200, answer.text[:300]
            assert len(answer.content) <= PAGE_BYTES + 4_096
            page = answer.json()
            assert page["items"]
            found += page["items"]
            cursor, pages = page["nextCursor"], pages + 1
            if not cursor:
                break
        # The oldest are over the session's limit, and the first message says so.
        if order == "newest":
            found.reverse()
        assert "removed" in found[0]["text"] and "turnId" not in found[0]
        turns = [message["turnId"] for message in found[1:]]
        assert turns == [f"turn-{number}" for number in range(TEXTS - len(turns), TEXTS)]
        assert 110 < len(turns) < 140
        assert pages >= len(turns) * TEXT_BYTES // PAGE_BYTES
    # What the loop read of it: nothing but rows of credentials and sessions.
    assert read_bytes(team.product) - before < 2_000_000


def test_nobody_else_waits_while_one_team_reads_as_much_as_it_can(long_session, other_team):
    team, session = long_session
    attempts = 14 * 8

    def read(_):
        with Api(team.product, team.key, timeout=60) as api:
            answer = api.request("GET", f"/api/sessions/{session}/messages?limit=200")
            return answer.status_code, None if answer.is_success else answer.json()["error"]["code"]

    with ThreadPoolExecutor(14) as crowd:
        reading = [crowd.submit(read, number) for number in range(attempts)]
        served = 0
        while not all(each.done() for each in reading):
            assert other_team.api.publish(other_team.channel, "x_small", {"n": served})
            assert other_team.api.get("/api/sessions", params={"limit": 5})["items"] == []
            served += 1
    outcomes = collections.Counter(each.result() for each in reading)
    # On a busy machine a list may wait for too long, and then says so.
    late = outcomes.pop((503, "SERVICE_UNAVAILABLE"), 0)
    assert late == metric(
        team.product, r'limits_reached_total\{process="hub",limit="hub.maximumReadWait"\}')
    assert set(outcomes) <= {(200, None), (429, "RATE_LIMITED")}, outcomes
    assert outcomes[200, None] > 0 and served > 0


def test_more_lists_at_once_than_a_team_may_are_refused_with_a_name(own_team):
    team = own_team(env={"HUB_MAX_READS_PER_TEAM": "1"})
    session = team.make_session()["id"]
    for _ in range(16):
        team.api.post("/api/publish", {
            "channel": f"session:{session}", "type": "text_complete", "text": "x" * TEXT_BYTES})

    def read(_):
        with Api(team.product, team.key, timeout=60) as api:
            return api.request("GET", f"/api/sessions/{session}/messages?limit=200")

    with ThreadPoolExecutor(14) as crowd:
        answers = [answer for _ in range(6) for answer in crowd.map(read, range(28))]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {answer.status_code for answer in refused} == {429}
    assert all(answer.json()["error"]["code"] == "RATE_LIMITED" for answer in refused)
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    reached = metric(
        team.product, r'limits_reached_total\{process="hub",limit="hub.maximumReadsPerTeam"\}')
    assert reached == len(refused)
