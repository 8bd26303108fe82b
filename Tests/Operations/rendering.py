"""The files of nginx/ rendered into a directory, by the literals that the site's head lists."""

import math
import os
import re
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NGINX = REPOSITORY / "nginx"
CONSOLE = REPOSITORY / "Sources/Console"
CLIENT = REPOSITORY / "Sources/BrowserClient"


def limit(name):
    """A limit's default, as `Protocol` has it."""
    table = (REPOSITORY / "Sources/Protocol/Words/Limits.swift").read_text()
    factors = re.search(rf"static let {name} = ([\d_ *]+)", table)[1]
    return math.prod(int(factor) for factor in factors.split("*"))


def render(root, *, listen, ws=("ws-1", "ws-2"), changes=(), prefix=""):
    """Write main configuration, site and snippets under `root`; `listen` stands for 443.

    `changes` are (literal, replacement) pairs for limits and time-outs that a test can't wait for;
    each must occur.
    """
    root = Path(root)
    (root / "snippets").mkdir()
    shutil.copy(NGINX / "switchboard-dev-main.conf", root / "nginx.conf")
    texts = {"site.conf": (NGINX / "switchboard.conf").read_text()}
    for snippet in (NGINX / "snippets").glob("*.conf"):
        texts[f"snippets/{snippet.name}"] = snippet.read_text()
    for literal, replacement in changes:
        assert any(literal in text for text in texts.values()), f"no file holds {literal!r}"
        texts = {name: text.replace(literal, replacement) for name, text in texts.items()}
    for name, text in texts.items():
        (root / name).write_text(prefixed(rendered(text, root, listen, ws), prefix))
    certificate(root / "tls")


def rendered(text, root, listen, ws):
    """One file's text with nothing replaced but the documented literals."""
    servers = "".join(
        f"    server unix:{root}/run/{name}/ws.sock max_fails=0;\n" for name in ws)
    text = re.sub(r"(?:^    server unix:/run/switchboard/ws-.*\n)+", servers, text, flags=re.M)
    text = re.sub(r"^    listen \[::\].*\n", "", text, flags=re.M)
    text = re.sub(r"^    listen 443 ", f"    listen {listen} ", text, flags=re.M)
    text = text.replace("    listen 80;", f"    listen unix:{root}/run/http.sock;")
    for literal, replacement in {
        "/usr/share/switchboard/nginx/switchboard-": f"{root}/snippets/switchboard-",
        "/run/switchboard/": f"{root}/run/",
        "/etc/switchboard/tls/": f"{root}/tls/",
        "/usr/share/switchboard/console": str(CONSOLE),
        "/usr/share/switchboard/client": str(CLIENT),
        "/var/log/nginx/switchboard-": f"{root}/",
    }.items():
        text = text.replace(literal, replacement)
    return text


def prefixed(text, prefix):
    """The text with every path below `prefix`, as the head of switchboard-locations.conf says."""
    lines = []
    for line in text.splitlines():
        if prefix and line.startswith("location ~ ^$"):
            line = line.replace("^$", f"^{prefix}$")
        elif line.startswith("location "):
            line = line.replace("/", f"{prefix}/", 1)
        elif line.startswith("error_page "):
            line = line.replace(" /", f" {prefix}/", 1)
        lines.append(line.replace('SWITCHBOARD_PREFIX ""', f'SWITCHBOARD_PREFIX "{prefix}"'))
    return "\n".join(lines) + "\n"


def certificate(directory):
    """A throw-away certificate for localhost and 127.0.0.1."""
    directory.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", directory / "privkey.pem", "-out", directory / "fullchain.pem"],
        check=True, capture_output=True)


def nginx_command(root):
    """As root, nginx's workers must stay root to reach sockets in a closed directory."""
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    return ["nginx", "-p", root, "-c", f"{root}/nginx.conf", *user]
