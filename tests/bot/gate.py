"""A gate before a database server: shut, nobody is connected any more, and nobody gets in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa


class Gate:
    """Passes bytes on to a server while it is open."""

    def __init__(self, url: str) -> None:
        self._there = sa.make_url(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._through: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """The server's address, as it is reached through this gate."""
        here = self._there.set(host="127.0.0.1", port=self._port)
        return here.update_query_dict({"host": []}).render_as_string(hide_password=False)

    async def open(self) -> None:
        """Let everybody through."""
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Cut every connection, and take no other."""
        if self._server is not None:
            self._server.close()
        for writer in self._through:
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = self._there.host or str(self._there.query.get("host", ""))
        port = self._there.port or 5432
        there, back = await (
            asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            if host.startswith("/")
            else asyncio.open_connection(host, port)
        )
        self._through |= {writer, back}
        await asyncio.gather(_pour(reader, back), _pour(there, writer))
        self._through -= {writer, back}


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def gate(url: str) -> AsyncIterator[Gate]:
    """A gate that is open."""
    made = Gate(url)
    await made.open()
    try:
        yield made
    finally:
        await made.shut()
