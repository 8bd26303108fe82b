"""The console's copies of what the server says, and a page that its own policy would let run."""

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
    script = (CONSOLE / "backoff.js").read_text()
    assert dict(re.findall(r"(\d{4}): '(\w+)'", script)) == duties


def test_the_page_holds_no_inline_script_or_style_and_nothing_from_elsewhere():
    page = (CONSOLE / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|https?://", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    for script in CONSOLE.glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|"
                             r"new Function|https?://", script.read_text()), script.name


def test_every_file_that_the_page_and_its_modules_name_is_there():
    named = re.findall(r'(?:src|href)="([^"]+)"', (CONSOLE / "index.html").read_text())
    for script in CONSOLE.glob("*.js"):
        named += re.findall(r"from '\./([^']+)'", script.read_text())
    assert named and all((CONSOLE / name).is_file() for name in named)


def test_every_element_that_a_script_asks_for_is_on_the_page():
    page = (CONSOLE / "index.html").read_text()
    scripts = "".join(script.read_text() for script in CONSOLE.glob("*.js"))
    asked = set(re.findall(r"element\('([\w-]+)'\)", scripts))
    assert asked and not [name for name in asked if f'id="{name}"' not in page]
