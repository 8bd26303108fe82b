"""A client's bytes close that client's connection, with a defined code, and nothing more.

Straight to the worker's socket, and through nginx where that makes a difference. The fixture
`bounded` holds the processes' pids and memory to what they were.
"""

import json
import struct

import pytest

from support.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Raw, frame, host_of

pytestmark = pytest.mark.usefixtures("bounded")


@pytest.fixture(params=["unix", "nginx"])
def raw(request, product):
    """An upgraded connection whose `connected` was read."""
    with dial(product, request.param) as opened:
        opened.upgrade(product.ready["apiKey"], host=f"{host_of(product)}:{product.port}")
        assert opened.message()["type"] == "connected"
        yield opened


def dial(product, way="unix"):
    return Raw.unix(product.ready["sockets"]["ws"][0]) if way == "unix" else Raw.tls(product)


def still_works(raw):
    raw.send_json(type="ping", id="alive")
    while True:
        message = raw.message()
        if message.get("id") == "alive":
            return


def text_of(size):
    """A ping command that is `size` bytes long."""
    start = b'{"type":"ping","filler":"'
    return start + b"a" * (size - len(start) - 2) + b'"}'


# Size

def test_a_message_of_16_kib_is_taken(raw):
    raw.send(frame(TEXT, text_of(16 * 1024)))
    assert raw.message()["type"] == "pong"


@pytest.mark.parametrize("size", [16 * 1024 + 1, 17 * 1024, 100_000, 1_000_000])
def test_a_message_over_16_kib_is_1009(raw, size):
    raw.try_send(frame(TEXT, text_of(size)))
    assert raw.close_code() == 1009


@pytest.mark.parametrize("length", [
    1 << 20, 1 << 31, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_an_announced_giant_is_closed_before_it_comes(raw, length):
    raw.try_send(frame(TEXT, b"abc", length=length))
    for _ in range(40):
        if not raw.try_send(b"a" * 1000):
            break
    assert raw.close_code() in (1002, 1009)


def test_fragments_that_add_up_to_too_much_are_1009(raw):
    raw.send(frame(TEXT, b'{"filler":"', fin=False))
    for _ in range(20):
        if not raw.try_send(frame(CONTINUATION, b"a" * 1000, fin=False)):
            break
    raw.try_send(frame(CONTINUATION, b'"}'))
    assert raw.close_code() == 1009


def test_endless_tiny_fragments_are_bounded(raw):
    raw.send(frame(TEXT, b"a", fin=False))
    piece = frame(CONTINUATION, b"a", fin=False) * 500
    for _ in range(100):
        if not raw.try_send(piece):
            break
    assert raw.close_code() in (1009, 4008, 1002)


def test_endless_empty_fragments_do_not_grow_or_hang_the_worker(raw, product):
    raw.send(frame(TEXT, b"", fin=False))
    piece = frame(CONTINUATION, b"", fin=False) * 1000
    for _ in range(50):
        if not raw.try_send(piece):
            break
    with product.connect() as other:
        assert other.until_pong() == []


# Frames

def test_a_fragmented_command_with_a_ping_between_is_one_command(raw):
    raw.send(frame(TEXT, b'{"type":', fin=False))
    raw.send(frame(PING, b"between"))
    raw.send(frame(CONTINUATION, b'"ping","i', fin=False))
    raw.send(frame(CONTINUATION, b'd":"whole"}'))
    fin, opcode, payload = raw.frame()
    assert (opcode, payload) == (PONG, b"between")
    assert raw.message()["id"] == "whole"


def test_an_unmasked_frame_is_1002(raw):
    raw.send(frame(TEXT, b'{"type":"ping"}', masked=False))
    assert raw.close_code() in (1002, 1006)


@pytest.mark.parametrize("reserved", [1, 2, 4, 7])
def test_reserved_bits_are_1002(raw, reserved):
    raw.send(frame(TEXT, b'{"type":"ping"}', reserved=reserved))
    assert raw.close_code() in (1002, 1006)


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_an_unknown_opcode_is_1002(raw, opcode):
    raw.send(frame(opcode, b"x"))
    assert raw.close_code() in (1002, 1006)


@pytest.mark.parametrize("data", [
    frame(PING, b"a" * 126), frame(PING, b"a", fin=False), frame(CLOSE, b"a" * 130),
    frame(CONTINUATION, b"a"), frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
    frame(TEXT, b"a", fin=False) + frame(BINARY, b"b")],
    ids=["long ping", "fragmented ping", "long close", "lone continuation", "text in text",
         "binary in text"])
def test_frames_out_of_turn_are_1002(raw, data):
    raw.send(data)
    assert raw.close_code() in (1002, 1006)


@pytest.mark.parametrize("data", [
    b"\xff", b"\xc3\x28", b"\xe2\x28\xa1", b"\xf0\x28\x8c\xbc", b"\xed\xa0\x80", b"\xc0\xaf",
    b"\xf8\xa1\xa1\xa1\xa1", b'{"type":"ping","id":"\xff"}', b"\xe2\x82"])
def test_text_that_is_not_utf8_is_1007(raw, data):
    raw.send(frame(TEXT, data))
    assert raw.close_code() == 1007


def test_utf8_cut_by_fragments_is_whole(raw):
    data = json.dumps({"type": "ping", "x": "𝄞é"}, ensure_ascii=False).encode()
    cut = data.index("𝄞".encode()) + 2
    raw.send(frame(TEXT, data[:cut], fin=False) + frame(CONTINUATION, data[cut:]))
    assert raw.message()["type"] == "pong"


@pytest.mark.parametrize("payload", [b"\x03", b"\x00\x00", struct.pack("!H", 999),
                                     struct.pack("!H", 1005), struct.pack("!H", 1006),
                                     struct.pack("!H", 70000 - 65536),
                                     struct.pack("!H", 1000) + b"\xff"])
def test_a_malformed_close_ends_the_connection(raw, payload):
    raw.try_send(frame(CLOSE, payload))
    raw.close_code()


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_a_clients_close_is_answered(raw, code):
    raw.send(frame(CLOSE, struct.pack("!H", code) + b"bye"))
    assert raw.close_code() in (code, 1000, 1005)
    raw.until_closed()


def test_a_close_in_the_middle_of_a_fragmented_message(raw):
    raw.send(frame(TEXT, b"a", fin=False) + frame(CLOSE, struct.pack("!H", 1000)))
    raw.close_code()
    raw.until_closed()


def test_frames_behind_a_close_are_not_answered(raw):
    raw.send(frame(CLOSE, struct.pack("!H", 1000)) + frame(TEXT, b'{"type":"ping"}') * 20)
    raw.close_code()


def test_frames_byte_by_byte_are_frames(raw):
    for byte in frame(TEXT, b'{"type":"ping","id":"slow"}'):
        raw.send(bytes([byte]))
    assert raw.message()["id"] == "slow"


# JSON

@pytest.mark.parametrize("text", [
    b"[" * 8000, b'{"a":' * 3000, b"[" * 8000 + b"]" * 8000,
    b'{"type":"ping","a":' + b"[" * 70 + b"]" * 70 + b"}",
    b'{"type":"ping","type":"ping"}', b'{"type":"ping","a":1,"a":2}',
    b'{"type":"ping","id":"\\ud800"}',
    b'{"type":"ping","a":1e999}', b'{"type":"ping","a":' + b"9" * 5000 + b"}",
    b'{"type":"ping","a":-' + b"9" * 5000 + b".5}", b'\xef\xbb\xbf{"type":"ping"}',
    b'{"type":"ping"}\x00', b'{"type":"ping",}', b'{"type":"p\x01ng"}', b'"' + b"\\" * 999],
    ids=["deep arrays", "deep objects", "balanced arrays", "70 deep", "twice the type",
         "twice a key", "lone surrogate", "overflow", "huge integer", "huge fraction", "bom",
         "nul behind", "comma", "control character", "backslashes"])
def test_json_that_means_harm_is_an_error_and_the_connection_stays(raw, text):
    raw.send(frame(TEXT, text))
    answer = raw.message()
    assert answer["type"] == "error", answer
    assert answer["payload"]["code"] in ("INVALID_MESSAGE", "INVALID_COMMAND")
    still_works(raw)


def test_nul_inside_strings_is_data(raw):
    raw.send(frame(TEXT, b'{"type":"ping","id":"a\\u0000b"}'))
    answer = raw.message()
    assert answer["type"] in ("pong", "error")
    still_works(raw)
