"""REST through nginx over verified TLS, with assertions on the contract's forms."""

import re

import httpx

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


class Api:
    """A caller of the API: an API key, a login cookie with the product's own Origin, or nobody."""

    def __init__(self, product, key=None, cookie=None, origin=None, timeout=15.0, headers=None):
        sent = dict(headers or {})
        if key is not None:
            sent["x-api-key"] = key
        if cookie is not None:
            sent["cookie"] = f"__Host-switchboard.sid={cookie}"
            sent["origin"] = origin or product.url
        self.http = httpx.Client(
            base_url=product.url, verify=product.tls, headers=sent, timeout=timeout,
            trust_env=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.http.close()

    def request(self, method, path, **more):
        return self.http.request(method, path, **more)

    def try_status(self, method, path, **more):
        """The status, or None where there was no answer at all."""
        try:
            return self.request(method, path, **more).status_code
        except httpx.HTTPError:
            return None

    def call(self, method, path, body=None, status=None, **more):
        """One call that has to succeed (`status`, else any 2xx); returns the parsed body."""
        if body is not None:
            more["json"] = body
        answer = self.request(method, path, **more)
        fine = answer.status_code == status if status else answer.is_success
        assert fine, f"{method} {path} → {answer.status_code} {answer.text[:600]}"
        return answer.json() if answer.content else None

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, {} if body is None else body, **more)

    def patch(self, path, body, **more):
        return self.call("PATCH", path, body, **more)

    def put(self, path, body, **more):
        return self.call("PUT", path, body, **more)

    def delete(self, path, **more):
        return self.call("DELETE", path, **more)

    def refused(self, method, path, status, code=None, body=None, **more):
        """One call that has to be refused with `status` (and `code`); returns the error object."""
        if body is not None:
            more["json"] = body
        answer = self.request(method, path, **more)
        assert answer.status_code == status, (
            f"{method} {path} → {answer.status_code} {answer.text[:600]}, expected {status}")
        return check_error(answer.json(), dict(answer.headers), code)

    def publish(self, channel, type, payload=None, **more):
        """Publish one event; returns its result {channel, epoch, offset, eventId, duplicate}."""
        event = {"channel": channel, "type": type, **more}
        if payload is not None:
            event["payload"] = payload
        results = self.post("/api/publish", event)["results"]
        assert len(results) == 1
        return results[0]

    def history(self, channel, since=0):
        """Every publication of `channel` after `since`, over as many pages as it takes."""
        found, cursor = [], None
        while True:
            parameters = {"since": since, "limit": 200}
            if cursor:
                parameters = {"cursor": cursor, "limit": 200}
            page = self.get(f"/api/channels/{channel}/history", params=parameters)
            found += page["items"]
            cursor = page.get("nextCursor")
            if not cursor:
                return found


def check_error(body, headers, code=None):
    """The one form of an error: {"error": {code, message, requestId, details?}}, echoed id."""
    assert set(body) == {"error"}, body
    error = body["error"]
    assert set(error) <= {"code", "message", "requestId", "details"}, error
    assert isinstance(error["message"], str) and error["message"], error
    assert REQUEST_ID.match(error["requestId"]), error
    names = {name.lower(): value for name, value in headers.items()}
    assert names.get("x-request-id") == error["requestId"], (names, error)
    if code is not None:
        assert error["code"] == code, error
    return error
