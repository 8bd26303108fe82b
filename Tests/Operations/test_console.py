"""The console's copies of what the server says, and a page that its own policy would let run."""

import gzip
import json
import re

from rendering import CONSOLE, REPOSITORY


def test_the_console_gives_every_close_code_the_duty_that_the_server_means():
    swift = (REPOSITORY / "Sources/Protocol/Words/CloseCode.swift").read_text()
    numbers = dict(re.findall(r"case (\w+) = (\d{4})", swift))
    duties = {}
    for names, duty in re.findall(r"case ([.\w, ]+): \.(reconnect\w+|signInFirst|doNot\w+)", swift):
        for name in re.findall(r"\.(\w+)", names):
            duties[numbers[name]] = duty
    assert len(duties) == len(numbers) > 9
    script = (REPOSITORY / "Sources/BrowserClient/policy.js").read_text()
    assert dict(re.findall(r"(\d{4}): '(\w+)'", script)) == duties


def test_the_page_holds_no_inline_script_or_style_and_nothing_from_elsewhere():
    page = (CONSOLE / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|https?://", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    for script in CONSOLE.glob("*.js"):
        # The name of SVG's elements looks like an address and is none.
        text = script.read_text().replace("'http://www.w3.org/2000/svg'", "")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|"
                             r"new Function|https?://", text), script.name


def test_no_file_of_the_console_is_named_from_the_root_of_the_host():
    """It may live under a path; REST's own paths get that in one place."""
    for file in [*CONSOLE.glob("*.js"), *CONSOLE.glob("*.html"), *CONSOLE.glob("*.webmanifest"),
                 *CONSOLE.glob("*.css")]:
        rooted = re.findall(r"""["'`(]/[\w/.-]*\.(?:js|css|svg|png|webmanifest)|["'`]/ws\b|url\(["']?/""",
                            file.read_text())
        assert not rooted, (file.name, rooted)
    assert "fetch(`.${path}`" in (CONSOLE / "rest.js").read_text()


def test_every_file_that_the_page_and_its_modules_name_is_there():
    named = re.findall(r'(?:src|href)="/?([^"#]+)"', (CONSOLE / "index.html").read_text())
    named = [name for name in named if not name.startswith("client/")]
    manifest = json.loads((CONSOLE / "manifest.webmanifest").read_text())
    named += [picture["src"].lstrip("/") for picture in manifest["icons"]]
    for script in CONSOLE.glob("*.js"):
        named += re.findall(r"from '\./(?!client/)([^']+)'", script.read_text())
    assert len(named) > 20 and not [name for name in named if not (CONSOLE / name).is_file()]


def test_every_module_that_the_first_view_needs_is_fetched_at_once():
    folders = {"/client": REPOSITORY / "Sources/BrowserClient", "": CONSOLE}
    needed, waiting = set(), ["/console.js"]
    while waiting:
        folder, _, name = waiting.pop().rpartition("/")
        imported = re.findall(r"^(?:import|export)\b[^;'(]*?from '([^']+)'",
                              (folders[folder] / name).read_text(), re.M)
        found = {re.sub(r"^\.", folder, address) for address in imported} - needed
        needed |= found
        waiting += found
    page = (CONSOLE / "index.html").read_text()
    fetched = re.findall(r'rel="modulepreload" href="([^"]+)"', page)
    assert sorted(needed) == [f"/{address}" for address in fetched]


def test_scripts_are_loaded_by_address_only_from_the_one_list():
    listed = re.findall(r"'([^/'][^']+\.js)'", (CONSOLE / "trusted-urls.js").read_text())
    assert len(listed) == 4
    site = (REPOSITORY / "nginx/snippets/switchboard-locations.conf").read_text()
    for address in listed:
        served = f"location = /{address} " in site or (CONSOLE / address).is_file()
        assert served, address


def test_every_picture_that_a_script_asks_for_is_drawn():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (CONSOLE / "icons.svg").read_text()))
    scripts = "".join(script.read_text() for script in CONSOLE.glob("*.js"))
    words = re.search(r"STATUSES = new Map\((.*?)\)", (CONSOLE / "words.js").read_text(), re.S)[1]
    asked = set(re.findall(r"icon\('([\w-]+)'", scripts)) | set(re.findall(r"\['(\w+)',", words))
    assert asked <= drawn


def test_what_a_first_visit_transfers_of_our_own_scripts_and_styles_is_small():
    ours = [*CONSOLE.glob("*.js"), *CONSOLE.glob("*.css"),
            *(REPOSITORY / "Sources/BrowserClient").glob("*.js")]
    # As nginx sends it: each file compressed on its own.
    assert sum(len(gzip.compress(file.read_bytes(), 1)) for file in ours) < 150_000


def test_no_module_of_the_console_is_long():
    for script in CONSOLE.glob("*.js"):
        assert len(script.read_text().splitlines()) <= 300, script.name


def test_every_element_that_a_script_asks_for_is_on_the_page():
    page = (CONSOLE / "index.html").read_text()
    scripts = "".join(script.read_text() for script in CONSOLE.glob("*.js"))
    asked = set(re.findall(r"element\('([\w-]+)'\)", scripts))
    assert asked and not [name for name in asked if f'id="{name}"' not in page]
