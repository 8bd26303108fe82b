"""Debian's Chromium, driven by Playwright, whose own browsers no test needs."""

import os
from contextlib import contextmanager
from shutil import which

from playwright.sync_api import sync_playwright


@contextmanager
def running_chromium():
    """One headless browser; each test opens contexts of its own in it.

    Certificates are not its business: other tests verify ours, and a service worker is refused in a
    context that merely ignores errors.
    """
    program = which("chromium")
    assert program, "there is no chromium; `make test-packages` installs it"
    arguments = ["--ignore-certificate-errors"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses to be root with one
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()
