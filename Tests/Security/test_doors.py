"""The hub's doors: what comes in through one says what is that door's to say, and nothing else.

The tables are read from the sources, the rules are written here: a frame or an operation that is
added without a rule here fails the test.
"""

import json
import os
import re
import stat
from pathlib import Path

import pytest

from support import agent_user
from support.ipc import DOOR_OF, Peer, dial, hello, message
from support.processes import children
from support.product import REPOSITORY
from support.raw import Raw
from support.waiting import eventually

ROLES = ("cli", "ws", "fcgi", "agent")
DOORS = ("hub", "workers", "agents")


def declared(file, pattern):
    found = re.findall(pattern, (REPOSITORY / "Sources" / file).read_text(), re.M)
    assert found, file
    return found


KINDS = declared("Protocol/Wire/PeerMessage+Kind.swift", r"^        case (\w+)$")
OPERATIONS = declared("Protocol/Requests/Operation.swift", r'^    case \w+ = "([\w.]+)"$')

# Who may say what.
MAY_SAY = {
    "subscribe": {"ws"}, "read": {"ws"}, "resume": {"ws", "cli"}, "release": {"ws", "cli"},
    "publish": {"fcgi", "cli"}, "call": set(ROLES), "used": {"ws", "fcgi"},
    "stats": {"ws", "fcgi", "agent"}, "ready": {"agent"}, "kept": {"agent"},
    "report": {"agent"},
}

# What REST offers: a FastCGI worker asks for it with a credential (without one it is told so), the
# command line without.
OF_REST = """
    auth.login auth.logout auth.me auth.logins auth.logins.end auth.logins.endAll auth.password
    keys.list keys.create keys.delete sessions.list sessions.create
    sessions.get sessions.update sessions.delete sessions.abort messages.list messages.create
    messages.delete permissions.listOfTeam permissions.listOfSession permissions.request
    permissions.answer rules.list rules.delete channels.history specs.list specs.get specs.put
    specs.delete agents.list agents.get agents.put agents.delete workspaces.list workspaces.create
    workspaces.get workspaces.update workspaces.delete config.get config.update theme.get
    theme.replace status.ready status.metrics users.list users.create users.delete
""".split()
MAY_ASK = {operation: ({"fcgi"}, {"fcgi", "cli"}) for operation in OF_REST}
MAY_ASK["permissions.request"][1].add("agent")
MAY_ASK["permissions.answer"][0].add("ws")
MAY_ASK["status.ready"][1].add("ws")
MAY_ASK["messages.transcript"] = (set(), {"agent"})
for operation in ("teams.list", "teams.create", "users.password", "users.installation"):
    MAY_ASK[operation] = (set(), {"cli"})

# A call that each role may make, to see whether it is still there.
SIGN_OF_LIFE = {
    role: {"type": "call", "request": 99, "operation": "status.ready", "parameters": {}}
    for role in ("cli", "ws", "fcgi")}
SIGN_OF_LIFE["agent"] = {
    "type": "call", "request": 99, "operation": "messages.transcript",
    "parameters": {"sessionId": "none", "generation": 1}}


@pytest.fixture(scope="module")
def product():
    from support.product import Product
    made = Product()
    try:
        yield made.start()
    finally:
        made.stop()
        made.remove()


@pytest.fixture(scope="module")
def credential(product):
    made = product.cli_json(
        "keys", "create", "--team", product.ready["teamId"], "--scopes", "publish")
    return made["id"]


def frame(kind, credential):
    place = {"channel": "team:t", "epoch": "e", "offset": 0}
    return {
        "subscribe": {"request": 1, "credential": credential, "channel": "team:t"},
        "read": {"request": 1, "credential": credential, **place},
        "resume": {"request": 1, "team": "t", **place},
        "release": {"channel": "team:t"},
        "publish": {"request": 1, "events": [{
            "channel": "session:s", "eventId": "e", "idempotent": False, "time": 1,
            "session": "complete", "fields": {}}]},
        "call": SIGN_OF_LIFE["cli"], "used": {"credentials": [credential]},
        "stats": {"metrics": {"process": "stranger", "samples": []}},
        "ready": {"capacity": 0, "leases": []}, "kept": {"sessions": ["s"]},
        "report": {"request": 1, "session": "s", "generation": 1, "number": 1, "events": [],
                   "transcript": []},
    }[kind] | {"type": kind}


def told(capsys, what, wrong, cells):
    with capsys.disabled():
        print(f"\n{what}: {cells} cells, {len(wrong)} wrong")
    assert not wrong


def test_every_frame_at_every_door(product, credential, capsys):
    assert set(MAY_SAY) == set(KINDS), "a kind of frame without a rule, or a rule without a frame"
    wrong, cells = [], 0
    for door in DOORS:
        for role in ROLES:
            for kind in KINDS:
                sent = SIGN_OF_LIFE[role] if kind == "call" else frame(kind, credential)
                with Peer.at(product, role, door) as peer:
                    is_known = peer.is_greeted()
                    peer.say(sent)
                    peer.say(SIGN_OF_LIFE[role])
                    is_taken = peer.answer_to(99) is not None
                cells += 1
                belongs = DOOR_OF[role] == door
                if (is_known, is_taken) != (belongs, belongs and role in MAY_SAY[kind]):
                    wrong.append((door, role, kind, is_known, is_taken))
    told(capsys, "frames × roles × doors", wrong, cells)


def test_every_operation_at_every_door(product, credential, capsys):
    assert set(MAY_ASK) == set(OPERATIONS), "an operation without a rule, or the other way round"
    wrong, cells = [], 0
    for role in ROLES:
        for operation in OPERATIONS:
            for given, roles in zip((credential, None), MAY_ASK[operation]):
                sent = {"type": "call", "request": 1, "operation": operation, "parameters": {}}
                if given:
                    sent["credential"] = given
                with Peer.at(product, role) as peer:
                    peer.say(sent)
                    answer = peer.answer_to(1)
                cells += 1
                if (answer is not None) != (role in roles):
                    wrong.append((role, operation, bool(given), answer))
    told(capsys, "operations × roles × credential", wrong, cells)


def test_nothing_is_told_to_agents_but_their_runs(product):
    with Peer.at(product, "agent") as peer:
        peer.say(frame("ready", None))
        product.cli_json("keys", "create", "--team", product.ready["teamId"], "--scopes", "publish")
        product.theme_file.write_text('{"name": "new"}')
        peer.say(SIGN_OF_LIFE["agent"])
        peer.answer_to(99)
        assert {header["type"] for header in peer.heard} <= {"welcome", "refused"}, peer.heard


# The uid of a process, as its tools would have it after they broke out.

def agents_ids(product):
    status = Path(f"/proc/{product.pid('agent')}/status").read_text()
    uid, gid = (int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1]) for name in ("Uid", "Gid"))
    groups = [int(one) for one in re.search(r"^Groups:(.*)$", status, re.M)[1].split()]
    return uid, gid, groups


def as_user(ids, body):
    """What `body()` returns in a process of that user."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            uid, gid, groups = ids
            if os.geteuid() == 0:
                os.setgroups(groups)
                os.setgid(gid)
                os.setuid(uid)
            os.write(writing, json.dumps(body()).encode())
        except BaseException as error:  # the parent tells it
            os.write(writing, json.dumps(f"child failed: {error!r}").encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text)


def attempt(path, role, header):
    """What the hub makes of a stranger who says this, from the current process's user."""
    try:
        raw = Raw.unix(path, within=5)
    except OSError as error:
        return type(error).__name__
    with raw:
        raw.try_send(message(hello(role)) + message(header))
        peer = Peer(raw)
        try:
            answer = peer.answer_to(header["request"])
        except TimeoutError:
            return "nothing"
        return answer["type"] if answer else "closed"


@pytest.mark.usefixtures("root")
def test_the_agent_workers_user_makes_itself_no_key_at_any_door(product, capsys):
    """An escape's first step: a key with every scope, of whichever team."""
    ids = agents_ids(product)
    assert ids[0] != 0 and ids[2] == [], f"the agent worker is {ids}"
    wanted = {"type": "call", "request": 7, "operation": "keys.create", "parameters": {
        "teamId": product.ready["teamId"], "name": "mine",
        "scopes": ["publish", "sessions:read", "sessions:write", "admin"]}}
    wrong, cells = [], 0
    for door, path in [(door, product.ready["sockets"][door]) for door in DOORS]:
        for role in ROLES:
            outcome = as_user(ids, lambda: attempt(path, role, wanted))
            cells += 1
            if outcome != ("closed" if door == "agents" else "PermissionError"):
                wrong.append((door, role, outcome))
    told(capsys, "keys.create from the agents' uid", wrong, cells)
    keys = product.cli_json("keys", "list", "--team", product.ready["teamId"])
    assert "mine" not in json.dumps(keys)


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("who", ["agent", "somebody", "root"])
def test_each_door_knows_its_users_also_where_the_files_are_open_to_all(own_product, who):
    """The kernel's word holds without the modes, and the modes without the kernel's word."""
    product = own_product()
    ids = {"agent": agents_ids(product), "somebody": (65524, 65524, []), "root": (0, 0, [])}[who]
    welcome = {"agent": {"agents"}, "somebody": set(), "root": {"hub", "workers"}}[who]
    for door in DOORS:
        path = Path(product.ready["sockets"][door])
        modes = [stat.S_IMODE(place.stat().st_mode) for place in (path.parent, path)]
        assert modes == ([0o2710, 0o660] if door == "agents" else [0o700, 0o600])
        role = next(role for role in ROLES if DOOR_OF[role] == door)
        if who == "somebody":
            assert as_user(ids, lambda: attempt(path, role, SIGN_OF_LIFE[role])) \
                == "PermissionError"
        path.parent.chmod(0o777)
        path.chmod(0o666)
        outcome = as_user(ids, lambda: attempt(path, role, SIGN_OF_LIFE[role]))
        assert (outcome in ("result", "refused")) == (door in welcome), (door, outcome)


@pytest.mark.usefixtures("root")
def test_the_agent_workers_user_reads_nothing_of_the_state(product, capsys):
    own = product.state / "data/agent"
    files = [path for path in product.state.rglob("*") if not path.is_relative_to(own)]
    names = {path.name for path in files}
    assert {"switchboard.db", "first-login.json", "privkey.pem", "access.log"} <= names

    def readable():
        found = []
        for path in [product.state, *files]:
            try:
                if path.is_dir():
                    os.listdir(path)
                elif not path.is_socket():
                    path.open("rb").close()
                else:
                    continue
                found.append(str(path))
            except OSError:
                continue
        return found

    told(capsys, "files and folders of the state",
         as_user(agents_ids(product), readable), len(files) + 1)


@pytest.mark.usefixtures("root")
def test_a_process_of_the_same_user_cannot_look_into_the_worker(product):
    """Its environment holds the model's key, its descriptors the link to the hub."""
    pid = product.pid("agent")

    def looks():
        found = []
        for name in ("environ", "mem", "maps", "fd"):
            try:
                place = Path(f"/proc/{pid}/{name}")
                os.listdir(place) if name == "fd" else place.open("rb").read(1)
                found.append(name)
            except OSError:
                continue
        return found

    assert as_user(agents_ids(product), looks) == []


@pytest.mark.usefixtures("root")
def test_what_is_below_the_agent_worker_is_that_users(talk, product):
    from support.conversation import bash
    session = talk()
    session.say(bash("sleep 4711"))
    session.expect("tool_start")
    uid = agents_ids(session.product)[0]
    below = eventually(
        lambda: children(session.product.pid("agent")), 20, what="a process of the tool")
    for pid in below:
        assert os.stat(f"/proc/{pid}").st_uid in (uid, 0) and \
            re.search(rf"^Uid:\s+{uid}\s", Path(f"/proc/{pid}/status").read_text(), re.M)
    session.abort()
    session.ended()


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("mode, above, own, lacking", [
    ("allow-all", 0o700, 0o777, "may not enter"), ("safe", 0o700, 0o777, "may not enter"),
    ("allow-all", 0o755, 0o755, "may not write"), ("safe", 0o755, 0o700, "may not enter"),
    ("safe", 0o755, 0o711, "may not read")])
def test_a_workspace_that_the_user_cannot_use_says_who_needs_what(
        team, tmp_path, mode, above, own, lacking):
    from support.conversation import Conversation
    folder = tmp_path / "above/work"
    folder.mkdir(parents=True)
    folder.chmod(own)
    folder.parent.chmod(above)
    run = Conversation(team, folder, mode).run("Hello")
    assert run.reason == "error"
    said = run.only("error")["error"]
    assert lacking in said and str(agent_user.ids()[0]) in said and str(folder) in said, said
    assert "setfacl" in said or "chown" in said, said


def test_a_door_takes_so_many_and_the_others_stay_open(product):
    """Whoever is behind one door cannot take the descriptors that the others need."""
    taken = []
    try:
        for _ in range(520):
            raw = dial(product, "workers")
            taken.append(raw)
            raw.try_send(message(hello("ws")))
            if not Peer(raw).is_greeted():
                break
        assert 500 < len(taken) < 513, len(taken)
        for role in ("cli", "agent"):
            with Peer.at(product, role) as peer:
                assert peer.is_greeted()
    finally:
        for raw in taken:
            raw.close()
    with product.api() as api:
        assert 'limit="ipc.maximumPeersPerDoor"} 1' in api.request("GET", "/metrics").text


def test_one_process_has_one_link_at_the_agents_door(product):
    with Peer.at(product, "agent") as old:
        assert old.is_greeted()
        with Peer.at(product, "agent") as new:
            assert new.is_greeted()
            assert old.hear() is None
            new.say(SIGN_OF_LIFE["agent"])
            assert new.answer_to(99)["type"] == "refused"
