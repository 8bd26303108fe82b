"""What the matrices tried is told at the end of the run, whatever worker ran them."""

import os

import pytest


def pytest_terminal_summary(terminalreporter):
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "cells" and report.when == "call":
                    terminalreporter.write_line(value)


@pytest.fixture
def root():
    """For what only root can try; elsewhere it fails, because it has not been tried."""
    assert os.geteuid() == 0, "without root all is one user's: run it as root"
