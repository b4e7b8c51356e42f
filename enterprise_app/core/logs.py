"""Structured logs: lines carry request and tenant, secrets are masked, the standard library's loggers join in."""

import logging
import logging.config
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from uuid import UUID

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

MASK = "[masked]"
# A key is secret when one of its words is, e.g. `db_password`, `X-API-Key`, `accessToken`.
SECRET_KEY = re.compile(r"(?i)passw(or)?d|secret|token|authorization|cookie|api[-_]?key|private[-_]?key|credential")
SECRET_VALUE = re.compile(
    r"\b(?P<credential>at[rtw]_)[A-Za-z0-9_\-]{6,}"
    r"|(?P<scheme>\b(?:[Bb]earer|[Bb]asic)\s+)[A-Za-z0-9._~+/=\-]{6,}"
    r"|(?P<login>\b[a-z][a-z0-9+.\-]*://[^\s:/@]*:)[^\s@]+(?=@)"
)
MAX_DEPTH = 6
NOISY = {"httpx": "WARNING", "httpcore": "WARNING", "asyncio": "WARNING", "alembic": "WARNING", "watchfiles": "WARNING",
         # below ERROR they write what people type into pages, passwords included
         "engineio": "ERROR", "engineio.server": "ERROR", "socketio": "ERROR", "socketio.server": "ERROR"}  # fmt: skip
ROUTED = ("uvicorn", "uvicorn.error", "uvicorn.access", "granian", "granian.access", "_granian", "sqlalchemy", "dbos",
          "reflex", "fastapi", "engineio", "socketio", "_granian.workers", "_granian.asgi")  # fmt: skip


class LogSettings(Protocol):
    """What logging needs to know of the settings."""

    @property
    def log_level(self) -> str: ...
    @property
    def log_format(self) -> str: ...


class StandardError(logging.Handler):
    """Writes to whatever is standard error at that moment (StreamHandler keeps the one that it was made with)."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


def configure(settings: LogSettings, *, process: str) -> None:
    """Set up logging of this process once, at its start; `process` is e.g. `web` or `worker`."""
    shared = _shared_processors()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.raiseExceptions = False  # a log line that can't be written must not print its raw values instead
    logging.config.dictConfig(logging_config(settings))
    structlog.contextvars.bind_contextvars(process=process)


def logging_config(settings: LogSettings) -> dict[str, Any]:
    """The standard library's configuration, also for servers that insist on setting up logging themselves."""
    level = settings.log_level.upper()
    handlers = {"stderr": {"()": StandardError, "formatter": "atrium"}}
    routed = {name: {"handlers": [], "propagate": True} for name in ROUTED}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"atrium": {"()": formatter, "log_format": settings.log_format}},
        "handlers": handlers,
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {**routed, **{name: {"level": quiet} for name, quiet in NOISY.items()}},
    }


def formatter(log_format: str) -> logging.Formatter:
    """Renders both structlog's and the standard library's records; masks last, so that nothing slips past."""
    render: Processor = structlog.processors.JSONRenderer()
    errors: list[Processor] = [structlog.processors.format_exc_info]
    if log_format != "json":
        plain = structlog.dev.plain_traceback
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared_processors(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *errors, mask_secrets, render],
    )


@contextmanager
def bound(request_id: str | None = None, tenant_id: UUID | str | None = None, **more: Any) -> Iterator[None]:
    """Every line logged inside carries these; used once per request, delivery and job."""
    values = {"request_id": request_id, "tenant_id": str(tenant_id) if tenant_id else None, **more}
    with structlog.contextvars.bound_contextvars(**{key: value for key, value in values.items() if value is not None}):
        yield


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: `log = get_logger(__name__)`, then `log.info("campaign.created", campaign_id=…)`."""
    return structlog.stdlib.get_logger(name)


def mask_secrets(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """The processor: masks values of secret keys and credentials inside any text, however deep."""
    return {key: _masked(key, value, 0) for key, value in event_dict.items()}


def mask_text(text: str) -> str:
    """A text without API keys, access tokens, write keys, bearer tokens and passwords in URLs."""
    return SECRET_VALUE.sub(_keep_prefix, text)


def _masked(key: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if SECRET_KEY.search(key):
        return MASK
    if isinstance(value, str):
        return mask_text(value)
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        return {str(k): _masked(str(k), v, depth + 1) for k, v in value.items()}
    if depth < MAX_DEPTH and isinstance(value, list | tuple | set | frozenset):
        return [_masked("", item, depth + 1) for item in value]
    return mask_text(str(value))


def _keep_prefix(match: re.Match[str]) -> str:
    prefix = next((part for part in match.groups() if part), "")
    return f"{prefix}{MASK}"


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
