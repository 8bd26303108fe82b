"""`switchboard dev`: its ready file, and the mistakes with which it refuses to start."""

import pytest

from support.client import Client
from loopback import free_port
from support.product import EVERY_SCOPE, Product


@pytest.mark.parametrize("config, words", [
    ({"webSocket": {"heartbeatIntervallMs": 5}},
     ["webSocket.heartbeatIntervallMs", "did you mean webSocket.heartbeatIntervalMs"]),
    ({"webSocket": {"heartbeatIntervalMs": "soon"}},
     ["webSocket.heartbeatIntervalMs", "soon", "100", "300000"]),
    ({"webSocket": {"heartbeatIntervalMs": 1}},
     ["webSocket.heartbeatIntervalMs", "1", "100", "300000"]),
    ({"websocket": {}}, ["websocket", "webSocket"]),
    ({"webSocket": {"heartbeatIntervalMs": 20000, "heartbeatTimeoutMs": 10000}},
     ["webSocket.heartbeatTimeoutMs", "larger"]),
    ({"hub": {"historyCount": 0}, "fastCGI": {"threads": 100000}},
     ["hub.historyCount", "fastCGI.threads"])])
def test_a_mistake_in_config_json_refuses_the_start_with_every_problem(own_product, config, words):
    """Key, value and allowed range, all problems at once, exit code 1 or 2."""
    with pytest.raises(RuntimeError) as failed:
        own_product(config=config)
    text = str(failed.value)
    for word in words:
        assert word in text, text


@pytest.mark.parametrize("name, value", [
    ("WS_HEARTBEAT_INTERVAL_MS", "abc"), ("WS_HEARTBEAT_TIMEOUT_MS", "100"), ("FCGI_THREADS", "-1"),
    ("WS_MAX_FRAME_BYTES", "99999999999999999999")])
def test_a_mistake_in_the_environment_refuses_the_start(own_product, name, value):
    with pytest.raises(RuntimeError) as failed:
        own_product(env={name: value})
    assert name in str(failed.value) or "heartbeatTimeoutMs" in str(failed.value)


@pytest.mark.parametrize("text", ["{", "[]", "", "\u0000", '{"hub": {}, "hub": {}}', "{" * 5000])
def test_a_config_json_that_is_no_json_refuses_the_start(text):
    product = Product()
    product.config_file.parent.mkdir(mode=0o700, parents=True)
    product.config_file.write_text(text)
    try:
        with pytest.raises(RuntimeError) as failed:
            product.start()
        assert "config.json" in str(failed.value)
    finally:
        product.stop()
        product.remove()


# dev

def test_the_ready_file_is_as_promised(product):
    ready = product.ready
    assert set(ready) == {"url", "ws", "caFile", "teamId", "apiKey", "login", "sockets", "pids"}
    assert ready["ws"].startswith("wss://") and ready["ws"].endswith("/ws")
    assert set(ready["login"]) == {"user", "password"}
    assert set(ready["sockets"]) == {"hub", "workers", "agents", "fcgi", "ws"}
    assert len(ready["sockets"]["ws"]) == 2
    assert set(ready["pids"]) >= {"nginx", "hub", "fcgi", "ws"} and len(ready["pids"]["ws"]) == 2
    assert oct(product.ready_file.stat().st_mode & 0o077) == "0o0", "others may read the key"
    with product.api() as api:
        me = api.get("/api/auth/me")
    assert me["teamId"] == ready["teamId"]
    assert sorted(me["scopes"]) == sorted(EVERY_SCOPE.split(","))
    with Client(product, ready["apiKey"], tcp=product.ws_tcp) as client:
        assert client.until_pong() == []


def test_a_port_in_use_is_said_and_exit_1(product):
    code, out, err = product.cli(
        "dev", "--state", str(product.root / "second"), "--port", str(product.port), state=False,
        within=40)
    assert code == 1
    assert str(product.port) in out + err


def test_a_state_directory_in_use_is_said_and_exit_1(product):
    code, out, err = product.cli(
        "dev", "--state", str(product.state), "--port", str(free_port()), state=False, within=40)
    assert code == 1
    assert str(product.state) in out + err
