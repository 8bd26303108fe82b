"""Health, readiness, metrics and the API's own description, which has to be the truth."""

import json
import os
import re
import signal
import subprocess

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from support.product import REPOSITORY, executables
from support.raw import Raw, host_of
from support.waiting import eventually

ROUTES = {
    "/api/auth/login": {"post"}, "/api/auth/logout": {"post"}, "/api/auth/me": {"get"},
    "/api/auth/logins": {"get", "delete"}, "/api/auth/logins/{id}": {"delete"},
    "/api/auth/password": {"put"},
    "/api/keys": {"get", "post"}, "/api/keys/{id}": {"delete"},
    "/api/users": {"get", "post"}, "/api/users/{id}": {"delete"},
    "/api/sessions": {"get", "post"}, "/api/sessions/{id}": {"get", "patch", "delete"},
    "/api/sessions/{id}/messages": {"get", "post"},
    "/api/sessions/{id}/messages/{messageId}": {"delete"}, "/api/sessions/{id}/abort": {"post"},
    "/api/permissions": {"get"}, "/api/sessions/{id}/permissions": {"get", "post"},
    "/api/sessions/{id}/permissions/{requestId}": {"post"},
    "/api/sessions/{id}/rules": {"get", "delete"}, "/api/publish": {"post"},
    "/api/channels/{channel}/history": {"get"},
    "/api/specs": {"get"}, "/api/specs/{id}": {"get", "put", "delete"},
    "/api/agents": {"get"}, "/api/agents/{id}": {"get", "put", "delete"},
    "/api/workspaces": {"get", "post"}, "/api/workspaces/{id}": {"get", "patch", "delete"},
    "/api/config": {"get", "patch"}, "/api/theme": {"get", "put"},
    "/health": {"get"}, "/ready": {"get"}, "/metrics": {"get"}, "/openapi.json": {"get"},
}
METHODS = {"get", "put", "post", "delete", "patch", "options", "head", "trace"}


@pytest.fixture(scope="module")
def document(shared_product):
    with shared_product.api(key=None) as anonymous:
        return anonymous.get("/openapi.json")


def shape(path):
    """A path with its parameters' names dropped."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def schema_of(document, path, method, status):
    for known, operations in document["paths"].items():
        if shape(known) == shape(path):
            answer = operations[method]["responses"][str(status)]
            while "$ref" in answer:
                answer = lookup(document, answer["$ref"])
            return answer["content"]["application/json"]["schema"]
    raise AssertionError(f"no path {path}")


def lookup(document, reference):
    value = document
    for part in reference.removeprefix("#/").split("/"):
        value = value[part.replace("~1", "/").replace("~0", "~")]
    return value


def conforms(document, value, path, method, status):
    schema = {**schema_of(document, path, method, status), "components": document["components"]}
    Draft202012Validator(schema).validate(value)


def test_the_description_is_valid_openapi_31(document):
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_the_description_covers_exactly_the_contracts_routes(document):
    described = {
        (shape(path), method) for path, operations in document["paths"].items()
        for method in operations if method in METHODS}
    promised = {(shape(path), method) for path, methods in ROUTES.items() for method in methods}
    assert promised - described == set(), "promised, but not described"
    extra = {route for route in described - promised if route[0] != "/ws"}
    assert extra == set(), "described, but not promised"


def test_every_described_route_exists_and_the_others_do_not(document, team):
    for path, operations in document["paths"].items():
        if path == "/ws":
            continue
        concrete = re.sub(r"\{[^}]*\}", "nobodys", path)
        for method in METHODS - {"head", "options", "trace"}:
            answer = team.api.request(method.upper(), concrete, json={})
            if method in operations:
                assert answer.status_code != 405, (method, path)
                assert answer.status_code < 500, (method, path, answer.text)
            else:
                assert answer.status_code == 405, (method, path, answer.status_code)
                allowed = {word.strip().lower() for word in answer.headers["allow"].split(",")}
                assert set(operations) & METHODS <= allowed | {"head"}


def test_every_route_but_the_open_ones_needs_a_credential(document, product):
    with product.api(key=None, headers={"origin": product.url}) as anonymous:
        for path, operations in document["paths"].items():
            concrete = re.sub(r"\{[^}]*\}", "nobodys", path)
            for method in set(operations) & METHODS:
                if path in ("/health", "/ready", "/openapi.json", "/api/auth/login", "/ws",
                            "/metrics"):
                    continue
                anonymous.refused(method.upper(), concrete, 401, "AUTH_REQUIRED", body={})


def test_the_description_names_the_security_schemes_and_websocket_messages(document):
    schemes = document["components"]["securitySchemes"].values()
    kinds = {(s["type"], s.get("in"), s.get("name", s.get("scheme"))) for s in schemes}
    assert ("apiKey", "header", "x-api-key") in {(a, b, str(c).lower()) for a, b, c in kinds}
    assert ("apiKey", "cookie", "__Host-switchboard.sid") in kinds
    assert any(s["type"] == "http" and s["scheme"].lower() == "bearer" for s in schemes)
    text = json.dumps(document["components"]["schemas"])
    for word in ["subscribe", "subscribed", "text_delta", "permission_request", "config_changed",
                 "draining", "agent_status_changed", "session_created"]:
        assert f'"{word}"' in text, f"no schema tells of {word}"


def test_actual_answers_conform_to_the_description(document, team, unique):
    api = team.api
    session = team.make_session(name="described")
    conforms(document, session, "/api/sessions", "post", 201)
    path = f"/api/sessions/{session['id']}"
    conforms(document, api.get(path), "/api/sessions/{id}", "get", 200)
    conforms(document, api.get("/api/sessions"), "/api/sessions", "get", 200)
    conforms(document, api.patch(path, {"name": "x"}), "/api/sessions/{id}", "patch", 200)
    conforms(document, api.post(f"{path}/messages", {"text": "hi"}, status=202),
             "/api/sessions/{id}/messages", "post", 202)
    conforms(document, api.get(f"{path}/messages"), "/api/sessions/{id}/messages", "get", 200)
    outside = team.make_session(name="of an agent outside")["id"]
    conforms(document, team.ask(outside), "/api/sessions/{id}/permissions", "post", 201)
    conforms(document, api.get("/api/permissions"), "/api/permissions", "get", 200)
    conforms(document, api.get(f"{path}/rules"), "/api/sessions/{id}/rules", "get", 200)
    conforms(document, api.post(f"{path}/abort"), "/api/sessions/{id}/abort", "post", 200)
    spec = unique("spec")
    team.own("spec", spec)
    conforms(document, api.get(f"/api/specs/{spec}"), "/api/specs/{id}", "get", 200)
    conforms(document, api.get("/api/specs"), "/api/specs", "get", 200)
    conforms(document, team.make_key("publish"), "/api/keys", "post", 201)
    conforms(document, api.get("/api/keys"), "/api/keys", "get", 200)
    conforms(document, api.get("/api/auth/me"), "/api/auth/me", "get", 200)
    conforms(document, api.get("/api/theme"), "/api/theme", "get", 200)
    conforms(document, api.get("/api/config"), "/api/config", "get", 200)
    published = api.post(
        "/api/publish", {"channel": team.channel, "type": "log_entry", "payload": {}})
    conforms(document, published, "/api/publish", "post", 200)
    conforms(document, api.get(f"/api/channels/{team.channel}/history"),
             "/api/channels/{channel}/history", "get", 200)
    refused = api.request("GET", "/api/sessions/nobodys")
    conforms(document, refused.json(), "/api/sessions/{id}", "get", 404)


def test_health_and_readiness_need_no_credential(product):
    with product.api(key=None) as anonymous:
        assert anonymous.request("GET", "/health").status_code == 200
        assert anonymous.request("GET", "/ready").status_code == 200


def test_an_unready_hub_is_alive_but_not_ready(own_product):
    product = own_product()
    os.kill(product.pid("hub"), signal.SIGSTOP)
    try:
        with product.api(key=None) as anonymous:
            eventually(lambda: anonymous.request("GET", "/ready").status_code == 503, within=15)
            assert anonymous.request("GET", "/health").status_code == 200
    finally:
        os.kill(product.pid("hub"), signal.SIGCONT)
    product.answers()


def test_every_process_tells_the_one_version_there_is(product, team):
    source = (REPOSITORY / "Sources/System/Version.swift").read_text()
    version = re.search(r"version is (\S+)\"", source)[1]
    for name in ("switchboard", "switchboard-hub", "switchboard-ws", "switchboard-fcgi",
                 "switchboard-agent", "switchboard-sandbox"):
        printed = subprocess.run([executables() / name, "--version"], capture_output=True, text=True)
        assert (printed.returncode, printed.stdout) == (0, f"{name} {version}\n")

    def told():
        text = team.api.request("GET", "/metrics").text
        return dict(re.findall(
            r'^switchboard_build_info\{process="(.*)",version="(.*)"\} 1$', text, re.M))

    expected = {"hub", "fcgi", "ws-1", "agent-1"}
    eventually(lambda: expected <= told().keys(), 30, what="every process in /metrics")
    assert set(told().values()) == {version}
    assert team.api.get("/api/auth/me")["serverVersion"] == version


def test_metrics_are_prometheus_text_and_count(product, team):
    def value(name):
        text = team.api.request("GET", "/metrics").text
        found = [line.rpartition(" ")[2] for line in text.splitlines()
                 if re.match(rf"switchboard_{name}(\{{|\s)", line)]
        return sum(float(number) for number in found)

    text = team.api.request("GET", "/metrics").text
    for line in text.splitlines():
        assert re.match(r"^(#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})? -?[0-9.e+-]+)$", line), line
    before = value("hub_publications_total")
    client = team.listen()
    for _ in range(5):
        team.api.publish(team.channel, "log_entry", {})
    client.collect(5)
    eventually(lambda: value("hub_publications_total") >= before + 5, within=15)
    eventually(lambda: value("ws_connections") >= 1, within=15)


def test_request_ids_are_echoed_or_made(product, team):
    good = team.api.request("GET", "/api/sessions", headers={"x-request-id": "my.request_1-A"})
    assert good.headers["x-request-id"] == "my.request_1-A"
    for bad in ["a" * 65, "has space", "semi;colon", ""]:
        answer = team.api.request("GET", "/api/sessions", headers={"x-request-id": bad})
        made = answer.headers["x-request-id"]
        assert made != bad and re.match(r"^[A-Za-z0-9._-]{1,64}$", made)


def test_what_nginx_itself_refuses_has_the_same_error_body(product):
    with product.api() as caller:
        error = caller.refused("POST", "/api/publish", 413, content=b"a" * (3 * 1024 * 1024),
                               headers={"content-type": "application/json"})
        assert error["code"] == "PAYLOAD_TOO_LARGE"
        caller.refused("GET", "/nowhere.html", 404, "NOT_FOUND")
    with Raw.tls(product) as raw:
        host, filler = host_of(product), "a" * 40_000
        raw.send(f"GET / HTTP/1.1\r\nHost: {host}\r\nX: {filler}\r\n\r\n".encode())
        status, fields, body = raw.response()
        assert status in (400, 431)
        assert json.loads(body)["error"]["requestId"] == fields["x-request-id"]


def test_the_console_is_served_with_security_headers(product):
    with product.api(key=None) as anonymous:
        answer = anonymous.request("GET", "/")
        assert answer.status_code == 200 and "text/html" in answer.headers["content-type"]
        for name in ["content-security-policy", "x-content-type-options", "referrer-policy"]:
            assert name in answer.headers, name


def test_unknown_api_routes_are_404_with_the_error_body(team):
    for path in ["/api", "/api/", "/api/nothing", "/api/sessions/", "/api/sessions/x/y/z",
                 "/api/publish/x", "/api//sessions"]:
        answer = team.api.request("GET", path)
        assert answer.status_code == 404, (path, answer.status_code)
        assert answer.json()["error"]["code"] == "NOT_FOUND"
