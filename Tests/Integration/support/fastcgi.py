"""Records of the FastCGI protocol (§3 and §5 of its specification), as nginx would send them."""

import struct

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT = 1, 2, 3, 4, 5, 6


def record(kind, content=b"", request=1, length=None):
    """One record; `length` lies about the size of the content."""
    told = len(content) if length is None else length
    return struct.pack("!BBHHBB", 1, kind, request, told, 0, 0) + content


def begin(keep=False, request=1):
    return record(BEGIN, struct.pack("!HB5x", 1, 1 if keep else 0), request)


def size(count):
    return bytes([count]) if count < 128 else struct.pack("!I", count | 0x80000000)


def parameters(values):
    content = b""
    for name, value in values.items():
        name, value = name.encode(), value.encode()
        content += size(len(name)) + size(len(value)) + name + value
    return content


def request(path, method="GET", body=b"", content_length=None, extra=None):
    """(begin, params, stdin) of a whole request: join them, or cut them anywhere."""
    values = {
        "REQUEST_METHOD": method, "REQUEST_URI": path, "DOCUMENT_URI": path.partition("?")[0],
        "SCRIPT_NAME": path.partition("?")[0], "QUERY_STRING": path.partition("?")[2],
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "localhost",
        "CONTENT_TYPE": "application/json" if body else "",
        "CONTENT_LENGTH": str(len(body) if content_length is None else content_length),
        **(extra or {})}
    params = record(PARAMS, parameters(values)) + record(PARAMS)
    stdin = (record(STDIN, body) if body else b"") + record(STDIN)
    return begin(), params, stdin


def answer(raw):
    """The bytes of FCGI_STDOUT until FCGI_END_REQUEST."""
    out = b""
    while True:
        head = raw.take(8)
        _, kind, _, length, padding, _ = struct.unpack("!BBHHBB", head)
        content = raw.take(length + padding)[:length]
        if kind == STDOUT:
            out += content
        elif kind == END:
            return out
