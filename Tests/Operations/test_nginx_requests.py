"""What reaches the workers: overwritten headers, request ids, bodies; and what the client gets."""

import re
import subprocess

import pytest
from rendering import CLIENT, CONSOLE, NGINX, limit, nginx_command, rendered

FORGED = [argument for name in (
    "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port",
    "X-Forwarded-Server", "Forwarded", "Proxy", "Remote-Addr")
    for argument in ("--header", f"{name}: 6.6.6.6")]


def test_what_a_client_says_about_itself_never_reaches_the_FastCGI_worker(site):
    params = site.curl("/api/sessions?x=1", *FORGED).json["params"]
    assert params["REMOTE_ADDR"] == params["HTTP_X_REAL_IP"] == "127.0.0.1"
    assert params["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert params["HTTP_X_FORWARDED_PROTO"] == params["REQUEST_SCHEME"] == "https"
    assert params["HTTPS"] == "on"
    forged = {name for name, value in params.items() if "6.6.6.6" in value}
    assert forged <= {"HTTP_REMOTE_ADDR"}, params
    assert (params["DOCUMENT_URI"], params["QUERY_STRING"]) == ("/api/sessions", "x=1")


def test_what_a_client_says_about_itself_never_reaches_a_WebSocket_worker(site):
    headers = site.curl("/ws", "--http1.1", *FORGED).json["headers"]
    assert headers["x-real-ip"] == headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "https"
    assert not {"forwarded", "x-forwarded-host", "x-forwarded-port"} & set(headers)


def test_the_workers_see_the_host_with_its_port_as_a_browser_puts_it_in_Origin(site):
    host = f"localhost:{site.port}"
    for version in ("--http1.1", "--http2"):
        assert site.curl("/api/x", version).json["params"]["HTTP_HOST"] == host
        assert site.curl("/ws", version).json["headers"]["host"] == host


def test_credentials_pass_untouched(site):
    sent = {"Authorization": "Bearer t.1", "X-API-Key": "k_2", "Cookie": "__Host-switchboard.sid=%zz; a=b",
            "Origin": "https://else.example", "Sec-Fetch-Site": "same-origin"}
    arguments = [part for name, value in sent.items() for part in ("--header", f"{name}: {value}")]
    params = site.curl("/api/x", *arguments).json["params"]
    headers = site.curl("/ws", *arguments).json["headers"]
    for name, value in sent.items():
        assert headers[name.lower()] == value
        assert params["HTTP_" + name.upper().replace("-", "_")] == value


@pytest.mark.parametrize("sent, kept", [
    ("abc-DEF_1.2", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("", False),
    ("a;b", False), ('"quoted"', False)])
def test_a_request_id_is_kept_when_it_fits_else_made(site, sent, kept):
    field = ["--header", f"X-Request-Id: {sent}" if sent else "X-Request-Id;"]
    seen = [site.curl("/api/x", *field).json["params"]["HTTP_X_REQUEST_ID"],
            site.curl("/ws", *field).json["headers"]["x-request-id"],
            site.curl("/nothing", *field).error["requestId"],
            site.curl("/", *field).headers["x-request-id"]]
    assert (set(seen) == {sent}) == kept
    assert all(re.fullmatch("[A-Za-z0-9._-]{1,64}", identifier) for identifier in seen)
    assert kept or len(set(seen)) == 4


@pytest.mark.parametrize("upgrade, reaches", [
    ("websocket", True), ("WebSocket", True), ("websocket, h2c", False),
    ("h2c", False), ("", False)])
def test_only_the_literal_websocket_is_an_upgrade(site, upgrade, reaches):
    request = (f"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
               f"Upgrade: {upgrade}\r\n"
               "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n").encode()
    with site.connect() as connection:
        connection.sendall(request)
        received = connection.recv(65536)
        if reaches:
            assert received.startswith(b"HTTP/1.1 101")
            connection.sendall(b"frame")
            assert connection.recv(100).endswith(b"frame")
        else:
            assert received.startswith(b"HTTP/1.1 200") and b'"connection": "close"' in received
            assert b"permessage" not in received


def test_a_WebSocket_carries_large_writes_both_ways(site):
    with site.connect() as connection:
        connection.sendall(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                           b"Upgrade: websocket\r\n\r\n")
        connection.recv(65536)
        connection.sendall(b"y" * 300_000)
        received = 0
        while received < 300_000:
            received += len(connection.recv(65536))


def test_the_console_is_served_with_a_policy_without_inline_code(site):
    answer = site.curl("/")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "require-trusted-types-for 'script'; trusted-types switchboard" in policy
    assert f"connect-src 'self' wss://localhost:{site.port};" in policy
    assert answer.headers["cache-control"] == "no-cache"
    assert "strict-transport-security" not in answer.headers, "HSTS would lock localhost"
    other = site.curl("/", "--header", "Host: team.example")
    assert other.headers["strict-transport-security"] == "max-age=31536000"


def test_every_file_of_the_console_has_its_media_type(site):
    kinds = {".html": "text/html", ".js": "application/javascript", ".css": "text/css",
             ".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json",
             ".webmanifest": "application/manifest+json"}
    for file in CONSOLE.rglob("*.*"):
        answer = site.curl(f"/{file.relative_to(CONSOLE)}")
        assert answer.body == file.read_bytes()
        assert answer.headers["content-type"].startswith(kinds[file.suffix])
        assert answer.headers["cache-control"] == "no-cache"


def test_the_browser_client_is_served_to_every_application(site):
    for file in CLIENT.glob("*.js"):
        answer = site.curl(f"/client/{file.name}")
        assert answer.body == file.read_bytes()
        assert answer.headers["content-type"].startswith("application/javascript")
        assert answer.headers["cache-control"] == "no-cache"
        assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(("path", "says"), [
    ("/vendor/markdown-it.js", b"g.markdownit = f()"),
    ("/vendor/highlight.js", b"registerLanguage"),
    ("/vendor/diff.js", b"global.Diff = {}"),
])
def test_a_library_comes_from_the_package_that_debian_keeps(site, path, says):
    answer = site.curl(path, "--compressed")
    assert answer.status == 200 and says in answer.body
    assert answer.headers["content-type"].startswith("application/javascript")
    assert answer.headers["content-encoding"] == "gzip"
    assert "content-security-policy" in answer.headers
    again = site.curl(path, "--header", f"If-Modified-Since: {answer.headers['last-modified']}")
    assert again.status == 304 and again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", [
    "/vendor/", "/vendor/diff.js.map", "/client/", "/client/../console/index.html",
    "/client/.index.js", "/client../Console/index.html"])
def test_nothing_beside_the_libraries_and_the_client_is_served(site, path):
    assert site.curl(path).status in (403, 404)


def test_the_console_and_REST_speak_HTTP_2_and_both_TLS_versions(site):
    for version in (["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3"]):
        assert site.curl("/", *version, "--http2").status == 200
    protocol = site.curl("/api/x", "--http2").json["params"]["SERVER_PROTOCOL"]
    assert protocol == "HTTP/2.0"


def test_plain_HTTP_is_sent_to_TLS(site, directory):
    head = subprocess.run(
        ["curl", "-sI", "--unix-socket", site.root / "run/http.sock", "http://team.example/a?b=c"],
        capture_output=True, check=True).stdout.decode()
    assert " 308 " in head and "Location: https://team.example/a?b=c\r\n" in head


def test_the_access_log_keeps_no_query(site):
    site.curl("/api/x?apiKey=sb_secret", "--header", "X-Request-Id: find-me")
    log = (site.root / "access.log").read_text()
    assert '"requestId":"find-me"' in log and '"path":"/api/x"' in log
    assert "sb_secret" not in log


def test_the_list_of_literals_in_the_sites_head_is_whole():
    for file in [NGINX / "switchboard.conf", *(NGINX / "snippets").glob("*.conf")]:
        text = rendered(file.read_text(), "/R", "127.0.0.1:1", ("ws-1",))
        for there in (str(CONSOLE), str(CLIENT), "/usr/share/javascript/", "/usr/share/nodejs/"):
            text = text.replace(there, "")
        code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
        assert not re.search(r"(?<!/R)/(etc|run|usr|var)/", code), file
        assert not re.search(r"listen (443|80|\[)", code), file


def test_nginx_finds_nothing_to_warn_about(site):
    checked = subprocess.run([*nginx_command(site.root), "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr


def test_nginx_is_more_patient_and_more_generous_than_the_workers():
    site = (NGINX / "snippets/switchboard-locations.conf").read_text()
    ws = (NGINX / "snippets/switchboard-ws.conf").read_text()
    for kind in ("read", "send"):
        seconds = int(re.search(rf"proxy_{kind}_timeout (\d+)s", ws)[1])
        assert seconds * 1000 > limit("heartbeatTimeoutMilliseconds")
    body = int(re.search(r"client_max_body_size (\d+)m", site)[1])
    assert body * 1024 * 1024 > limit("maximumBodyBytes")


@pytest.mark.parametrize("addresses, other", [
    ([f"2001:db8:a0a:1::{number:x}" for number in range(1, 7)], "2001:db8:a0a:2::1"),
    ([f"2001:db8:1:{{0}}0a::{number:x}0a".format(1) for number in range(1, 7)], "2001:db8:1:20a::1"),
    (["192.0.2.1", "::ffff:192.0.2.1"] * 3, "::ffff:192.0.2.2"),
])
def test_the_addresses_of_one_network_are_one_client_to_the_limits(own_site, addresses, other):
    headers = "\n# Slow or silent clients"
    told = "\nset_real_ip_from 127.0.0.1;\nreal_ip_header X-Test-Address;\n"
    site = own_site(changes=[(headers, told + headers), ("switchboard_login burst=50", "switchboard_login burst=3"),
                             ("zone=switchboard_login:10m rate=5r/s", "zone=switchboard_login:10m rate=1r/m")])

    def status(address):
        return site.curl("/api/auth/login", "--header", f"X-Test-Address: {address}").status

    assert [status(address) for address in addresses] == [200] * 4 + [429] * 2
    assert status(other) == 200


# A path prefix

def test_below_a_prefix_the_workers_see_their_own_paths(own_site):
    site = own_site(prefix="/agents")
    assert site.curl("/agents/api/auth/me?x=1").json["params"]["REQUEST_URI"] == "/agents/api/auth/me?x=1"
    assert site.curl("/agents/api/x").json["params"]["SWITCHBOARD_PREFIX"] == "/agents"
    assert site.curl("/agents/ws?x=1", "--http1.1").json["line"].split()[1] == "/ws?x=1"
    assert site.curl("/agents").headers["location"] == "/agents/"
    for path in ("/agents/", "/agents/console.js", "/agents/client/index.js",
                 "/agents/manifest.webmanifest", "/agents/vendor/diff.js"):
        assert site.curl(path).status == 200, path
    refused = site.curl("/agents/nothing")
    assert refused.status == 404 and refused.error["code"] == "NOT_FOUND"
    assert site.curl("/agents/.git/config").status == 404


def test_another_site_on_the_host_is_untouched_by_what_lives_below_a_prefix(own_site):
    """Its own `server` includes Switchboard's paths and nothing else of it."""
    own = "".join(f"include /usr/share/switchboard/nginx/switchboard-{name}.conf;\n"
                  for name in ("headers", "errors")) + "\n# Slow or silent clients"
    other = "    location / { default_type text/plain; return 200 'another site'; }\n" \
            "    location /missing { return 404; }\n# Slow or silent clients"
    site = own_site(prefix="/agents", changes=[(own, other)])
    for path in ("/", "/api/x", "/ws", "/console.js", "/agentsmith", "/.well-known/x"):
        answer = site.curl(path)
        assert answer.status == 200 and answer.body == b"another site", path
        assert not {"content-security-policy", "x-frame-options"} & set(answer.headers)
    assert b"<html>" in site.curl("/missing").body
    assert "content-security-policy" in site.curl("/agents/").headers
    assert "content-security-policy" in site.curl("/agents/api/x").headers
    refused = site.curl("/agents/api")
    assert refused.status == 404 and refused.error["code"] == "NOT_FOUND"
