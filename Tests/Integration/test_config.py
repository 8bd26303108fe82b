"""config.json and theme.json: watched, validated, announced once to every open connection."""

import json
import os
import signal

import pytest

from support.waiting import Stopwatch, eventually


def rewrite(file, text):
    file.write_text(text)


def rename_over(file, text):
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text)
    os.replace(fresh, file)


@pytest.fixture
def quiet_product(own_product):
    """A product whose files this test alone edits."""
    return own_product(ws_workers=2)


def changed_theme(file, colour):
    theme = json.loads(file.read_text()) if file.exists() else {}
    theme["accent"] = colour
    return json.dumps(theme)


def changed_config(file, number):
    config = json.loads(file.read_text()) if file.exists() else {}
    config.setdefault("hub", {})["permissionTimeoutMs"] = 60_000 + number
    return json.dumps(config)


def test_an_edit_reaches_every_client_exactly_once_within_a_second(quiet_product):
    product = quiet_product
    channel = f"team:{product.ready['teamId']}"
    clients = [product.connect() for _ in range(6)]
    for client in clients[:3]:
        client.subscribe(channel)
    session = None
    with product.api() as api:
        for _ in range(4):
            session = api.post("/api/sessions", {})["id"]
            clients[0].subscribe(f"session:{session}")
    for client in clients:
        client.until_pong()
    edits = [
        (product.theme_file, "theme", rewrite), (product.theme_file, "theme", rename_over),
        (product.config_file, "config", rewrite), (product.config_file, "config", rename_over)]
    for step, (file, kind, edit) in enumerate(edits):
        change = changed_theme(file, f"#00000{step}") if kind == "theme" else (
            changed_config(file, step))
        watch = Stopwatch()
        edit(file, change)
        for client in clients:
            event = client.expect("config_changed", within=2)
            body = event.get("payload", event)
            assert body["changeType"] == kind
            assert "channel" not in event
        assert watch.seconds < 1, f"{kind} by {edit.__name__} took {watch.seconds:.2f} s"
        clients[0].quiet(0.5)
        for client in clients:
            assert client.until_pong() == [], "announced more than once"
    for client in clients:
        client.close()


def test_many_writes_in_a_row_are_few_announcements(quiet_product):
    client = quiet_product.connect()
    for step in range(20):
        file = quiet_product.theme_file
        rewrite(file, changed_theme(file, f"#0000{step:02}"))
    client.expect("config_changed", within=2)
    count = 1
    while True:
        try:
            count += client.next(within=0.5)["type"] == "config_changed"
        except TimeoutError:
            break
    assert count <= 3
    with quiet_product.api() as api:
        assert api.get("/api/theme")["accent"] == "#000019"


INVALID = ["{", "[]", '{"accent": ', '{"a": 1, "a": 2}', "\u0000", "{" * 5000]


@pytest.mark.parametrize("text", INVALID)
def test_an_invalid_edit_is_logged_and_not_announced(quiet_product, text):
    product = quiet_product
    client = product.connect()
    with product.api() as api:
        before = api.get("/api/config")
        rewrite(product.theme_file, text)
        rewrite(product.config_file, text)
        eventually(lambda: "config.json is not taken over" in product.log()
                   and "theme.json is not taken over" in product.log(), within=3)
        client.quiet(1.0)
        assert api.get("/api/config") == before
        assert api.get("/api/sessions")["items"] == []


@pytest.mark.parametrize("text", INVALID)
def test_an_invalid_theme_is_kept_out_of_what_rest_shows(quiet_product, text):
    product = quiet_product
    client = product.connect()
    rewrite(product.theme_file, '{"accent": "#010203"}')
    client.expect("config_changed", within=2, changeType="theme")
    rewrite(product.theme_file, text)
    eventually(lambda: "theme.json is not taken over" in product.log(), within=3)
    with product.api() as api:
        assert api.get("/api/theme") == {"accent": "#010203"}


def test_a_setting_out_of_range_is_kept_out_and_the_log_says_why(quiet_product):
    product = quiet_product
    client = product.connect()
    rewrite(product.config_file, json.dumps({"hub": {"permissionTimeoutMs": -5}}))
    eventually(lambda: "hub.permissionTimeoutMs = -5" in product.log(), within=3)
    client.quiet(0.5)


def test_an_edit_over_rest_is_announced_and_written_to_the_file(quiet_product):
    product = quiet_product
    client = product.connect()
    with product.api() as api:
        theme = api.get("/api/theme")
        api.put("/api/theme", {**theme, "accent": "#123456"})
        assert api.get("/api/theme")["accent"] == "#123456"
    event = client.expect("config_changed", within=2)
    assert event.get("payload", event)["changeType"] == "theme"
    client.quiet(0.5)
    assert json.loads(product.theme_file.read_text())["accent"] == "#123456"


def test_a_file_that_appears_later_is_seen(quiet_product):
    product = quiet_product
    client = product.connect()
    product.theme_file.unlink(missing_ok=True)
    try:
        client.next(within=0.7)
    except TimeoutError:
        pass  # whether a removal is announced is open; its return is not
    rewrite(product.theme_file, '{"accent": "#abcdef"}')
    event = client.expect("config_changed", within=2)
    assert event.get("payload", event)["changeType"] == "theme"


def test_a_file_may_be_a_link_of_links_to_one_elsewhere(own_product, tmp_path):
    far, hop = tmp_path / "far", tmp_path / "hop"
    far.mkdir()
    target = far / "theme.json"
    target.write_text('{"accent": "#000000"}')
    target.chmod(0o600)
    hop.symlink_to("far/theme.json")
    product = own_product(config={})
    product.theme_file.symlink_to(hop)

    def hears(edit, *arguments):
        client.until_pong()
        watch = Stopwatch()
        edit(*arguments)
        client.expect("config_changed", within=2, changeType="theme")
        assert watch.seconds < 1.0, edit.__name__

    with product.api() as api:
        eventually(lambda: api.get("/api/theme") == {"accent": "#000000"}, within=2)
        client = product.connect()
        hears(rewrite, target, '{"accent": "#000001"}')
        hears(rename_over, target, '{"accent": "#000002"}')
        fresh = tmp_path / "fresh"
        fresh.mkdir()
        (fresh / "theme.json").write_text('{"accent": "#000003"}')
        far.rename(tmp_path / "old")
        hears(fresh.rename, far)
        # Through the links, and none of them is replaced.
        hears(api.put, "/api/theme", {"accent": "#000004"})
        assert product.theme_file.is_symlink() and hop.is_symlink()
        assert json.loads(target.read_text()) == {"accent": "#000004"}
        hop.unlink()
        hop.symlink_to(tmp_path / "nowhere" / "theme.json")
        refusal = api.refused("PUT", "/api/theme", 409, "CONFLICT", body={"accent": "#000005"})
        assert str(hop.parent / "nowhere") in refusal["message"]
        assert product.theme_file.is_symlink() and hop.is_symlink()


def test_a_directory_that_is_replaced_as_a_whole_is_watched_again(quiet_product):
    product = quiet_product
    client = product.connect()
    folder = product.config_file.parent
    folder.rename(folder.with_name("config.old"))
    fresh = folder.with_name("config.new")
    fresh.mkdir(mode=0o700)
    fresh.rename(folder)
    for step in range(2):
        rewrite(product.theme_file, f'{{"accent": "#00000{step}"}}')
        event = client.expect("config_changed", within=2, changeType="theme")
        assert "channel" not in event
    with product.api() as api:
        assert api.get("/api/theme")["accent"] == "#000001"


def test_an_edit_while_the_hub_is_away_is_announced_when_it_is_back(quiet_product):
    product = quiet_product
    rewrite(product.theme_file, '{"accent": "#111111"}')
    with product.connect() as client:
        client.until_pong()
        supervisor = product.process.pid
        os.kill(supervisor, signal.SIGSTOP)
        try:
            old = product.kill("hub")
            rewrite(product.theme_file, '{"accent": "#222222"}')
        finally:
            os.kill(supervisor, signal.SIGCONT)
        product.restarted("hub", old)
        client.expect("config_changed", within=10, changeType="theme")
        client.quiet(0.7)


def test_secrets_are_never_returned(team):
    shown = json.dumps(team.api.get("/api/config"))
    for word in ("sk-ant", team.key, "password"):
        assert word not in shown


def test_configuration_needs_the_admin_scope_to_change(team):
    narrow = team.make_key("sessions:read")
    with team.product.api(narrow["key"]) as caller:
        caller.refused("PATCH", "/api/config", 403, body={})
        caller.refused("PUT", "/api/theme", 403, body={})
