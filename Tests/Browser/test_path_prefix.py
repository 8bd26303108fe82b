"""The whole product under a path of its host: `https://HOST/agents/`."""

import re

from playwright.sync_api import expect

from person import answer, has_ended
from support.team import PASSWORD


def test_people_work_with_agents_under_a_path(own_team, visitor):
    team = own_team(path_prefix="/agents")
    product = team.product
    assert product.url.endswith("/agents") and product.ready["ws"].endswith("/agents/ws")
    user = team.make_user("ada", role="admin")
    person = visitor(team, cookie=None)
    page = person.open("")
    page.get_by_label("User", exact=True).fill(user)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    cookies = {each["name"]: each for each in person.context.cookies(product.url)}
    assert cookies["__Host-switchboard.sid"]["path"] == "/"
    assert "__Host-switchboard.device" in cookies
    person.open_session(team.make_session(mode="allow-all")["id"])
    person.say("hello from below")
    has_ended(page)
    expect(answer(page)).not_to_be_empty()
    assert page.url.startswith(f"{product.url}/#/sessions/")
    scope = page.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)")
    assert scope == f"{product.url}/"
    # Without the slash one gets there; the rest of the host is not ours.
    with product.api(key=None) as stranger:
        root = product.url.removesuffix("/agents")
        assert stranger.request("GET", product.url).headers["location"].endswith("/agents/")
        for path in ("/", "/api/auth/me", "/ws", "/health", "/client/index.js", "/.git/config"):
            assert stranger.request("GET", f"{root}{path}").status_code == 404, path
        document = stranger.get("/openapi.json")
        assert document["servers"] == [{"url": "/agents"}]


def test_the_command_line_goes_to_a_path(own_team):
    product = own_team(path_prefix="/agents/").product

    def ask(url):
        return product.cli(
            "sessions", "list", "--json", "--url", url, "--key", product.ready["apiKey"],
            "--ca-file", product.ready["caFile"], state=False)

    for url in (product.url, f"{product.url}/"):
        code, out, err = ask(url)
        assert code == 0 and out.strip() == "[]", err
    code, out, _ = product.cli("doctor")
    assert re.search(r"websocket.*/agents/ws upgrades and greets", out), out
    assert ask(product.url.removesuffix("/agents"))[0] == 1


def test_the_account_view_shows_and_ends_logins(team, visitor):
    user = team.make_user(f"ada-{team.id}")
    other = team.sign_in(user)
    person = visitor(team, cookie=team.sign_in(user))
    page = person.open("#/settings")
    logins = page.get_by_role("list", name="Logins")
    expect(logins.get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Sign out everywhere else").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out", exact=True).click()
    expect(logins.get_by_role("listitem")).to_have_count(1)
    with team.product.api(key=None, cookie=other) as ended:
        assert ended.try_status("GET", "/api/auth/me") == 401
    form = page.get_by_role("form", name="Password")
    form.get_by_label("Current password").fill(PASSWORD)
    form.get_by_label(re.compile("^New password")).fill("another passphrase")
    form.get_by_role("button", name="Change password").click()
    expect(form.get_by_role("status")).to_have_text("Changed.")
    assert team.product.api(key=None).request(
        "POST", "/api/auth/login", json={"user": user, "password": "another passphrase"}
    ).status_code == 200
