"""What is logged carries request and tenant, and never a secret."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from enterprise_app.core import logs
from enterprise_app.core.settings import load_settings


@pytest.fixture
def production() -> Iterator[None]:
    """Logging set up as in production; afterwards as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(load_settings(Path("/nowhere"), {"ATRIUM_LOG_FORMAT": "json"}), process="web")
    yield
    logging.raiseExceptions = True
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def written(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    """The lines that were written so far."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.usefixtures("production")
def test_lines_carry_request_and_tenant(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.bound(request_id="r-1", tenant_id="t-1"):
        logs.get_logger("a").info("campaign.created", campaign_id=7)
        logging.getLogger("granian").warning("slow %s", "start")
    logs.get_logger("a").info("later")
    first, second, third = written(capsys)
    assert (first["request_id"], first["tenant_id"], first["campaign_id"], first["process"]) == ("r-1", "t-1", 7, "web")
    assert (second["event"], second["request_id"], second["logger"]) == ("slow start", "r-1", "granian")
    assert "request_id" not in third


@pytest.mark.usefixtures("production")
def test_secrets_are_masked_wherever_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    log = logs.get_logger("a")
    log.info(
        "tried atr_SecretSecret1",
        password="geheim1",
        nested={"Authorization": "geheim2", "list": ["att_geheim3geheim"]},
    )
    logging.getLogger("dbos").error("connect postgresql://u:geheim4@h/db as %s", "atw_geheim5geheim")
    logging.getLogger("x").error("header", extra={"cookie": "geheim6", "line": "Bearer geheim7geheim"})
    try:
        raise RuntimeError("atr_geheim8geheim8")
    except RuntimeError:
        log.exception("failed")
    text = capsys.readouterr().err
    assert "geheim" not in text
    assert "SecretSecret" not in text
    assert text.count(logs.MASK) >= 8


@pytest.mark.parametrize("text", ["atrium started", "status 200", "the attribute att_x", "https://h:8000/path"])
def test_ordinary_words_stay(text: str) -> None:
    assert logs.mask_text(text) == text
