"""A real server process of the API over a database of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from enterprise_app.core.db_urls import DatabaseUrls
from tests.conftest import SECRET_KEY, _clone, _drop

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def served_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's data folder."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def served(postgres: DatabaseUrls, served_data: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The server's address, reached under the platform's own host name. A module's LIMITS override its plans."""
    urls = _clone(postgres, f"atrium_{uuid4().hex[:12]}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "TEST_ADMIN": urls.direct_admin,
        "TEST_SECRET": SECRET_KEY,
        "TEST_DATABASE": urls.database,
        "ATRIUM_DATA_DIR": str(served_data),
        "ATRIUM_SECRET_KEY": SECRET_KEY,
        "ATRIUM_PORT": str(port),
        "TEST_LIMITS": json.dumps(getattr(request.module, "LIMITS", {})),
    }
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--log-level", "warning", "tests.api.server:make"]
    process = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT)
    try:
        _wait_for(process, port)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(20)
        _drop(postgres, urls.database)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server stopped at once"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers on port {port}")
