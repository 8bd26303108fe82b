"""Names of specs and agents are each team's own: two teams use one, and neither hears of the other."""

import itertools

import pytest

from support.product import Product
from support.team import Team


@pytest.fixture
def teams(team, other_team):
    return team, other_team


@pytest.mark.parametrize("kind, type", [("spec", "spec_updated"), ("agent", "agent_status_changed")])
def test_two_teams_use_one_name_side_by_side(teams, unique, kind, type):
    name = unique(kind)
    channel = f"{kind}:{name}"
    clients, positions = [], []
    for each in teams:
        # The second one is answered as the first one was, also for the event's id.
        assert each.api.request("GET", f"/api/{kind}s/{name}").status_code == 404
        each.own(kind, name)
        clients.append(each.listen(channel))
        told = each.api.publish(channel, type, {"of": each.id}, eventId="the-same")
        assert told["duplicate"] is False and told["offset"] == 1 and told["channel"] == channel
        positions.append((told["epoch"], told["offset"]))
    assert positions[0][0] != positions[1][0]
    for each, client in zip(teams, clients):
        assert client.expect(type)["payload"] == {"of": each.id}
        assert client.until_pong() == []
        assert [item["payload"] for item in each.api.history(channel)] == [{"of": each.id}]
        assert each.api.get(f"/api/{kind}s/{name}")["teamId"] == each.id
        assert [item["teamId"] for item in each.api.get(f"/api/{kind}s")["items"]
                if item["id"] == name] == [each.id]
    # The other's position is no position here.
    late = teams[1].connect()
    assert late.subscribe(channel, since=positions[0])["recovered"] is False
    # One of them goes; the other's is untouched.
    teams[0].api.delete(f"/api/{kind}s/{name}")
    clients[0].error("CHANNEL_FORBIDDEN", within=5)
    teams[1].api.publish(channel, type, {"still": True})
    assert clients[1].expect(type)["payload"] == {"still": True}
    assert clients[0].until_pong() == []
    teams[0].api.refused("GET", f"/api/{kind}s/{name}", 404)
    teams[0].api.refused("DELETE", f"/api/{kind}s/{name}", 404)


def test_nothing_tells_that_another_team_has_a_name(teams, unique):
    """Every call on a name that only the other team has is answered as on one that nobody has."""
    taken, free = unique("taken"), unique("free")
    teams[0].own("spec", taken)
    teams[0].api.publish(f"spec:{taken}", "spec_updated", {"secret": 1}, eventId="known")
    asked = teams[1]
    event = {"type": "spec_updated", "payload": {}, "eventId": "known"}

    def answers(name):
        client = asked.connect()
        client.send("subscribe", channel=f"spec:{name}")
        socket = client.error("CHANNEL_FORBIDDEN")["payload"]["message"]
        got = [
            asked.api.request(method, path, json=body)
            for method, path, body in (
                ("GET", f"/api/specs/{name}", None), ("DELETE", f"/api/specs/{name}", None),
                ("GET", f"/api/channels/spec:{name}/history", None),
                ("POST", "/api/publish", {"channel": f"spec:{name}", **event}),
                ("PUT", f"/api/specs/{name}", {"name": "mine"}),
                ("POST", "/api/publish", {"channel": f"spec:{name}", **event}),
                ("DELETE", f"/api/specs/{name}", None))]
        texts = [socket] + [f"{each.status_code} {each.text}" for each in got]
        ids = [each.headers["x-request-id"] for each in got]
        told = "\n".join(texts).replace(name, "NAME")
        for secret in ids + [each.json()["results"][0]["epoch"] for each in got
                             if each.is_success and "results" in each.text]:
            told = told.replace(secret, "ID")
        return told

    assert answers(taken) == answers(free)
    assert [item["payload"] for item in teams[0].api.history(f"spec:{taken}")] == [{"secret": 1}]


def test_each_team_resumes_its_own_after_the_hub_was_killed(own_product, unique):
    product = own_product()
    name = unique("spec")
    channel = f"spec:{name}"
    with Team(product, "one") as one, Team(product, "two") as two:
        clients = []
        for each in (one, two):
            each.own("spec", name)
            clients.append(each.listen(channel))
        numbers = itertools.count()
        for each in (one, two, two):
            each.api.publish(channel, "spec_updated", {"of": each.id, "n": next(numbers)})
        product.restarted("hub", product.kill("hub"))
        product.answers()
        for each in (two, one):
            each.api.publish(channel, "spec_updated", {"of": each.id, "n": next(numbers)})
        for each, client, count in ((one, clients[0], 2), (two, clients[1], 3)):
            seen = [client.expect("spec_updated") for _ in range(count)]
            assert {message["payload"]["of"] for message in seen} == {each.id}
            assert [message["offset"] for message in seen] == list(range(1, count + 1))
            assert client.until_pong() == []


def test_the_command_line_says_where_a_name_is_not_one_team_s(own_product: Product, unique):
    product = own_product()
    name = unique("spec")
    with Team(product, "one") as one, Team(product, "two") as two:
        one.own("spec", name)
        publish = ("publish", f"spec:{name}", "spec_updated", '{"n": 1}')
        assert product.cli(*publish)[0] == 0
        two.own("spec", name)
        code, _, err = product.cli(*publish)
        assert code == 1 and "--team" in err and one.id in err and two.id in err
        assert product.cli(*publish, "--team", two.id)[0] == 0
        assert len(one.api.history(f"spec:{name}")) == 1
        assert len(two.api.history(f"spec:{name}")) == 1
