"""What every route and every command asks of a caller: written by hand, from the contract, so that
the matrices expect what should be and not what is.

A route without a rule, or a rule without a route, fails `test_matrix.py`.
"""

from dataclasses import dataclass

SCOPES = ["publish", "channels:read", "sessions:read", "sessions:write", "sessions:run",
          "permissions:respond", "admin"]
MEMBER = set(SCOPES) - {"admin"}

# Access that no single scope opens.
OPEN, ANYBODY, LOOPBACK, SIGN_OUT = "open", "anybody", "loopback", "sign out"
# A person's own logins and password; the configuration of all teams.
PERSON, INSTALLATION = "person", "installation"


@dataclass(frozen=True)
class Rule:
    """`needs` is a scope or one of the words above. `ids` names the kind of thing in the path or
    body. `done` are the statuses of a caller who may, none where it would lose what it came with;
    `foreign` is the answer for another team's thing and for one that nobody has. `spent` things are
    made anew each time."""

    needs: str
    done: tuple
    ids: str | None = None
    body: str | None = None
    foreign: int = 404
    spent: bool = False


ROUTES = {
    ("GET", "/health"): Rule(OPEN, (200,)),
    ("GET", "/ready"): Rule(OPEN, (200,)),
    ("GET", "/openapi.json"): Rule(OPEN, (200,)),
    # The tests' nginx is on this machine, which is what the rule asks.
    ("GET", "/metrics"): Rule(LOOPBACK, (200,)),
    ("POST", "/api/auth/login"): Rule(OPEN, (200,), body="login"),
    ("POST", "/api/auth/logout"): Rule(SIGN_OUT, (204,)),
    ("GET", "/api/auth/me"): Rule(ANYBODY, (200,)),
    ("GET", "/api/auth/logins"): Rule(PERSON, (200,)),
    ("DELETE", "/api/auth/logins"): Rule(PERSON, ()),
    ("DELETE", "/api/auth/logins/{id}"): Rule(PERSON, ()),
    ("PUT", "/api/auth/password"): Rule(PERSON, (), body="empty"),
    ("GET", "/api/keys"): Rule("admin", (200,)),
    ("POST", "/api/keys"): Rule("admin", (201,), body="key"),
    ("DELETE", "/api/keys/{id}"): Rule("admin", (204,), "key", spent=True),
    ("GET", "/api/users"): Rule("admin", (200,)),
    ("POST", "/api/users"): Rule("admin", (201,), body="user"),
    ("DELETE", "/api/users/{id}"): Rule("admin", (204,), "user", spent=True),
    ("GET", "/api/sessions"): Rule("sessions:read", (200,)),
    ("POST", "/api/sessions"): Rule("sessions:write", (201,), body="empty"),
    ("GET", "/api/sessions/{id}"): Rule("sessions:read", (200,), "session"),
    ("PATCH", "/api/sessions/{id}"): Rule("sessions:write", (200,), "session", "name"),
    ("DELETE", "/api/sessions/{id}"): Rule("sessions:write", (204,), "session", spent=True),
    ("GET", "/api/sessions/{id}/messages"): Rule("sessions:read", (200,), "session"),
    ("POST", "/api/sessions/{id}/messages"): Rule("sessions:write", (202,), "session", "message"),
    ("DELETE", "/api/sessions/{id}/messages/{messageId}"): Rule(
        "sessions:write", (204, 409), "message", spent=True),
    ("POST", "/api/sessions/{id}/abort"): Rule("sessions:write", (200,), "session"),
    ("GET", "/api/permissions"): Rule("sessions:read", (200,)),
    ("GET", "/api/sessions/{id}/permissions"): Rule("sessions:read", (200,), "session"),
    ("POST", "/api/sessions/{id}/permissions"): Rule(
        "sessions:run", (201,), "session", "question", spent=True),
    ("POST", "/api/sessions/{id}/permissions/{requestId}"): Rule(
        "permissions:respond", (200,), "question", "answer", spent=True),
    ("GET", "/api/sessions/{id}/rules"): Rule("sessions:read", (200,), "session"),
    ("DELETE", "/api/sessions/{id}/rules"): Rule("sessions:write", (204,), "session"),
    ("POST", "/api/publish"): Rule("publish", (200,), "channel", "event", foreign=403),
    ("GET", "/api/channels/{channel}/history"): Rule("sessions:read", (200,), "session channel"),
    ("GET", "/api/specs"): Rule("sessions:read", (200,)),
    ("GET", "/api/specs/{id}"): Rule("sessions:read", (200,), "spec"),
    # A name that nobody has is free: whoever may claims it.
    ("PUT", "/api/specs/{id}"): Rule("sessions:write", (200,), "spec to claim", "name"),
    ("DELETE", "/api/specs/{id}"): Rule("sessions:write", (204,), "spec", spent=True),
    ("GET", "/api/agents"): Rule("sessions:read", (200,)),
    ("GET", "/api/agents/{id}"): Rule("sessions:read", (200,), "agent"),
    ("PUT", "/api/agents/{id}"): Rule("sessions:write", (200,), "agent to claim", "name"),
    ("DELETE", "/api/agents/{id}"): Rule("sessions:write", (204,), "agent", spent=True),
    ("GET", "/api/workspaces"): Rule("sessions:read", (200,)),
    ("POST", "/api/workspaces"): Rule("admin", (201,), body="workspace"),
    ("GET", "/api/workspaces/{id}"): Rule("sessions:read", (200,), "workspace"),
    ("PATCH", "/api/workspaces/{id}"): Rule("admin", (200,), "workspace", "name"),
    ("DELETE", "/api/workspaces/{id}"): Rule("admin", (204,), "workspace", spent=True),
    ("GET", "/api/config"): Rule("admin", (200,)),
    ("PATCH", "/api/config"): Rule(INSTALLATION, (), body="empty"),
    ("GET", "/api/theme"): Rule(ANYBODY, (200,)),
    ("PUT", "/api/theme"): Rule(INSTALLATION, (), body="empty"),
}


@dataclass(frozen=True)
class Command:
    """`needs` by the kind of the thing that is named; `done` is the reply's type, None where the
    effect shows on a channel; `refused` the code for what is foreign or nobody's."""

    needs: dict
    done: str | None
    refused: str | None = None


COMMANDS = {
    "subscribe": Command(
        {"team": "channels:read", "spec": "channels:read", "agent": "channels:read",
         "session": "sessions:read"}, "subscribed", "CHANNEL_FORBIDDEN"),
    # Of a channel that is not held there is nothing to leave, whosever it is.
    "unsubscribe": Command(
        {"team": ANYBODY, "spec": ANYBODY, "agent": ANYBODY, "session": ANYBODY}, "unsubscribed"),
    "ping": Command({"nothing": ANYBODY}, "pong"),
    "permission_response": Command(
        {"question": "permissions:respond"}, None, "PERMISSION_NOT_FOUND"),
}
