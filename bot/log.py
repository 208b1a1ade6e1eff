"""The log: what happened, by ids. Names, numbers, words and places stay out of it."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "error",
        "outbox",
        "inbox",
        "lane",
        "person",
        "case",
        "evidence",
        "conversation",
        "channel",
        "state",
        "code",
        "count",
        "seconds",
        "path",
        "status",
        "port",
        "url",
        "version",
        "name",
        "attempt",
        "process",
    }
)
"""The keys that may be logged. A list of what is allowed cannot forget what is not."""

_SECRET = re.compile(
    r"\+?\d[\d\s().-]{6,}\d"  # telephone numbers and other long digits
    r"|bot\d+:[\w-]+"  # Telegram's token, also inside an address
    r"|\b(?:AC|SM|MM|ME)[0-9a-f]{32}\b"
    r"|[\w.+-]+@[\w-]+\.[\w.]+"
)

log: Any = structlog.get_logger("enlace")


def redact(text: str) -> str:
    """Black out numbers, tokens and addresses in a line that others wrote."""
    return _SECRET.sub("…", text)


def _only_allowed(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in event.items() if key in ALLOWED}


class _Redacted(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Write a library's line without secrets, and without the values in its traceback."""
        record.exc_text = None
        if record.exc_info and record.exc_info[0] is not None:
            record.msg = f"{record.getMessage()} [{record.exc_info[0].__name__}]"
            record.args = ()
            record.exc_info = None
        return redact(super().format(record))


def set_up(level: str = "INFO") -> None:
    """Send our log and every library's to standard error, redacted at the root."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacted("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "aiohttp", "aiogram", "twilio", "alembic", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            _only_allowed,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(sort_keys=True),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
