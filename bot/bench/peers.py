"""What ours is measured against: the same webhook as one would write it without all that we keep.

`python -m bot.bench.peers NAME PORT` serves one of them, with our settings in its environment.
"""

import asyncio
import base64
import hmac
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from hashlib import sha1
from typing import Annotated, Any
from urllib.parse import parse_qsl

import uvicorn
from fastapi import Depends, FastAPI, Request, Response

from bot.bench.letters import MESSAGES, UPDATES

TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
INSERT = "INSERT INTO kept (sid, body) VALUES ({0}, {0}) ON CONFLICT DO NOTHING"
TABLE = "CREATE TABLE IF NOT EXISTS kept (sid TEXT PRIMARY KEY, body TEXT)"
CONNECTIONS = 8

Store = Callable[[dict[str, str]], Awaitable[None]]


def checks(request: Request, body: bytes) -> dict[str, str] | None:
    """Read a form and check its signature by hand, as cheaply as Python can."""
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    url = os.environ["PUBLIC_URL"] + request.url.path
    text = url + "".join(name + fields[name] for name in sorted(fields))
    mac = hmac.new(os.environ["TWILIO_AUTH_TOKEN"].encode(), text.encode(), sha1).digest()
    shown = request.headers.get("x-twilio-signature", "")
    return fields if hmac.compare_digest(base64.b64encode(mac).decode(), shown) else None


def lean() -> FastAPI:
    """Check the signature by hand, keep nothing."""

    async def nothing(_fields: dict[str, str]) -> None:
        return

    return _storing(nothing)


def usual() -> FastAPI:
    """Check with Twilio's own validator what FastAPI's own form reader has read, keep nothing."""
    from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # noqa: PLC0415

    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    app = FastAPI()

    @app.post(MESSAGES)
    async def take(request: Request) -> Response:
        form = await request.form()
        shown = request.headers.get("x-twilio-signature", "")
        url = os.environ["PUBLIC_URL"] + request.url.path
        if not validator.validate(url, dict(form), shown):
            return Response(status_code=403)
        return Response(TWIML, media_type="text/xml")

    return app


def write_sqlite() -> FastAPI:
    """One insert and one commit a request, by the one thread that SQLite lets write."""
    pool = ThreadPoolExecutor(1)
    connection = sqlite3.connect(_sqlite_path(), check_same_thread=False)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", TABLE):
        connection.execute(statement)

    def keep(fields: dict[str, str]) -> None:
        connection.execute(INSERT.format("?"), (fields["MessageSid"], fields["Body"]))
        connection.commit()

    async def store(fields: dict[str, str]) -> None:
        await asyncio.get_running_loop().run_in_executor(pool, keep, fields)

    return _storing(store)


def write_postgres() -> FastAPI:
    """One insert and one commit a request, over a handful of connections."""
    from psycopg import AsyncConnection  # noqa: PLC0415 - only this one needs it

    free: asyncio.Queue[AsyncConnection[Any]] = asyncio.Queue()

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        made = [
            await AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True)
            for _ in range(CONNECTIONS)
        ]
        await made[0].execute(TABLE)
        for one in made:
            free.put_nowait(one)
        yield
        for one in made:
            await one.close()

    async def store(fields: dict[str, str]) -> None:
        connection = await free.get()
        try:
            words = (fields["MessageSid"], fields["Body"])
            await connection.execute(INSERT.format("%s").encode(), words, prepare=True)
        finally:
            free.put_nowait(connection)

    return _storing(store, life)


def model() -> FastAPI:
    """One SQLModel session a request, as FastAPI's and SQLModel's own tutorials have it."""
    import sqlalchemy as sa  # noqa: PLC0415 - only this one needs it
    from sqlmodel import Field, Session, SQLModel, create_engine  # noqa: PLC0415 - the same

    class Kept(SQLModel, table=True):
        sid: str = Field(primary_key=True)
        body: str

    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
    embedded = url.startswith("sqlite")
    engine = create_engine(
        url, connect_args={"check_same_thread": False, "timeout": 30} if embedded else {}
    )
    if embedded:

        @sa.event.listens_for(engine, "connect")
        def connected(connection: Any, _record: object) -> None:
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")

    Kept.__table__.create(engine, checkfirst=True)  # type: ignore[attr-defined]
    app = FastAPI()

    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    async def form(request: Request) -> dict[str, str] | None:
        return checks(request, await request.body())

    @app.post(MESSAGES)
    def take(
        fields: Annotated[dict[str, str] | None, Depends(form)],
        s: Annotated[Session, Depends(session)],
    ) -> Response:
        if fields is None:
            return Response(status_code=403)
        s.add(Kept(sid=fields["MessageSid"], body=fields["Body"]))
        s.commit()
        return Response(TWIML, media_type="text/xml")

    return app


def twilio_reply() -> FastAPI:
    """Check with Twilio's validator and reply over Twilio's client, all in memory."""
    from twilio.request_validator import RequestValidator  # noqa: PLC0415 - only this one needs it
    from twilio.rest import Client  # type: ignore[import-untyped]  # noqa: PLC0415 - the same

    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    client = Client(os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"])
    client.api.base_url = os.environ["TWILIO_API_URL"]
    app = FastAPI()

    async def form(request: Request) -> dict[str, str]:
        return {name: str(value) for name, value in (await request.form()).items()}

    @app.post(MESSAGES)
    def take(request: Request, fields: Annotated[dict[str, str], Depends(form)]) -> Response:
        shown = request.headers.get("x-twilio-signature", "")
        url = os.environ["PUBLIC_URL"] + request.url.path
        if not validator.validate(url, fields, shown):
            return Response(status_code=403)
        client.messages.create(to=fields["From"], from_=fields["To"], body=fields["Body"])
        return Response(TWIML, media_type="text/xml")

    return app


async def echo(port: int) -> None:
    """An aiogram bot that sends back what was said, as aiogram's own example has it."""
    from aiogram import Bot, Dispatcher  # noqa: PLC0415 - it takes seconds to load
    from aiogram.client.session.aiohttp import AiohttpSession  # noqa: PLC0415
    from aiogram.client.telegram import TelegramAPIServer  # noqa: PLC0415
    from aiogram.types import Message  # noqa: PLC0415
    from aiogram.webhook.aiohttp_server import SimpleRequestHandler  # noqa: PLC0415
    from aiohttp import web  # noqa: PLC0415

    server = TelegramAPIServer.from_base(os.environ["TELEGRAM_API_URL"])
    bot = Bot(os.environ["TELEGRAM_BOT_TOKEN"], session=AiohttpSession(api=server))
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def answer(message: Message) -> None:
        await message.answer(message.text or "")

    app = web.Application()
    secret = os.environ["TELEGRAM_WEBHOOK_SECRET"]
    SimpleRequestHandler(dispatcher, bot, secret_token=secret).register(app, UPDATES)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


def _storing(store: Store, life: Callable[[FastAPI], Any] | None = None) -> FastAPI:
    app = FastAPI(lifespan=life)

    @app.post(MESSAGES)
    async def take(request: Request) -> Response:
        fields = checks(request, await request.body())
        if fields is None:
            return Response(status_code=403)
        await store(fields)
        return Response(TWIML, media_type="text/xml")

    return app


def _sqlite_path() -> str:
    return os.environ["DATABASE_URL"].removeprefix("sqlite:///")


APPS = {
    "lean": lean,
    "usual": usual,
    "write_sqlite": write_sqlite,
    "write_postgres": write_postgres,
    "model": model,
    "twilio_reply": twilio_reply,
}


def main() -> None:
    """Serve one of them."""
    name, port = sys.argv[1], int(sys.argv[2])
    if name == "echo":
        import uvloop  # noqa: PLC0415 - uvicorn brings it to the others

        uvloop.run(echo(port))
    else:
        uvicorn.run(APPS[name](), host="127.0.0.1", port=port, access_log=False, log_level="error")


if __name__ == "__main__":
    main()
