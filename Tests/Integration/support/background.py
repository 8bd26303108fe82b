"""What begins with the test session and is looked at when its time has come."""

from .team import Team
from .waiting import Stopwatch


class UnansweredPermission:
    """A permission request with the default time-out, and a device that watches it."""

    def __init__(self, product):
        self.team = Team(product, name="unanswered")

    def __enter__(self):
        self.session = self.team.make_session(name="nobody is there")["id"]
        self.watcher = self.team.listen(f"session:{self.session}")
        self.stopwatch = Stopwatch()
        self.permission = self.team.ask(self.session)
        return self

    def __exit__(self, *_):
        self.team.__exit__()
