"""What the matrices tried is told at the end of the run, whatever worker ran them."""


def pytest_terminal_summary(terminalreporter):
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "cells" and report.when == "call":
                    terminalreporter.write_line(value)
