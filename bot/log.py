"""The log: what happened, by ids. Names, numbers, words and places stay out of it."""

import importlib
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any


def _plain_structlog() -> Any:
    """Load structlog without rich, which takes longer than all the rest of it.

    It would draw tracebacks in colour, which we never write; and a process that starts keeps
    nothing before it is loaded.
    """
    there = "rich" in sys.modules
    known = sys.modules.get("rich")
    sys.modules["rich"] = None  # type: ignore[assignment]  # as Python marks what is not to be had
    try:
        return importlib.import_module("structlog")
    finally:
        if there:
            sys.modules["rich"] = known  # type: ignore[assignment]  # what it was
        else:
            del sys.modules["rich"]


structlog = _plain_structlog()

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
    r"(?:bot)?\d{5,}:[\w-]{16,}"  # Telegram's token, also inside an address
    r"|(?<=://)[^\s/@]+@"  # a user and a password in an address
    r"|(?<=/[lu]/)[\w-]{16,}"  # what opens a link
    r"|(?i:basic|bearer)\s+[\w+/=.~-]{8,}"
    r"|(?:AC|SM|MM|ME)?[0-9a-fA-F]{32,}"  # keys, tokens, Twilio's ids, hashes
    r"|\+?\d[\d\s().-]{6,}\d"  # telephone numbers and other long digits
    r"|[\w.+-]+@[\w-]+\.[\w.]+"
)

log: Any = structlog.get_logger("enlace")


def redact(text: str) -> str:
    """Black out numbers, tokens and addresses in a line that others wrote."""
    return _SECRET.sub("…", text)


def _only_allowed(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in event.items() if key in ALLOWED}


def _redacted(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


class _Redacted(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Write a library's line without secrets, and without the values in its traceback."""
        try:
            said = record.getMessage()
        except (TypeError, ValueError):
            said = str(record.msg)
        if record.exc_info and record.exc_info[0] is not None:
            said = f"{said} [{record.exc_info[0].__name__}]"
        bare = logging.makeLogRecord(record.__dict__)
        bare.msg, bare.args = redact(said), ()
        bare.exc_info = bare.exc_text = bare.stack_info = None
        return super().format(bare)


def set_up(level: str = "INFO") -> None:
    """Send our log and every library's to standard error, redacted at the root."""
    logging.raiseExceptions = False  # it would print a line that cannot be written, values and all
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacted("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        # A server that ran in this process before set them to its own taste.
        served = logging.getLogger(name)
        served.handlers.clear()
        served.propagate = True
        served.setLevel(logging.NOTSET)
    for noisy in ("httpx", "aiohttp", "aiogram", "twilio", "alembic", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            _only_allowed,
            _redacted,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(sort_keys=True),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
