"""Everybody who may come: each with the headers that it sends, and what it may by the rules."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from rules import (
    ANYBODY, INSTALLATION, LOOPBACK, MEMBER, OPEN, PERSON, SCOPES, SIGN_OUT)
from support.client import SESSION_COOKIE
from support.waiting import eventually


@dataclass
class Caller:
    """`refused` is the status and code with which nobody gets past the credential."""

    name: str
    headers: list
    scopes: set = field(default_factory=set)
    refused: tuple | None = None
    is_foreign: bool = False
    is_cookie: bool = False
    # What its writes lack: the page's own origin.
    lacks_origin: bool = False

    def holds(self, needs):
        return needs in (OPEN, LOOPBACK, ANYBODY) or needs in self.scopes or (
            needs in (SIGN_OUT, PERSON) and self.is_cookie)


def rest_refusal(caller, rule, is_write):
    """(status, code) before anything is looked up; None where the caller may."""
    if rule.needs in (OPEN, LOOPBACK):
        return None
    if caller.refused:
        return caller.refused
    if is_write and caller.is_cookie and caller.lacks_origin:
        return 403, "ORIGIN_FORBIDDEN"
    if rule.needs == SIGN_OUT and not caller.is_cookie:
        return 400, "BAD_REQUEST"
    if rule.needs == PERSON and not caller.is_cookie:
        return 403, "FORBIDDEN"
    if rule.needs == INSTALLATION:
        # None of these callers is an admin of the installation.
        return 403, "FORBIDDEN" if caller.holds("admin") else "SCOPE_REQUIRED"
    return None if caller.holds(rule.needs) else (403, "SCOPE_REQUIRED")


def make_callers(team, other_team):
    """Every credential of the matrix; `team` is the own team of all but the last ones."""
    origin = ("origin", team.product.url)

    def key(*scopes, **more):
        return [("x-api-key", team.make_key(*scopes, **more)["key"])]

    revoked = team.make_key(*SCOPES)
    team.api.delete(f"/api/keys/{revoked['id']}")
    end = datetime.now(timezone.utc) + timedelta(seconds=1)
    expired = key(*SCOPES, expiresAt=end.strftime("%Y-%m-%dT%H:%M:%S.") + "999Z")
    whole = key(*SCOPES)
    bearer = [("authorization", f"Bearer {whole[0][1]}")]
    theirs = [("x-api-key", other_team.key)]
    cookies = {role: ("cookie", f"{SESSION_COOKIE}={team.sign_in(name)}") for role, name in (
        ("member", team.make_user(f"matrix-m-{team.id}")),
        ("admin", team.make_user(f"matrix-a-{team.id}", role="admin")))}
    callers = [
        Caller("nobody", [], refused=(401, "AUTH_REQUIRED")),
        Caller("malformed key", [("x-api-key", "nonsense")], refused=(401, "INVALID_API_KEY")),
        Caller("empty key", [("x-api-key", "")], refused=(401, "INVALID_API_KEY")),
        Caller("revoked key", [("x-api-key", revoked["key"])], refused=(401, "INVALID_API_KEY")),
        Caller("expired key", expired, refused=(401, "INVALID_API_KEY")),
        Caller("key in a cookie", [("cookie", f"{SESSION_COOKIE}={whole[0][1]}"), origin],
               refused=(401, "INVALID_SESSION")),
        Caller("wrong key before a good one", [("x-api-key", "nonsense"), *bearer],
               refused=(401, "INVALID_API_KEY")),
        *[Caller(f"key of {scope}", key(scope), {scope}) for scope in SCOPES],
        Caller("key of all", whole, set(SCOPES)),
        Caller("bearer of all", bearer, set(SCOPES)),
        Caller("another team's key", theirs, set(SCOPES), is_foreign=True),
    ]
    for role, scopes in (("member", MEMBER), ("admin", set(SCOPES))):
        for what, more, lacks in (("", [origin], False), (" without origin", [], True),
                                  (" of a foreign page", [("origin", "https://evil.example")], True)):
            callers.append(Caller(f"login of a {role}{what}", [cookies[role], *more], scopes,
                                  is_cookie=True, lacks_origin=lacks))
    with team.product.api(expired[0][1]) as late:
        eventually(lambda: late.try_status("GET", "/api/auth/me") == 401, within=5)
    return callers
