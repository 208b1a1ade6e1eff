"""Serving: one web process, with the worker in it where the database is embedded."""

import asyncio
import signal
import socket
from types import FrameType

import uvicorn

from bot.front import Front, Rest, Served
from bot.log import log
from bot.post.webhooks import Webhooks
from bot.settings import Settings, WrongSetting
from bot.wiring import Alone, early, keeping, world
from models.base import know_all

GRACE = 5  # seconds for requests under way at the end; sends get their own after, 25 in all


def web(settings: Settings, *, host: str, port: int, descriptor: int | None = None) -> None:
    """Serve until told to stop. Refuses a port that is taken, a second process on SQLite.

    `descriptor` is a listening socket that whoever started us opened, for several of us to share.
    """
    embedded = settings.url.startswith("sqlite")
    alone = Alone(settings.data_dir) if embedded else None
    try:
        here = early(settings)

        def load(webhooks: Webhooks) -> Rest:
            from bot.app import App  # noqa: PLC0415 - this is what takes so long

            know_all()
            return App(here, works=embedded, webhooks=webhooks)

        front = Front(Webhooks(here), load)
        listen(front, host=host, port=port, descriptor=descriptor)
        if front.failed is not None:
            raise front.failed
    finally:
        if alone is not None:
            alone.release()


def keep(settings: Settings, *, host: str, port: int) -> None:
    """Only keep what Twilio brings, until told to stop, whatever becomes of the database."""
    from bot.fallback import Fallback  # noqa: PLC0415 - `serve` starts without it

    listen(Fallback(keeping(settings)), host=host, port=port)


class _Server(uvicorn.Server):
    """Uvicorn, which lets live streams go before it waits for what is under way."""

    def __init__(self, config: uvicorn.Config, app: Served) -> None:
        super().__init__(config)
        self._app = app
        if isinstance(app, Front):
            app.end = self.end

    def end(self) -> None:
        """Stop as if told to."""
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end."""
        self._app.leave()
        super().handle_exit(sig, frame)


def listen(app: Served, *, host: str, port: int, descriptor: int | None = None) -> None:
    """Run the server on one port, or on a socket that is open already."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        server_header=False,
        proxy_headers=False,
    )
    shared = descriptor is not None
    listener = socket.socket(fileno=descriptor) if shared else open_port(host, port)
    _Server(config, app).run([listener])


def open_port(host: str, port: int) -> socket.socket:
    """Take a port. Raises `WrongSetting` where it cannot be had."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        listener.close()
        raise WrongSetting(
            f"Port {port} on {host} cannot be used ({problem.strerror}). "
            "Give another one with --port."
        ) from None
    return listener


async def work(settings: Settings) -> None:
    """Work without serving, until told to stop, beside web processes on PostgreSQL."""
    if settings.url.startswith("sqlite"):
        raise WrongSetting(
            "On SQLite, `serve` does the worker's work too. Set DATABASE_URL to a PostgreSQL "
            "database to run workers of their own."
        )
    from bot import gauges  # noqa: PLC0415 - `serve` starts without it
    from bot.worker import Worker  # noqa: PLC0415 - the same

    here = world(settings)
    here.files.prepare()
    here.bell.works = True
    await here.bell.start()
    worker = Worker(here)
    await worker.start()
    shown = None
    if settings.metrics_port:
        shown = gauges.serve(gauges.Gauges(here), settings.metrics_host, settings.metrics_port)
    log.info("worker.started")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
    await worker.stop()
    if shown is not None:
        await asyncio.to_thread(shown)
    await here.bell.stop()
    for channel in here.channels.values():
        await channel.close()
    here.db.close()
