"""Other sites of the host: Switchboard's files change nothing for them, and theirs nothing for it."""

import re
import subprocess

import pytest

from rendering import NGINX, nginx_command

HTTP = "include /usr/share/switchboard/nginx/switchboard-http.conf;\n"
LOGIN = [("zone=switchboard_login burst=50", "zone=switchboard_login burst=1")]
# Debian's own site, with limits of its own.
NEIGHBOUR = """
limit_req_zone $server_name zone=neighbour:1m rate=1r/m;
server {
    listen unix:/run/switchboard/http.sock;
    server_name _;
    location / { limit_req zone=neighbour; root /usr/share/doc; }
}
"""
HOSTS_OWN = "limit_req_status 420;\nlimit_conn_status 421;\n"


def status_of_neighbour(site):
    for _ in range(2):
        done = subprocess.run(
            ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}",
             "--unix-socket", site.root / "run/http.sock", "http://other.example/"],
            capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.parametrize("own, refused_with", [("", 503), (HOSTS_OWN, 420)])
def test_a_neighbour_s_limits_answer_as_its_admin_says(own_site, own, refused_with):
    """A host that sets them itself lost all of its sites: `directive is duplicate`."""
    site = own_site(changes=[(HTTP, own + HTTP + NEIGHBOUR), *LOGIN])
    assert status_of_neighbour(site) == refused_with
    answers = [site.curl("/api/auth/login", "--data", "{}") for _ in range(4)]
    assert 429 in [answer.status for answer in answers]


def test_a_catch_all_site_on_the_same_address_is_nothing_to_warn_about(own_site):
    site = own_site(changes=[(HTTP, HTTP + NEIGHBOUR)])
    checked = subprocess.run([*nginx_command(site.root), "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr


def test_nothing_but_names_of_ours_stands_in_the_context_of_all_sites():
    text = (NGINX / "snippets/switchboard-http.conf").read_text()
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    directives = re.findall(r"^(\w+)\s+(.*)$", code, re.M)
    for name, rest in directives:
        assert name in ("map", "log_format", "limit_conn_zone", "limit_req_zone"), name
        if name == "map":
            assert re.search(r"\$switchboard_\w+ \{$", rest), rest
    assert all(name.startswith("switchboard_") for name in re.findall(r"\?<(\w+)>", code))
    assert all(name.startswith("switchboard_") for name in re.findall(r"zone=(\w+)", code))


def test_large_bodies_and_answers_never_touch_the_disk(own_site, directory):
    site = own_site()
    body = directory / "large-body"
    body.write_bytes(b"x" * 1_500_000)
    for more in ([], ["--header", "Transfer-Encoding: chunked"]):
        sent = ["--http1.1", "--data-binary", f"@{body}", *more]
        answer = site.curl("/api/publish?large", *sent)
        assert answer.json["bodyBytes"] == 1_500_000 and len(answer.body) > 1 << 20
    assert "temporary file" not in site.log.read_text()
