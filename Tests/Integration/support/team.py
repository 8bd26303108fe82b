"""A team made for one test by the CLI: its key, its user, its clients."""

from contextlib import suppress

from .product import EVERY_SCOPE

PASSWORD = "correct horse battery staple"


class Team:
    """`id`, `key` (every scope) and `api`; users and narrower keys on demand."""

    def __init__(self, product, name):
        self.product = product
        self.name = name
        self.id = product.cli_json("teams", "create", name)["id"]
        made = product.cli_json("keys", "create", "--team", self.id, "--scopes", EVERY_SCOPE)
        self.key, self.key_id = made["key"], made["id"]
        self.api = product.api(self.key)
        self.channel = f"team:{self.id}"
        self.opened = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.opened:
            with suppress(Exception):  # a test may have broken it on purpose
                client.close()
        self.api.close()

    def connect(self, key=None, **more):
        """A connected client of this team, closed with the test."""
        if "cookie" in more:
            client = self.product.connect(**more)
        else:
            client = self.product.connect(key or self.key, **more)
        self.opened.append(client)
        return client

    def listen(self, channel=None, **more):
        """A connected client that has subscribed to `channel` (the team's, when not told)."""
        client = self.connect(**more)
        client.subscribed = client.subscribe(channel or self.channel)
        return client

    def make_key(self, *scopes, **more):
        """A key of this team with these scopes, as REST shows it once, `key` included."""
        return self.api.post("/api/keys", {"name": "narrow", "scopes": list(scopes), **more})

    def make_user(self, name, role="member"):
        """A user of this team whose password is `PASSWORD`; returns the name."""
        code, out, err = self.product.cli(
            "users", "create", name, "--team", self.id, "--role", role, input=PASSWORD + "\n")
        assert code == 0, err or out
        return name

    def sign_in(self, name=None):
        """The cookie value of a fresh login of this team."""
        name = name or self.make_user(f"user-{self.name}")
        return sign_in(self.product, name, PASSWORD)

    def make_session(self, **fields):
        return self.api.post("/api/sessions", fields, status=201)

    def own(self, kind, id):
        """Record this team as the owner of a spec or an agent."""
        return self.api.put(f"/api/{kind}s/{id}", {"name": f"{kind} of {self.name}"})

    def ask(self, session, **fields):
        """Ask for a permission as an agent outside this machine would."""
        body = {
            "toolName": "Bash", "command": "git status", "description": "Show the tree's state",
            **fields}
        return self.api.post(f"/api/sessions/{session}/permissions", body, status=201)


def sign_in(product, user, password):
    """Log in over REST; returns the value of the `__Host-switchboard.sid` cookie."""
    with product.api(key=None, headers={"origin": product.url}) as anonymous:
        answer = anonymous.request(
            "POST", "/api/auth/login", json={"user": user, "password": password})
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.cookies["__Host-switchboard.sid"]
