"""What people type into pages never reaches a log: socket.io would write every packet at INFO."""

import pytest

from enterprise_app.core.logs import logging_config
from enterprise_app.core.settings import load_settings


@pytest.mark.parametrize("name", ["engineio", "engineio.server", "socketio", "socketio.server"])
def test_packets_are_not_logged(name: str):
    loggers = logging_config(load_settings())["loggers"]
    assert loggers[name]["level"] in ("ERROR", "CRITICAL")
