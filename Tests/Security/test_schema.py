"""Generated requests, valid and not, against the API's own description for a minute: no 5xx, no
status that the description does not name, and nothing accepted that it forbids."""

import subprocess
import sys
from pathlib import Path

SECONDS = 60
CHECKS = ",".join([
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "negative_data_rejection",
    "unsupported_method", "allow_header_conformance"])
# Signing in is limited per address; the WebSocket is no request and answer.
LEFT_OUT = ["/ws", "/api/auth/login"]


def test_generated_requests_meet_the_description_only(own_product, tmp_path, record_property):
    product = own_product()
    excluded = [word for path in LEFT_OUT for word in ("--exclude-path", path)]
    done = subprocess.run(
        [Path(sys.executable).with_name("st"), "run", f"{product.url}/openapi.json",
         "--tls-verify", product.ready["caFile"], "-H", f"x-api-key: {product.ready['apiKey']}",
         "--checks", CHECKS, *excluded, "--phases", "examples,coverage,fuzzing",
         "--max-time", str(SECONDS), "--continue-on-failure", "--warnings", "off", "--no-color",
         "--generation-database", "none", "--seed", "1"],
        cwd=tmp_path, capture_output=True, text=True, timeout=5 * SECONDS)
    lines = done.stdout.splitlines()
    record_property("cells", "schema: " + next(
        (line.strip() for line in lines if "generated" in line), "no cases"))
    failures = done.stdout.partition("= FAILURES =")[2] or done.stdout
    assert done.returncode == 0, failures[:6000] + done.stderr[-2000:]
    product.answers()
