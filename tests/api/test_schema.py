"""Schemathesis with all its checks over the API's own document, against the real server with a real owner.

The default run tries a few examples of every operation; `./atrium test --full` (or SCHEMA_EXAMPLES) thousands.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx

CONFIG = Path(__file__).with_name("schemathesis.toml")
PATHS = os.environ.get("SCHEMA_PATHS", "^/(api/)?v1/")
OWNER = {"email": "ada@acme.example", "password": "correct horse battery staple"}
LEAVE_OUT = "/api/v1/(auth/revoke|account/password|sessions)|/sign-out"
"""Operations that end the credential of the run itself."""


FULL = os.environ.get("TEST_FULL") == "1"
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", 30 if FULL else 2))
"""How many generated examples an operation gets, besides those at the edges of its schema."""
CASES = re.compile(r"(\d+) generated")


def owner_token(address: str) -> str:
    """An access token of the owner of a fresh tenant."""
    registration = {"name": "Acme", "slug": "schema-corp", "owner_name": "Ada", **OWNER}
    httpx.post(f"{address}/api/v1/tenants/register", json=registration).raise_for_status()
    answer = httpx.post(f"{address}/api/v1/auth/token", json=OWNER)
    return answer.raise_for_status().json()["access_token"]


def test_the_document_is_kept(served: str, tmp_path: Path) -> None:
    token = owner_token(served)
    schemathesis = str(Path(sys.executable).with_name("schemathesis"))
    command = [schemathesis, "--config-file", str(CONFIG), "run", f"{served}/api/openapi.json"]
    command += ["--checks", "all", "--max-examples", str(EXAMPLES), "--workers", "1", "--seed", "1"]
    command += ["--header", f"Authorization: Bearer {token}", "--include-path-regex", PATHS]
    command += ["--no-color", "--request-timeout", "20", "--generation-with-security-parameters", "false"]
    command += ["--exclude-path-regex", LEAVE_OUT]
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=900)
    still = httpx.get(f"{served}/api/v1/campaigns", headers={"authorization": f"Bearer {token}"})
    assert still.status_code == 200, f"the run lost its own credential: {still.text}"
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    tried = CASES.search(done.stdout)
    assert tried is not None, done.stdout[-2000:]
    assert int(tried[1]) >= (1_000 if FULL else 100), tried[0]


def test_every_operation_is_documented(served: str) -> None:
    document = httpx.get(f"{served}/api/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("x-permission"), (method, path)
            assert operation.get("summary"), (method, path)
    assert len(json.dumps(document)) > 10_000
