"""Runs in the machine: publishes numbered events until it is told to stop, each until it is acknowledged.

traffic.py URL KEY CHANNEL: a number a line once it is acknowledged.
"""

import itertools
import json
import signal
import sys
import urllib.error
import urllib.request

url, key, channel = sys.argv[1:]
is_told_to_stop = False


def stop(*_):
    global is_told_to_stop
    is_told_to_stop = True


signal.signal(signal.SIGTERM, stop)
for number in itertools.count(1):
    event = {"channel": channel, "type": "log_entry", "payload": {"number": number},
             "eventId": f"number-{number}"}
    request = urllib.request.Request(
        f"{url}/api/publish", json.dumps(event).encode(),
        {"x-api-key": key, "content-type": "application/json"})
    while True:
        try:
            urllib.request.urlopen(request, timeout=10).read()
            break
        except urllib.error.HTTPError as refused:
            # A worker on its way out or in; anything else is a defect.
            if refused.code not in (502, 503, 504):
                raise
        except OSError:
            pass
    print(number, flush=True)
    if is_told_to_stop:
        break
