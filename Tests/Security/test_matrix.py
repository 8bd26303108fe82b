"""Every route and every WebSocket command, by every credential, on an own thing, another team's and
one that nobody has. What is expected comes from `rules.py`."""

import contextlib
import itertools
import json

import httpx
import pytest

from callers import Caller, make_callers, rest_refusal
from rules import COMMANDS, ROUTES, SCOPES, SIGN_OUT
from support.client import SESSION_COOKIE, Client, Refused
from things import Things

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture
def document(product):
    with product.api(key=None) as anonymous:
        return anonymous.get("/openapi.json")


def test_every_route_command_and_scope_has_a_rule(document, team):
    described = {
        (method.upper(), path) for path, operations in document["paths"].items()
        for method in operations if method in METHODS and path != "/ws"}
    assert described == set(ROUTES)
    schemas = document["components"]["schemas"]
    commands = {each["properties"]["type"]["const"] for each in schemas["Command"]["oneOf"]}
    assert commands == set(COMMANDS)
    assert schemas["KeyRequest"]["properties"]["scopes"]["items"]["enum"] == SCOPES


def test_each_route_answers_each_caller_by_its_rule(team, other_team, tmp_path, record_property):
    callers = make_callers(team, other_team)
    own, foreign = Things(team, tmp_path), Things(other_team, tmp_path)
    cells, wrong = 0, []
    with contextlib.ExitStack() as stack:
        ways = itertools.cycle([stack.enter_context(way(team, number)) for number in range(2, 12)])
        for (method, path), rule in ROUTES.items():
            for caller, whose in itertools.product(
                    callers, ("own", "foreign", "unknown") if rule.ids else ("own",)):
                refusal = rest_refusal(caller, rule, method != "GET")
                if refusal is None and not rule.done:
                    continue
                expected = expect(rule, caller, whose, refusal)
                # Another team's caller finds its own team's things; ours are foreign to it.
                near, far = (foreign, own) if caller.is_foreign else (own, foreign)
                target, body = (near if whose == "own" else far).request(
                    rule, path, whose, is_fresh=refusal is None and rule.spent)
                if rule.needs == SIGN_OUT and refusal is None:
                    caller = signed_in_again(team, caller)
                http = next(ways)
                # Nobody comes with what a sign-in before left.
                http.cookies.clear()
                answer = http.request(method, target, headers=caller.headers, json=body)
                cells += 1
                got = answer.status_code, code_of(answer)
                if got not in expected:
                    wrong.append(f"{method} {path} by {caller.name} on {whose}: {got}, not "
                                 f"{' or '.join(map(str, expected))} {answer.text[:200]}")
    told = f"REST matrix: {cells} cells, {len(wrong)} wrong"
    record_property("cells", told)
    assert not wrong, "\n".join([told, *wrong[:60]])


def way(team, number):
    """A client with an address of its own: one alone would meet nginx's limit on requests."""
    return httpx.Client(base_url=team.product.url, timeout=15, transport=httpx.HTTPTransport(
        verify=team.product.tls, trust_env=False, local_address=f"127.0.0.{number}"))


def expect(rule, caller, whose, refusal):
    """The pairs of status and code that are right."""
    if refusal:
        return [refusal]
    if whose == "own" or (rule.ids or "").endswith("to claim"):  # a team's names are its own
        return [(status, "CONFLICT" if status == 409 else None) for status in rule.done]
    codes = {404: ["NOT_FOUND", "PERMISSION_NOT_FOUND"], 403: ["CHANNEL_FORBIDDEN"]}
    return [(rule.foreign, code) for code in codes[rule.foreign]]


def code_of(answer):
    if answer.is_success:
        return None
    try:
        return answer.json()["error"]["code"]
    except (ValueError, KeyError):
        return answer.text[:40]


def signed_in_again(team, caller):
    """A login of its own to end, so that the others go on."""
    name = "matrix-m" if "member" in caller.name else "matrix-a"
    cookie = ("cookie", f"{SESSION_COOKIE}={team.sign_in(f'{name}-{team.id}')}")
    return Caller(caller.name, [cookie, *caller.headers[1:]])


# WebSocket

def test_each_command_answers_each_caller_by_its_rule(
        team, other_team, tmp_path, record_property):
    own, foreign = Things(team, tmp_path), Things(other_team, tmp_path)
    cells, wrong = 0, []
    for caller in make_callers(team, other_team):
        near, far = (foreign, own) if caller.is_foreign else (own, foreign)
        try:
            client = open_client(team.product, caller)
        except Refused as refused:
            cells += 1
            expected = caller.refused or ((403, "ORIGIN_FORBIDDEN") if caller.lacks_origin else None)
            got = refused.status, json.loads(refused.body)["error"]["code"]
            if got != expected:
                wrong.append(f"handshake by {caller.name}: {got}, not {expected}")
            continue
        with client:
            for name, command in COMMANDS.items():
                for (kind, needs), whose in itertools.product(
                        command.needs.items(), ("own", "foreign", "unknown")):
                    fields = (near if whose == "own" else far).command(kind, whose)
                    got = ask(client, name, fields)
                    expected = command_outcome(command, caller, needs, whose)
                    cells += 1
                    if got != expected:
                        wrong.append(
                            f"{name} {kind} by {caller.name} on {whose}: {got}, not {expected}")
                    if got == "subscribed":
                        ask(client, "unsubscribe", fields)
    told = f"WebSocket matrix: {cells} cells, {len(wrong)} wrong"
    record_property("cells", told)
    assert not wrong, "\n".join([told, *wrong[:60]])


def open_client(product, caller):
    headers = dict(caller.headers)
    return Client(product, headers=headers, origin=headers.pop("origin", None))


def command_outcome(command, caller, needs, whose):
    if not caller.holds(needs):
        return "CHANNEL_FORBIDDEN"
    return command.done if whose == "own" or command.refused is None else command.refused


def ask(client, name, fields):
    """The reply's type, an error's code, or None where a ping's answer came before anything."""
    client.send(name, id="asked", **fields)
    client.send("ping", id="behind")
    outcome = None
    while True:
        message = client.next(within=10)
        if message.get("id") == "asked":
            is_error = message["type"] == "error"
            outcome = message["payload"]["code"] if is_error else message["type"]
        elif message.get("id") == "behind":
            return outcome


