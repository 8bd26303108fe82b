"""What begins with the test session and is looked at when its time has come."""

from .team import Team
from .waiting import Stopwatch


class ExpiringLogin:
    """A login of the shortest life there is, and a connection that was opened with it."""

    def __init__(self, product):
        self.team = Team(product, name="expiring")

    def __enter__(self):
        self.stopwatch = Stopwatch()
        self.cookie = self.team.sign_in()
        self.client = self.team.connect(cookie=self.cookie)
        return self

    def __exit__(self, *_):
        self.team.__exit__()


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
